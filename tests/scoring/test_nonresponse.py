"""Who did not answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring import nonresponse
from surveyd.scoring.comparisons import OrderedTrend
from surveyd.scoring.estimates import Contrast, Estimate
from surveyd.scoring.nonresponse import BesideRaw, Phases, Representativeness, Silence
from surveyd.scoring.nps import Counts
from surveyd.scoring.unsaid import Reason, Unsaid

invitations = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=60)


def test_cells_are_the_combinations_that_occur() -> None:
    roles, regions = np.array([0, 1, 0, 1, 0]), np.array([7, 7, 2, 7, 7], dtype=np.int8)
    cells, size = nonresponse.cells_of(roles, regions)

    assert size == 3
    assert cells.tolist() == [1, 2, 0, 2, 1]
    assert nonresponse.cells_of(np.array([], dtype=np.int8))[1] == 0
    with pytest.raises(ValueError, match="at least one dimension"):
        nonresponse.cells_of()


def test_rates_of_two_cells_by_hand() -> None:
    # 8 of 10 and 2 of 10: squares of 20 x 0.09, of which chance alone makes 2 x 10 x 0.16 / 9 x half.
    cells = np.repeat([0, 2], 10)
    answered = np.array([True] * 8 + [False] * 2 + [True] * 2 + [False] * 8)
    found = nonresponse.representativeness(cells, answered, size=3, spread=0.75)

    assert isinstance(found, Representativeness)
    deviation = ((1.8 - 1.6 / 9) / 19) ** 0.5
    assert found.raw == pytest.approx(1 - 2 * (1.8 / 19) ** 0.5)
    assert found.indicator == pytest.approx(1 - 2 * deviation)
    assert found.worst_bias == pytest.approx(2 * deviation * 0.75 / (2 * 0.5))
    assert (found.rate, found.invited, found.answered, found.cells) == (0.5, 20, 10, 2)


def test_small_cells_that_answer_alike_are_not_held_against_the_wave() -> None:
    # 300 cells of one to six people; everybody answers with the same chance.
    generator = np.random.default_rng(7)
    cells = np.repeat(np.arange(300), generator.integers(1, 7, size=300))
    drawn = [generator.random(len(cells)) < 0.5 for _ in range(40)]
    found = [nonresponse.representativeness(cells, heard, size=300, spread=0.8) for heard in drawn]

    said = [(one.raw, one.indicator) for one in found if isinstance(one, Representativeness)]
    raw, indicator = np.median(said, axis=0)
    assert raw < 0.55, "the rates of small cells are far apart by nature"
    assert indicator > 0.85


def test_cells_of_one_person_are_one_cell() -> None:
    cells, answered = (
        np.array([*[0] * 10, 1, 2, 3, 4]),
        np.array([True] * 8 + [False] * 2 + [True, False] * 2),
    )
    alone = nonresponse.representativeness(cells, answered, size=5, spread=0.8)

    assert isinstance(alone, Representativeness) and alone.cells == 2
    assert alone == nonresponse.representativeness(np.minimum(cells, 1), answered, size=2, spread=0.8)


@pytest.mark.parametrize("spread", [float("nan"), float("inf"), -0.1])
def test_a_spread_is_a_number(spread: float) -> None:
    with pytest.raises(ValueError, match="a finite number"):
        nonresponse.representativeness(np.zeros(2, dtype=int), np.ones(2, dtype=bool), size=1, spread=spread)


@given(invitations)
def test_the_indicator_stays_a_share(found: list[tuple[int, bool]]) -> None:
    cells, answered = np.array([cell for cell, _ in found]), np.array([heard for _, heard in found])
    said = nonresponse.representativeness(cells, answered, size=6, spread=0.8)

    if isinstance(said, Unsaid):
        assert said.reason in (Reason.NO_ANSWERS, Reason.TOO_FEW_ANSWERS, Reason.TOO_FEW_GROUPS)
        assert answered.sum() < 10 or len(set(cells)) == 1 or max(np.bincount(cells)) == 1
        return
    assert 0 <= said.raw <= said.indicator <= 1
    assert said.worst_bias >= 0
    assert 0 < said.rate <= 1


@pytest.mark.parametrize(
    ("heard", "cells", "reason"), [(9, 2, Reason.TOO_FEW_ANSWERS), (10, 1, Reason.TOO_FEW_GROUPS)]
)
def test_few_answers_and_one_cell_say_nothing_of_evenness(heard: int, cells: int, reason: Reason) -> None:
    codes, answered = np.arange(20) % cells, np.arange(20) < heard

    found = nonresponse.representativeness(codes, answered, size=cells, spread=0.8)

    assert isinstance(found, Unsaid) and found.reason is reason


def test_a_census_is_even() -> None:
    found = nonresponse.representativeness(np.arange(20) % 3, np.ones(20, dtype=bool), size=3, spread=0.8)

    assert isinstance(found, Representativeness)
    assert (found.indicator, found.raw, found.worst_bias) == (1, 1, 0)


def phased() -> Phases:
    counts = [(1, 3, 8), (3, 3, 4), (5, 3, 2)]
    ratings = np.concatenate([np.repeat([2, 8, 9], row) for row in counts]).astype(np.int8)
    phases = np.repeat(np.arange(3), [sum(row) for row in counts]).astype(np.int8)
    # Two who never answered, and one whose phase nobody knows.
    ratings, phases = np.append(ratings, [-1, -1, 10]).astype(np.int8), np.append(phases, [-1, 2, -1])
    return nonresponse.by_phase(ratings, np.arange(len(ratings)), phases, size=len(ratings))


def test_the_late_are_less_happy() -> None:
    found = phased()

    assert found.counts == (Counts(1, 3, 8), Counts(3, 3, 4), Counts(5, 3, 2))
    values = [score.value if isinstance(score, Estimate) else None for score in found.scores]
    assert values == pytest.approx([7 / 12, 0.1, -0.3])
    assert isinstance(found.trend, OrderedTrend)
    assert found.trend.z < -2
    assert found.trend.n == 32


def test_a_phase_of_nobody_has_no_score() -> None:
    ratings, phases = np.array([9, 2], dtype=np.int8), np.array([0, 1])
    found = nonresponse.by_phase(ratings, np.array([0, 1]), phases, size=2)

    assert found.scores[2] == Unsaid(Reason.NO_ANSWERS, "phone")
    assert found.counts[2] == Counts()


def test_the_silent_as_if_they_were_like_the_last() -> None:
    counts = phased().counts

    # 32 answered: 14 - 9 of 32; the last phase says -0.3.
    assert nonresponse.extrapolated(counts, rate=0.6) == pytest.approx(0.6 * 5 / 32 + 0.4 * -0.3)
    assert nonresponse.extrapolated(counts, rate=1) == pytest.approx(5 / 32)
    assert nonresponse.extrapolated([*counts, Counts()], rate=0) == pytest.approx(-0.3)


@pytest.mark.parametrize(
    ("counts", "found"), [([], 0), ([Counts()], 0), ([Counts(5, 5, 5), Counts(1, 0, 8)], 9)]
)
def test_a_last_phase_of_few_stands_for_nobody(counts: list[Counts], found: int) -> None:
    assert nonresponse.extrapolated(counts, rate=0.5) == Unsaid(
        Reason.TOO_FEW_ANSWERS, "the last phase", found, 10
    )


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_is_a_share(rate: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        nonresponse.extrapolated([Counts(5, 5, 5)], rate=rate)


def test_who_is_silent_now_was_unhappy_before() -> None:
    previous = np.array([9, 10, 8, 9, 2, 3, 7, 9, -1, -1], dtype=np.int8)
    answered = np.array([True] * 4 + [False] * 4 + [True, False])
    found = nonresponse.silence(previous, np.arange(10), answered, size=10)

    assert isinstance(found, Silence)
    assert isinstance(found.silent, Estimate) and isinstance(found.answering, Estimate)
    assert isinstance(found.difference, Contrast)
    assert (found.silent.value, found.answering.value) == (-0.25, 0.75)
    assert found.difference.value == -1
    assert (found.silent.n, found.answering.n) == (4, 4)


def test_nobody_is_silent() -> None:
    found = nonresponse.silence(np.array([9], dtype=np.int8), np.array([0]), np.array([True]), size=1)

    assert found.silent == Unsaid(Reason.NO_ANSWERS, "those who are silent now")
    assert isinstance(found.answering, Estimate)
    assert isinstance(found.difference, Unsaid)


def test_the_stratified_score_beside_the_raw_one() -> None:
    # Cell 0: 2 of 8 answered, detractors; cell 1: 2 of 2, promoters.
    ratings = np.array([1, 2, *[-1] * 6, 9, 10], dtype=np.int8)
    found = nonresponse.beside_raw(ratings, np.arange(10), size=10, cells=np.repeat([0, 1], [8, 2]))

    assert isinstance(found, BesideRaw)
    assert (found.raw.value, found.stratified.estimate.value) == pytest.approx((0, -0.6))
    assert found.moved == pytest.approx(-0.6)
    nobody = nonresponse.beside_raw(ratings[2:8], np.arange(6), size=6, cells=np.zeros(6, dtype=int))
    assert isinstance(nobody, Unsaid)


def test_spread_of_one_persons_score() -> None:
    assert nonresponse.spread(Counts(54, 108, 162)) == pytest.approx((5 / 9) ** 0.5)
    assert nonresponse.spread(Counts()) == 0
