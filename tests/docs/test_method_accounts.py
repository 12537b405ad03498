"""The worked examples of docs/method on people, stages and accounts: computed, and on their pages."""

from surveyd.base.config import HOME
from surveyd.scoring.flags import Asked, Confidence, Flag
from surveyd.scoring.loyalty import Axis, Battery, LoyaltyItem, Segment, battery, place
from surveyd.scoring.policy import SHIPPED, AccountRule, Policy, RollUp
from surveyd.scoring.rollup import Standing, Voice, stand
from surveyd.scoring.scale import Item, compose
from surveyd.scoring.stages import Stage, scores


def page(name: str) -> str:
    return (HOME / "docs" / "method" / f"{name}.md").read_text(encoding="utf-8")


def says(name: str, *words: str) -> None:
    """Each of the words stands in what the page works out by hand."""
    example = page(name).partition("## By hand")[2].partition("## When not to use it")[0]
    assert [one for one in words if one not in example] == []


def usual() -> Battery:
    attitude = [LoyaltyItem(name, axis=Axis.ATTITUDE) for name in ("satisfied", "better", "trust", "like")]
    stays = LoyaltyItem("continue", weight=2, axis=Axis.INTENT, gate=True)
    looks = LoyaltyItem("alternatives", axis=Axis.INTENT, reversed=True)
    return battery([*attitude, stays, looks])


def test_loyalty() -> None:
    answers = {"satisfied": 4, "better": 4, "trust": 3, "like": 3}
    found = place({**answers, "continue": 5, "alternatives": 3}, usual())

    assert found.attitude is not None and found.intent is not None
    says("loyalty", f"{found.attitude.value:g}", f"{found.intent.value:.2f}", "severity 0")
    assert (found.segment, found.severity, found.borderline) == (Segment.TRULY_LOYAL, 0, (Axis.ATTITUDE,))
    held_back = place({**answers, "continue": 3, "alternatives": 1}, usual())
    assert held_back.intent is not None
    says("loyalty", f"{held_back.intent.value:.2f}", held_back.segment.words)


def test_stages() -> None:
    support = Stage("support", compose([Item("helpful"), Item("waiting", reversed=True), Item("solved")]))

    says("stages", f"{scores({'helpful': 3, 'waiting': 1, 'solved': 3}, (support,))['support'].value:.2f}")
    assert scores({"helpful": 3}, (support,)) == {}


VOICES = (
    Voice("decision_maker", Segment.HIGH_RISK, 25, 25),
    Voice("decision_maker", Segment.ACCESSIBLE, 75, 50),
    Voice("influencer", Segment.TRAPPED, 50, 75),
    Voice("user", Segment.TRULY_LOYAL, 100, 100),
)


def by(method: RollUp) -> Standing:
    return stand(VOICES, asked=Asked(4), policy=Policy(accounts=AccountRule(method=method)))


def test_rollup() -> None:
    mean, first = by(RollUp.WEIGHTED_MEAN), by(RollUp.WATERFALL)
    worst, most = by(RollUp.WORST_DECISION_MAKER), by(RollUp.MAJORITY)

    assert {one.segment for one in (mean, first, worst, most)} == {Segment.HIGH_RISK}
    says("rollup", f"= {mean.attitude:.2f}", f"= {mean.intent:.2f}", f"A = {first.attitude:g}")
    says("rollup", f"B = {first.intent:g}", f"{worst.attitude:g} and {worst.intent:g}, high risk")
    assert mean.spread is not None
    says("rollup", f"= {mean.agreement:.2f}", f"= {mean.spread:.2f}")
    assert mean.confidence is Confidence.HIGH
    assert Flag.SPLIT in mean.flags


def test_the_numbers_of_the_page_are_the_shipped_ones() -> None:
    rule, text = SHIPPED.accounts, page("rollup")

    assert dict(rule.roles) == {
        "decision_maker": 3, "influencer": 2, "buyer": 2, "gatekeeper": 1, "user": 1, "unknown": 1,
    }  # fmt: skip
    assert "decision maker 3, influencer and buyer 2, gatekeeper, user and unknown 1" in text
    assert f"below {rule.split_agreement} %" in text
    assert f"above {rule.split_spread} points" in text
    assert f"older than {rule.stale_after} days" in text
    assert (rule.high_from, rule.medium_from, rule.high_coverage) == (3, 2, 50)
    assert f"{SHIPPED.cut / 100:g}" in page("loyalty") and f"{SHIPPED.border / 100:g}" in page("loyalty")
