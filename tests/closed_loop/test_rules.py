"""Which responses open a case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.closed_loop.rules import Heard, Reason, is_large, judge, priority
from surveyd.closed_loop.working_hours import FIVE_WORKING_DAYS, TWO_WORKING_DAYS
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Category


def heard(category: Category | None, segment: Segment = Segment.UNCLASSIFIED, **facts: bool) -> Heard:
    return Heard(category, segment, **facts)


@pytest.mark.parametrize(
    ("said", "drawn", "reasons", "hours"),
    [
        (heard(Category.DETRACTOR), False, [Reason.DETRACTOR], TWO_WORKING_DAYS),
        (heard(Category.DETRACTOR), True, [Reason.DETRACTOR], TWO_WORKING_DAYS),
        (heard(Category.PASSIVE), True, [Reason.DRAWN_PASSIVE], FIVE_WORKING_DAYS),
        (heard(Category.PROMOTER), True, [Reason.DRAWN_PROMOTER], FIVE_WORKING_DAYS),
        (heard(Category.PROMOTER, wants_call=True), False, [Reason.ASKED_FOR_CALL], TWO_WORKING_DAYS),
        (
            heard(Category.PROMOTER, wants_call=True),
            True,
            [Reason.ASKED_FOR_CALL, Reason.DRAWN_PROMOTER],
            TWO_WORKING_DAYS,
        ),
        (
            heard(Category.PASSIVE, Segment.TRAPPED, is_large=True),
            False,
            [Reason.TRAPPED_LARGE],
            TWO_WORKING_DAYS,
        ),
        (heard(None, Segment.HIGH_RISK, is_large=True), False, [Reason.HIGH_RISK_LARGE], TWO_WORKING_DAYS),
        (
            heard(Category.DETRACTOR, Segment.HIGH_RISK, is_large=True),
            False,
            [Reason.DETRACTOR, Reason.HIGH_RISK_LARGE],
            TWO_WORKING_DAYS,
        ),
    ],
)
def test_a_rule_opens_a_case_in_its_time(said: Heard, drawn: bool, reasons: list[Reason], hours: int) -> None:
    opening = judge(said, drawn=drawn)

    assert opening is not None
    assert list(opening.reasons) == reasons
    assert opening.hours == hours


@pytest.mark.parametrize(
    "said",
    [
        heard(Category.PASSIVE),
        heard(Category.PROMOTER),
        heard(Category.PROMOTER, Segment.TRULY_LOYAL, is_large=True),
        heard(Category.PASSIVE, Segment.HIGH_RISK),
        heard(Category.PASSIVE, Segment.TRAPPED),
        heard(None),
    ],
)
def test_nobody_else_is_called(said: Heard) -> None:
    assert judge(said, drawn=False) is None


def test_silence_on_the_recommendation_is_never_drawn() -> None:
    assert judge(heard(None), drawn=True) is None


def test_worse_and_larger_is_more_urgent() -> None:
    worst = Heard(Category.DETRACTOR, Segment.HIGH_RISK, recommendation=0, severity=125, is_large=True)
    small = Heard(Category.DETRACTOR, Segment.HIGH_RISK, recommendation=0, severity=125, value_share=0.2)
    happy = Heard(Category.PROMOTER, Segment.TRULY_LOYAL, recommendation=10, severity=0, value_share=0.2)

    assert [priority(each) for each in (worst, small, happy)] == [100, 60, 10]


def test_the_rating_stands_in_where_the_matrix_is_silent() -> None:
    assert priority(Heard(Category.DETRACTOR, Segment.UNCLASSIFIED, recommendation=2)) == 40
    assert priority(Heard(None, Segment.UNCLASSIFIED)) == 0


@given(
    st.none() | st.floats(0, 125),
    st.none() | st.integers(0, 10),
    st.floats(-1, 1e12),
    st.booleans(),
)
def test_a_priority_is_a_whole_number_to_a_hundred(
    severity: float | None, rating: int | None, share: float, large: bool
) -> None:
    said = Heard(None, Segment.UNCLASSIFIED, rating, severity, is_large=large, value_share=share)

    assert 0 <= priority(said) <= 100


@pytest.mark.parametrize(
    ("tier", "revenue", "large_from", "expected"),
    [
        ("A", None, None, True),
        (" Strategic ", 5, 100, True),
        ("B", 100, 100, True),
        ("B", 99, 100, False),
        ("", None, 100, False),
        ("", 100, None, False),
        ("", 0, 0, True),
    ],
)
def test_a_large_account(tier: str, revenue: int | None, large_from: int | None, expected: bool) -> None:
    assert is_large(tier=tier, revenue_cents=revenue, large_from_cents=large_from) is expected


@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_has_words(reason: Reason) -> None:
    assert reason.words
    assert reason.words == reason.words.lower()
