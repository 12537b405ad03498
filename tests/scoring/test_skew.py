"""Whether a choice of people leans to the unhappy."""

import pytest

from surveyd.scoring.intervals import wilson
from surveyd.scoring.skew import Skew, Verdict


@pytest.mark.parametrize(
    ("people", "known", "unhappy", "excluded", "excluded_known", "excluded_unhappy", "verdict"),
    [
        (40, 30, 10, 0, 0, 0, Verdict.NOBODY),
        (40, 30, 10, 6, 4, 4, Verdict.TOO_FEW),
        (40, 5, 2, 8, 5, 2, Verdict.NOTHING_TO_COMPARE),
        (40, 30, 10, 6, 6, 2, Verdict.EVEN),
        (40, 30, 10, 6, 6, 4, Verdict.EVEN),
        (40, 30, 10, 6, 6, 6, Verdict.LEANS),
        (40, 30, 10, 12, 10, 8, Verdict.LEANS),
        (40, 30, 10, 10, 10, 0, Verdict.EVEN),
        (10, 10, 10, 6, 6, 6, Verdict.EVEN),
    ],
)
def test_the_verdict_needs_a_base_and_a_whole_interval(  # noqa: PLR0917  # one row a case
    people: int,
    known: int,
    unhappy: int,
    excluded: int,
    excluded_known: int,
    excluded_unhappy: int,
    verdict: Verdict,
) -> None:
    assert Skew(people, known, unhappy, excluded, excluded_known, excluded_unhappy).verdict is verdict


def test_the_interval_is_wilsons_narrowed_by_how_many_of_them_are_left_out() -> None:
    skew, plain = Skew(100, 100, 20, 10, 10, 5), wilson(5, 10)
    assert skew.interval is not None and plain is not None
    assert plain.low < skew.interval.low < 0.5 < skew.interval.high < plain.high
    assert Skew(100, 100, 20, 0, 0, 0).interval is None


def test_choices_add_up() -> None:
    assert Skew(1, 2, 3, 4, 5, 6) + Skew(6, 5, 4, 3, 2, 1) == Skew(7, 7, 7, 7, 7, 7)
