"""The loyalty matrix for one person."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring import loyalty
from surveyd.scoring.loyalty import Axis, LoyaltyItem, Placement, Segment, battery, place
from surveyd.scoring.policy import Policy
from surveyd.scoring.scale import OutOfScale

ATTITUDE = tuple(LoyaltyItem(f"a{n}", axis=Axis.ATTITUDE) for n in (1, 2, 3, 4))
CONTINUE = LoyaltyItem("continue", weight=2, axis=Axis.INTENT, gate=True, label="intends to continue")
EXPAND = LoyaltyItem("expand", axis=Axis.GROWTH)
ALTERNATIVES = LoyaltyItem("alternatives", axis=Axis.INTENT, reversed=True)
USUAL = battery([*ATTITUDE, CONTINUE, EXPAND, ALTERNATIVES])


class Case(NamedTuple):
    attitude_answers: tuple[int | None, ...]
    intent_answers: tuple[int | None, ...]
    growth: float | None
    attitude: float | None
    intent: float | None
    segment: Segment
    borderline: tuple[Axis, ...] = ()

    def answers(self) -> dict[str, int | None]:
        """The answers by item; the cases give "alternatives" already turned round."""
        stays, grows, alternatives = self.intent_answers
        raw = None if alternatives is None else 6 - alternatives
        attitude = {item.id: answer for item, answer in zip(ATTITUDE, self.attitude_answers, strict=True)}
        return attitude | {"continue": stays, "expand": grows, "alternatives": raw}


# Worked out for the rule of this module outside of it.
CASES = [
    Case((5, 5, 5, 5), (5, 5, 5), 100, 100, 100, Segment.TRULY_LOYAL),
    Case((4, 4, 3, 3), (5, 1, 3), 0, 62.5, 83.3333333, Segment.TRULY_LOYAL, (Axis.ATTITUDE,)),
    Case((2, 2, 3, 2), (4, 4, 3), 75, 31.25, 66.6666667, Segment.TRAPPED, (Axis.INTENT,)),
    Case((5, 5, 4, 4), (2, 2, 1), 25, 87.5, 16.6666667, Segment.ACCESSIBLE),
    Case((3, 3, 3, 3), (3, 3, 3), 50, 50, 50, Segment.HIGH_RISK),
    Case((5, None, None, None), (5, 5, 5), 100, None, 100, Segment.UNCLASSIFIED),
    Case((4, 4, 4, 4), (None, 5, None), 100, 75, None, Segment.UNCLASSIFIED),
    Case((4, 4, 4, 4), (4, 1, 2), 0, 75, 58.3333333, Segment.ACCESSIBLE, (Axis.INTENT,)),
    Case((2, 3, 2, 3), (3, 5, 5), 100, 37.5, 66.6666667, Segment.HIGH_RISK, (Axis.INTENT,)),
    Case((4, 4, 4, 4), (None, None, 5), None, 75, None, Segment.UNCLASSIFIED),
]


@pytest.mark.parametrize("case", CASES)
def test_cases_of_the_rule(case: Case) -> None:
    found = place(case.answers(), USUAL)

    assert found.segment is case.segment
    assert found.borderline == case.borderline
    for index, expected in (
        (found.attitude, case.attitude),
        (found.intent, case.intent),
        (found.growth, case.growth),
    ):
        assert (index.value if index else None) == pytest.approx(expected)


def test_a_trapped_person_is_explained_in_words() -> None:
    plain = battery([*ATTITUDE, CONTINUE])
    found = place({"a1": 3, "a2": 2, "a3": 3, "a4": 3, "continue": 5}, plain)

    assert found.explanation == (
        "trapped: attitude 44 of 100, below 62.5, from 4 of 4 items; intends to continue: 5 of 5"
    )


def test_an_explanation_names_both_axes_where_both_decide() -> None:
    found = place({"a1": 4, "a2": 4, "a3": 3, "continue": 3, "alternatives": 1}, USUAL)

    assert found.segment is Segment.ACCESSIBLE
    assert found.explanation == (
        "accessible: attitude 66.67 of 100, at or above 62.5, borderline, from 3 of 4 items; "
        "intent 66.67 of 100, at or above 62.5, borderline, from 2 of 2 items; intends to continue: 3 of 5"
    )


def test_what_is_unknown_is_called_unknown() -> None:
    found = place({}, USUAL)

    assert found.segment is Segment.UNCLASSIFIED
    assert (found.attitude, found.intent, found.growth, found.severity) == (None, None, None, None)
    assert found.borderline == ()
    assert found.explanation == (
        "unclassified: attitude unknown, too few of 4 items answered; "
        "intent unknown, too few of 2 items answered"
    )


def test_an_item_without_a_label_is_named_by_its_id() -> None:
    bare = battery([LoyaltyItem("like"), LoyaltyItem("stay", axis=Axis.INTENT, gate=True)])

    assert place({"like": 5, "stay": 5}, bare).explanation.endswith("; stay: 5 of 5")


def test_all_ones_are_worse_than_all_threes_within_high_risk() -> None:
    names = [item.id for item in ATTITUDE] + ["continue"]
    threes = place(dict.fromkeys(names, 3), USUAL)
    ones = place(dict.fromkeys(names, 1), USUAL)

    assert threes.segment is ones.segment is Segment.HIGH_RISK
    assert threes.severity == 25
    assert ones.severity == 125


def test_one_item_on_each_axis_is_enough() -> None:
    two = battery(
        [LoyaltyItem("like"), LoyaltyItem("stay", minimum=0, maximum=10, axis=Axis.INTENT, gate=True)]
    )

    assert place({"like": 4, "stay": 7}, two).segment is Segment.TRULY_LOYAL
    assert place({"like": 4, "stay": 6}, two).segment is Segment.ACCESSIBLE
    assert place({"like": 3, "stay": 7}, two).segment is Segment.TRAPPED


@pytest.mark.parametrize(("answer", "segment"), [(5, Segment.HIGH_RISK), (1, Segment.TRAPPED)])
def test_a_reversed_gate_is_read_from_its_good_end(answer: int, segment: Segment) -> None:
    leaving = LoyaltyItem("leaving", axis=Axis.INTENT, gate=True, reversed=True)

    found = place({"like": 1, "leaving": answer}, battery([LoyaltyItem("like"), leaving]))

    assert found.segment is segment
    assert found.explanation.endswith(f"; leaving: {answer} of 5, where 1 is best")


def test_the_cut_is_the_policys() -> None:
    strict = battery([*ATTITUDE, CONTINUE], policy=Policy(version="2", cut=8_000))
    answers = dict.fromkeys([*(item.id for item in ATTITUDE), "continue"], 4)

    found = place(answers, strict)
    assert found.segment is Segment.HIGH_RISK
    assert "below 80" in found.explanation


def test_what_was_said_of_many_indexes_is_said_again_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    # The stands of an axis are kept, and dropped when there are too many of them.
    people = [{"a1": n % 5 + 1, "a2": n // 5 + 1, "continue": n % 4 + 1} for n in range(25)]
    fresh = [place(answers, battery([*ATTITUDE, CONTINUE])) for answers in people]
    monkeypatch.setattr(loyalty, "KEPT_STANDS", 3)
    kept = battery([*ATTITUDE, CONTINUE])

    assert [place(answers, kept) for answers in people * 2] == fresh * 2
    assert len(kept.on_attitude) <= 3


def test_answers_off_the_scale_are_refused() -> None:
    with pytest.raises(OutOfScale, match="a2 takes"):
        place({"a1": 4, "a2": 7}, USUAL)


answered = st.fixed_dictionaries(
    {item.id: st.none() | st.integers(1, 5) for item in (*ATTITUDE, CONTINUE, EXPAND, ALTERNATIVES)}
)


@given(answered)
def test_every_person_has_exactly_one_place(answers: dict[str, int | None]) -> None:
    found = place(answers, USUAL)

    assert (found.segment is Segment.UNCLASSIFIED) is (found.attitude is None or found.intent is None)
    assert (found.severity is None) is (found.segment is Segment.UNCLASSIFIED)
    assert found.severity is None or 0 <= found.severity <= 125
    assert found.explanation.startswith(found.segment.words + ": ")
    assert "nan" not in found.explanation


@given(answered, st.sampled_from(["a1", "continue"]))
def test_a_better_answer_never_makes_it_worse(answers: dict[str, int | None], better: str) -> None:
    before = answers[better]
    if before is None or before == 5:
        return
    lower, upper = place(answers, USUAL), place(answers | {better: before + 1}, USUAL)

    assert _favours(lower) <= _favours(upper)


def _favours(found: Placement) -> int:
    ranks = {Segment.HIGH_RISK: 0, Segment.TRAPPED: 1, Segment.ACCESSIBLE: 1, Segment.TRULY_LOYAL: 2}
    return ranks.get(found.segment, 0)
