"""Net Promoter Scores of groups out of arrays."""

from math import isfinite

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring import nps, nps_groups
from surveyd.scoring.arrays import Codes
from surveyd.scoring.bases import Base
from surveyd.scoring.estimates import Contrast, Estimate, Method
from surveyd.scoring.intervals import Interval
from surveyd.scoring.nps import Counts
from surveyd.scoring.nps_groups import PostStratified, Smoothed
from surveyd.scoring.scale import OutOfScale
from surveyd.scoring.unsaid import Reason, Unsaid

SIZE = 15
rows = st.lists(st.tuples(st.integers(-1, 10), st.integers(0, SIZE - 1)), max_size=80)


def arrays(found: list[tuple[int, int]], *, kind: type[np.integer] = np.int8) -> tuple[Codes, Codes]:
    return (
        np.array([rating for rating, _ in found], dtype=kind),
        np.array([account for _, account in found], dtype=np.int32),
    )


@given(rows)
def test_arrays_count_like_lists(found: list[tuple[int, int]]) -> None:
    ratings, accounts = arrays(found)
    heard = [None if rating < 0 else rating for rating, _ in found]

    assert nps_groups.tally(ratings) == nps.counts(heard)
    odd = accounts % 2 == 1
    assert nps_groups.tally(ratings, where=odd) == nps.counts(
        [rating for rating, (_, account) in zip(heard, found, strict=True) if account % 2]
    )
    table = nps_groups.tallies(ratings, accounts, size=SIZE)
    assert Counts(*map(int, table.sum(axis=0))) == nps.counts(heard)
    for account in range(SIZE):
        assert Counts(*map(int, table[account])) == nps_groups.tally(ratings[accounts == account])


@given(rows)
def test_equal_weights_are_no_weights(found: list[tuple[int, int]]) -> None:
    ratings, accounts = arrays(found)
    plain = nps_groups.score(nps_groups.score_totals(ratings, accounts, size=SIZE))
    weights = np.full(len(found), 7.5)
    weighed = nps_groups.score(nps_groups.score_totals(ratings, accounts, size=SIZE, weights=weights))

    if isinstance(plain, Unsaid) or isinstance(weighed, Unsaid):
        assert plain == weighed == Unsaid(Reason.NO_ANSWERS, "the recommendation")
        return
    exact = nps.score(nps_groups.tally(ratings))
    assert exact is not None
    assert plain.value == pytest.approx(float(exact), abs=1e-12)
    ends = (weighed.value, weighed.interval.low, weighed.interval.high, weighed.n_effective)
    assert ends == pytest.approx((plain.value, plain.interval.low, plain.interval.high, plain.n))
    assert plain.method is weighed.method


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.uint8, np.int64])
def test_a_million_bytes_do_not_overflow(kind: type[np.integer]) -> None:
    ratings = np.repeat(np.array([9, 7, 3], dtype=kind), [500_000, 300_000, 200_000])
    accounts = np.arange(1_000_000, dtype=np.int32) % 40_000
    found = nps_groups.score(nps_groups.score_totals(ratings, accounts, size=40_000))

    assert nps_groups.tally(ratings) == Counts(200_000, 300_000, 500_000)
    assert isinstance(found, Estimate)
    assert (found.value, found.n, found.base) == (0.3, 1_000_000, Base.NORMAL)


def test_many_accounts_need_wide_codes() -> None:
    """Four times an account's code does not fit into the code's own type."""
    accounts = np.array([32_000] * 3, dtype=np.int16)
    table = nps_groups.tallies(np.array([10, 8, 0], dtype=np.int8), accounts, size=32_001)

    assert table[32_000].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "ratings",
    [
        np.array([-2]),
        np.array([11]),
        np.array([-2, 11]),
        np.array([9.5]),
        np.array([9.0]),
        np.array([True]),
        np.array(["9"]),
        np.array([None]),
        np.array([1_000_000_000]),
    ],
)
def test_what_is_no_rating_is_refused(ratings: Codes) -> None:
    with pytest.raises(OutOfScale, match="recommendation takes a whole number from 0 to 10"):
        nps_groups.tally(ratings)


def test_nobody_has_no_score() -> None:
    nobody = np.array([], dtype=np.int8)
    accounts = np.array([], dtype=np.int32)
    found = nps_groups.score(nps_groups.score_totals(nobody, accounts, size=3))

    assert isinstance(found, Unsaid)
    assert nps_groups.shown(found, Counts()) == "—"
    assert nps_groups.tally(nobody) == Counts()


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        (Counts(0, 0, 1), "1 promoting, 0 passive, 0 detracting"),
        (Counts(2, 3, 4), "4 promoting, 3 passive, 2 detracting"),
        (Counts(2, 3, 5), "+30"),
        (Counts(16, 3, 21), "+13"),
    ],
)
def test_few_answers_are_shown_as_counts(counts: Counts, shown: str) -> None:
    ratings = np.repeat(
        np.array([0, 8, 10], dtype=np.int8), [counts.detractors, counts.passives, counts.promoters]
    )
    found = nps_groups.score(nps_groups.score_totals(ratings, np.arange(counts.n), size=counts.n))

    assert nps_groups.shown(found, counts) == shown


