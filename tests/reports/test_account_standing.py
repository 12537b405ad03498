"""How a standing is told: by whom, how far it carries, what to do, and what it rests on."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel

from surveyd.reports.account_flags import BY_FLAG, CONFIDENCES, flags_shown
from surveyd.reports.account_standing import METHODS, PEOPLE, StandingView, standing_view
from surveyd.results.account_figures import AccountVoices
from surveyd.scoring.flags import Asked, Confidence, Flag
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.policy import SHIPPED, AccountRule, Policy, RollUp
from surveyd.scoring.rollup import Voice

DECIDER = Voice("decision_maker", Segment.HIGH_RISK, 20, 20)
USER = Voice("user", Segment.TRULY_LOYAL, 90, 90)
TRAPPED = Voice("user", Segment.TRAPPED, 40, 90)


def told(*voices: Voice, asked: Asked | None = None, policy: Policy = SHIPPED) -> StandingView:
    return standing_view(AccountVoices(asked or Asked(len(voices)), voices), policy)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Sentences are told by an app that knows no other language; they need no database."""
    app = Flask("words")
    Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("voices", "reason"),
    [
        ((), ""),
        ((Voice("user", Segment.UNCLASSIFIED, 80, None),), ""),
        ((DECIDER,), "One person says it: high risk."),
        ((USER, USER), "All 2 who can be placed say the same: truly loyal."),
        ((DECIDER, USER, USER), "Split: decision makers say high risk, users say truly loyal."),
        ((DECIDER, USER, TRAPPED), "Split: decision makers say high risk, users say trapped / truly loyal."),
        (
            (USER, USER, USER, TRAPPED, Voice("of old", Segment.TRULY_LOYAL, 90, 90)),
            "By role: users say truly loyal, others say truly loyal.",
        ),
    ],
)
def test_the_reason_says_who_says_what(voices: tuple[Voice, ...], reason: str) -> None:
    assert told(*voices).reason == reason


def test_the_coverage_says_why_it_carries_that_far() -> None:
    assert told(DECIDER, USER, USER, asked=Asked(4)).coverage == (
        "3 of 4 asked have answered, a decision maker among them."
    )
    low = told(USER, asked=Asked(1))
    assert (low.confidence, low.coverage) == (
        "low confidence",
        "1 of 1 asked have answered, no decision maker among them.",
    )
    silent = told(asked=Asked(2))
    assert (silent.state, silent.confidence) == ("silent", "insufficient signal")
    assert silent.coverage == "None of 2 asked has answered what places an account."
    assert (told().state, told().coverage) == ("not_asked", "Nobody was asked.")


def test_a_flag_that_another_tells_is_left_out() -> None:
    quiet = told(asked=Asked(2, deciders=1, answered_before=True))

    assert [one.flag for one in quiet.flags] == [Flag.WENT_QUIET]
    assert [one.flag for one in flags_shown([Flag.SILENT, Flag.DM_SILENT])] == [Flag.SILENT]
    assert [one.flag for one in told(DECIDER, USER).flags] == [Flag.DM_HIGH_RISK, Flag.SPLIT]


def test_every_flag_grade_method_and_role_has_words() -> None:
    assert BY_FLAG.keys() == set(Flag)
    assert CONFIDENCES.keys() == set(Confidence)
    assert METHODS.keys() == set(RollUp)
    assert PEOPLE.keys() == {role for role, _ in SHIPPED.accounts.roles}
    for words in BY_FLAG.values():
        assert str(words.sentence).endswith(".") and str(words.advice).endswith(".")


def test_what_it_rests_on() -> None:
    policy = Policy(version="7", accounts=AccountRule(method=RollUp.WATERFALL))
    found = told(DECIDER, USER, asked=Asked(4), policy=policy).basis

    lines = dict(found.lines)
    assert lines["Scoring policy"] == "version 7"
    assert lines["Method"] == "The mean of those who answered and whose role weighs most."
    assert lines["Rests on"] == "2 answers"
    notes = [str(note) for note in found.notes]
    assert notes[0] == "Attitude 20, intent 20 of 100; the cut is 62.5."
    assert notes[1].startswith("75 % of the weight stands in one segment; attitudes differ by ")
    assert "decision makers 3" in notes[2]
    assert len(told().basis.notes) == 1


def test_a_mean_near_the_cut_is_told_on_its_own_side() -> None:
    said = [
        told(Voice("user", Segment.TRAPPED, value, 90)).basis.notes[0] for value in (62.5, 62.4, 59.7, 40.5)
    ]

    assert [str(one).partition(",")[0] for one in said] == (
        ["Attitude 62.5", "Attitude 62.4", "Attitude 59.7", "Attitude 41"]
    )
