"""Ease of doing business."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring import ease
from surveyd.scoring.estimates import Method
from surveyd.scoring.scale import Composite, Index, Item, OutOfScale, compose
from surveyd.scoring.unsaid import Reason, Unsaid

FIVE = compose([Item("easy")])
SEVEN = compose([Item("easy", maximum=7)])


def indices(composite: Composite, answers: list[int | None]) -> list[Index | None]:
    return [composite.index({"easy": answer}) for answer in answers]


@pytest.mark.parametrize(
    ("composite", "answers", "favourable"),
    [
        (FIVE, [1, 2, 3, 4, 5], 2 / 5),
        (SEVEN, [1, 2, 3, 4, 5, 6, 7], 3 / 7),
    ],
)
def test_favourable_is_the_top_of_the_scale(
    composite: Composite, answers: list[int | None], favourable: float
) -> None:
    found = ease.summary(indices(composite, answers))

    assert found.n == len(answers)
    assert found.mean == pytest.approx(50)
    assert found.favourable == pytest.approx(favourable)
    assert found.interval is not None
    assert found.interval.low < favourable < found.interval.high


def test_who_did_not_answer_does_not_count() -> None:
    assert ease.summary(indices(FIVE, [4, None, None])).n == 1
    assert ease.summary(indices(FIVE, [4, None])) == ease.summary(indices(FIVE, [4]))


@pytest.mark.parametrize("answers", [[], [None, None]])
def test_without_answers_nothing_is_said(answers: list[int | None]) -> None:
    assert ease.summary(indices(FIVE, answers)) == ease.EaseSummary(0, None, None, None)


SEVEN_POINTS = Item("easy", maximum=7)
EFFORT = Item("effort", reversed=True)


def summed(answers: list[int], item: Item) -> ease.EaseTotals:
    people = np.arange(len(answers))
    return ease.answer_totals(np.array(answers, dtype=np.int8), people, size=len(answers), item=item)


def test_the_effort_score_is_five_and_above_of_seven() -> None:
    found = ease.group(summed([1, 2, 3, 4, 5, 6, 7, 7, -1], SEVEN_POINTS))

    assert isinstance(found, ease.EaseGroup)
    assert (found.favourable.value, found.favourable.n) == (0.5, 8)
    assert found.favourable.method is Method.WILSON
    assert found.mean == pytest.approx(35 / 8)
    assert found.index.value == pytest.approx(100 * (35 / 8 - 1) / 6)


def test_top_two_of_five() -> None:
    found = ease.group(summed([1, 3, 4, 5], Item("easy")))

    assert isinstance(found, ease.EaseGroup)
    assert (found.favourable.value, found.mean, found.index.value) == (0.5, 3.25, 56.25)


def test_on_a_reversed_item_low_is_good() -> None:
    found = ease.group(summed([1, 2, 4, 5], EFFORT))

    assert isinstance(found, ease.EaseGroup)
    assert (found.favourable.value, found.mean, found.index.value) == (0.5, 3, 50)
    alike = ease.group(summed([5, 4, 2, 1], Item("easy")))
    assert isinstance(alike, ease.EaseGroup)
    assert alike.index == found.index


@pytest.mark.parametrize("other", [SEVEN_POINTS, EFFORT, Item("easy", minimum=0, maximum=10)])
def test_scales_are_never_mixed(other: Item) -> None:
    with pytest.raises(ease.MixedScales, match="different scales"):
        ease.change(summed([1, 2, 3], Item("easy")), summed([1, 2, 3], other))


def test_an_answer_off_the_scale_is_refused() -> None:
    with pytest.raises(OutOfScale, match="from 1 to 5"):
        summed([1, 6], Item("easy"))
    with pytest.raises(OutOfScale, match="from 1 to 5"):
        summed([0], Item("easy"))
    for wrong in (-1.0, 100.5):
        with pytest.raises(OutOfScale, match="from 0 to 100"):
            ease.index_totals(np.array([wrong]), np.array([0]), size=1)


def test_indexes_that_were_made_before() -> None:
    indices = np.array([62.5, 100 * (0.1 + 0.2 + 0.325), 62.4, 0, 100, float("nan")])
    asked = np.array([True] * 4 + [False, True])
    everybody = ease.group(ease.index_totals(indices, np.arange(6), size=6))
    some = ease.group(ease.index_totals(indices, np.arange(6), size=6, where=asked))

    assert isinstance(everybody, ease.EaseGroup) and isinstance(some, ease.EaseGroup)
    assert (everybody.favourable.value, everybody.index.n) == (0.6, 5)
    assert (some.favourable.value, some.index.n) == (0.5, 4)
    assert some.mean == pytest.approx(some.index.value)


def test_a_mean_is_clustered_by_account() -> None:
    # Ten accounts of two who agree: as sure as ten people. 0 to 90 by tens: variance 2750 / 3, t with 9.
    values = np.repeat(np.arange(0, 100, 10.0), 2)
    found = ease.group(ease.index_totals(values, np.repeat(np.arange(10), 2), size=10))

    assert isinstance(found, ease.EaseGroup)
    assert found.index.method is Method.CLUSTERED
    half = 2.2621571628 * (2750 / 3 / 10) ** 0.5
    assert (found.index.interval.low, found.index.interval.high) == pytest.approx((45 - half, 45 + half))


def test_some_of_the_people_by_answer() -> None:
    answers, half = np.array([5, 5, 1, 1]), np.array([True, True, False, False])
    found = ease.group(ease.answer_totals(answers, np.arange(4), size=4, item=Item("easy"), where=half))

    assert isinstance(found, ease.EaseGroup)
    assert (found.mean, found.index.n) == (5, 2)


def test_weights_and_nobody() -> None:
    weights = np.array([3.0, 1.0, 0.0])
    found = ease.group(ease.index_totals(np.array([0.0, 100, 50]), np.arange(3), size=3, weights=weights))
    assert isinstance(found, ease.EaseGroup)
    assert (found.index.value, found.favourable.value) == (25, 0.25)

    nobody = ease.group(summed([-1, -1], Item("easy")))
    assert nobody == Unsaid(Reason.NO_ANSWERS, "ease of doing business")


@given(st.lists(st.integers(-1, 7), max_size=40))
def test_a_change_holds_its_value(answers: list[int]) -> None:
    given_ones = [answer for answer in answers if answer]
    now, then = summed(given_ones, SEVEN_POINTS), summed(given_ones[::-1], SEVEN_POINTS)
    found = ease.change(now, then)

    if isinstance(found, Unsaid):
        assert all(answer < 0 for answer in given_ones)
        return
    assert -100 <= found.interval.low <= found.value <= found.interval.high <= 100
    assert found.value == pytest.approx(0, abs=1e-9)