def test_a_wave_against_the_wave_before() -> None:
    accounts = np.repeat(np.arange(20), 3)
    then = np.tile(np.array([10, 8, 2, 9, 6], dtype=np.int8), 12)
    now = np.where(accounts % 2, np.minimum(then + 2, 10), then).astype(np.int8)
    totals = [nps_groups.score_totals(wave, accounts, size=20) for wave in (now, then)]
    found = nps_groups.change(totals[0], totals[1])

    assert isinstance(found, Contrast)
    assert found.method is Method.CLUSTERED
    tallies = [nps.score(nps_groups.tally(wave)) for wave in (now, then)]
    assert tallies[0] is not None and tallies[1] is not None
    assert found.value == pytest.approx(float(tallies[0] - tallies[1]))
    assert found.interval.low <= found.value <= found.interval.high


def test_a_sample_is_brought_to_the_people_it_stands_for() -> None:
    # Stratum 0: 1 of 10 answered, a detractor; stratum 1: 3 of 10, promoters; stratum 2: 5 people, silent.
    ratings = np.array([0, 10, 9, 9, -1], dtype=np.int8)
    found = nps_groups.poststratified(
        ratings,
        np.arange(5),
        size=5,
        strata=np.array([0, 1, 1, 1, 2]),
        people=np.array([10, 10, 5]),
    )

    assert isinstance(found, PostStratified)
    # Weights 10, 10/3, 10/3, 10/3: the two strata say -1 and +1.
    assert found.estimate.value == pytest.approx(0)
    assert found.estimate.n_effective == pytest.approx(20**2 / (100 + 100 / 3))
    assert found.unheard == pytest.approx(5 / 25)


def test_strata_that_cannot_be_weighed() -> None:
    nobody = np.array([-1], dtype=np.int8)
    found = nps_groups.poststratified(
        nobody, np.array([0]), size=1, strata=np.array([0]), people=np.array([4])
    )
    assert isinstance(found, Unsaid)
    with pytest.raises(ValueError, match="more people answered than were invited"):
        nps_groups.poststratified(
            nobody + 5, np.array([0]), size=1, strata=np.array([0]), people=np.array([0])
        )


def cell(value: float, error: float) -> Estimate:
    return Estimate(value, Interval(value, value), error, 20, 20, 20.0, 0.05, Method.CLUSTERED, Base.LOW)


def test_small_cells_are_drawn_towards_their_mean() -> None:
    # statsmodels, combine_effects with method_re="dl": tau^2 0.0105702831, mean 0.2712472381.
    values, variances = [0.2, 0.3, 0.1, 0.4, 0.35], [0.0025, 0.0036, 0.0049, 0.0025, 0.0064]
    found = nps_groups.smoothed([cell(v, s**0.5) for v, s in zip(values, variances, strict=True)])

    assert isinstance(found, tuple)
    third = found[2]
    pull = 0.0049 / (0.0049 + 0.0105702831)
    assert third.pull == pytest.approx(pull)
    assert third.value == pytest.approx(pull * 0.2712472381 + (1 - pull) * 0.1)
    assert (third.own, third.mean) == pytest.approx((0.1, 0.2712472381))


def test_a_half_out_of_arrays_is_shown_as_out_of_counts() -> None:
    counted = Counts(43, 57, 100)
    ratings = np.repeat(np.array([3, 8, 10], dtype=np.int8), [43, 57, 100])
    said = nps_groups.score(nps_groups.score_totals(ratings, np.arange(200), size=200))

    assert nps_groups.shown(said, counted) == nps.summary(counted).shown == "+29"


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0.001, 0.5)), max_size=10))
def test_a_smoothed_cell_lies_between_its_own_value_and_the_mean(found: list[tuple[float, float]]) -> None:
    smooth = nps_groups.smoothed([cell(value, error) for value, error in found])

    if isinstance(smooth, Unsaid):
        assert smooth == Unsaid(Reason.TOO_FEW_GROUPS, "smoothing", len(found), 3)
        groups = "1 group is" if len(found) == 1 else f"{len(found)} groups are"
        assert smooth.sentence == f"{groups} too few for smoothing: 3 needed."
        return
    for one in smooth:
        assert isinstance(one, Smoothed)
        low, high = sorted((one.own, one.mean))
        assert low - 1e-9 <= one.value <= high + 1e-9
        assert 0 <= one.pull <= 1
        assert isfinite(one.value)
