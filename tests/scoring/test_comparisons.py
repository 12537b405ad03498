"""Tests of shares, of trends over ordered groups, and of many comparisons at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.comparisons import (
    ChiSquared,
    OrderedTrend,
    equal_shares,
    false_discovery,
    fisher_p,
    holm,
    ordered_trend,
)
from surveyd.scoring.intervals import discoveries
from surveyd.scoring.unsaid import Reason, Unsaid

PS = [0.01, 0.02, 0.03, 0.04, 0.05, 0.2, 0.5, 0.0005]
ps_of_a_screen = st.lists(st.floats(0, 1), max_size=30)


def test_shares_of_smokers_as_published() -> None:
    # Fleiss 1981, by way of R's prop.test.
    found = equal_shares([83, 90, 129, 70], [86, 93, 136, 82])

    assert isinstance(found, ChiSquared)
    assert (found.value, found.df, found.p) == pytest.approx((12.6004112971, 3, 0.0055854767), abs=1e-9)


@pytest.mark.parametrize(
    ("successes", "sizes", "reason"),
    [
        ([], [], Reason.TOO_FEW_GROUPS),
        ([3, 0], [5, 0], Reason.TOO_FEW_GROUPS),
        ([0, 0], [5, 4], Reason.NO_VARIATION),
        ([5, 4], [5, 4], Reason.NO_VARIATION),
    ],
)
def test_shares_that_cannot_be_compared(successes: list[int], sizes: list[int], reason: Reason) -> None:
    found = equal_shares(successes, sizes)

    assert isinstance(found, Unsaid)
    assert found.reason is reason


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and the size"):
        equal_shares([3, 6], [5, 5])
    with pytest.raises(ValueError, match="between 0 and the size"):
        fisher_p(6, 5, 1, 5)


def test_the_lady_tasting_tea() -> None:
    # Fisher 1935, by way of R's fisher.test.
    assert fisher_p(3, 4, 1, 4) == pytest.approx(0.2428571429, abs=1e-10)
    assert fisher_p(0, 4, 0, 4) == 1
    assert fisher_p(0, 0, 0, 0) == 1


def test_adjusted_ps_as_published() -> None:
    # R's p.adjust, "BH" and "holm".
    expected = [0.04, 0.0533333333, 0.06, 0.064, 0.0666666667, 0.2285714286, 0.5, 0.004]
    assert false_discovery(PS) == pytest.approx(expected, abs=1e-10)
    assert holm(PS) == pytest.approx([0.07, 0.12, 0.15, 0.16, 0.16, 0.4, 0.5, 0.004], abs=1e-10)
    assert false_discovery([]) == holm([]) == []


@given(ps_of_a_screen)
def test_what_stands_is_what_is_adjusted_below_the_rate(ps: list[float]) -> None:
    adjusted = false_discovery(ps)

    assert all(p <= higher <= most + 1e-12 for p, higher, most in zip(ps, adjusted, holm(ps), strict=True))
    # Right at the rate the two may round apart.
    assert all(
        stands is (p < 0.05)
        for stands, p in zip(discoveries(ps), adjusted, strict=True)
        if abs(p - 0.05) > 1e-9
    )


def test_a_trend_of_shares_by_hand() -> None:
    # 1 of 4, 2 of 4, 3 of 4: T = 2 and its variance 8 x 3 / 12 = 2, so z = sqrt 2.
    found = ordered_trend([(3, 1), (2, 2), (1, 3)], values=(0, 1))

    assert isinstance(found, OrderedTrend)
    assert (found.z, found.p, found.n) == pytest.approx((2**0.5, 0.157299207, 12), abs=1e-9)


def test_a_trend_knows_its_direction_and_its_levels() -> None:
    rising = ordered_trend([(5, 3, 2), (2, 3, 5)], values=(-1, 0, 1))
    falling = ordered_trend([(2, 3, 5), (5, 3, 2)], values=(-1, 0, 1))
    stretched = ordered_trend([(5, 3, 2), (2, 3, 5)], values=(-1, 0, 1), levels=(10, 31))

    assert isinstance(rising, OrderedTrend) and isinstance(falling, OrderedTrend)
    assert isinstance(stretched, OrderedTrend)
    assert rising.z == pytest.approx(-falling.z)
    assert rising.z > 0
    assert stretched.z == pytest.approx(rising.z)


def test_neither_unit_nor_size_of_levels_matters() -> None:
    table = [(5, 3, 2), (2, 3, 5)]
    usual = ordered_trend(table, values=(-1, 0, 1))

    assert isinstance(usual, OrderedTrend)
    for size in (1e308, 1e-200):
        found = ordered_trend(table, values=(-size, 0, size), levels=(-size, size))
        assert isinstance(found, OrderedTrend)
        assert found.z == pytest.approx(usual.z)


def test_impossible_trends_are_refused() -> None:
    for levels in ((0, float("nan")), (0, float("inf"))):
        with pytest.raises(ValueError, match="finite numbers"):
            ordered_trend([(1, 2), (2, 1)], values=(0, 1), levels=levels)
    with pytest.raises(ValueError, match="zero or more"):
        ordered_trend([(3, -1), (2, 1)], values=(0, 1))


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ([], Reason.NO_ANSWERS),
        ([(0, 0), (0, 0)], Reason.NO_ANSWERS),
        ([(3, 1), (0, 0)], Reason.TOO_FEW_GROUPS),
        ([(3, 0), (4, 0)], Reason.NO_VARIATION),
    ],
)
def test_a_trend_that_cannot_be_said(counts: list[tuple[int, int]], reason: Reason) -> None:
    found = ordered_trend(counts, values=(0, 1))

    assert isinstance(found, Unsaid)
    assert found.reason is reason
