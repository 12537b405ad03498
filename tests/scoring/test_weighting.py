"""Whose voice counts how much."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.arrays import Floats
from surveyd.scoring.clustered import Influence, Totals, influence, totals
from surveyd.scoring.unsaid import Reason, Unsaid
from surveyd.scoring.weighting import Cap, Weighting, capped, unknown, weighted

NAN = float("nan")
revenues = st.lists(st.floats(0, 1e12), min_size=1, max_size=40).map(np.array)


@pytest.fixture
def three() -> Totals:
    """Account 0: +1, +1, +1, -1; account 1: 0; account 2: nobody; account 3: -1."""
    values = np.array([1.0, 1, 1, -1, 0, -1])
    return totals(values, np.array([0, 0, 0, 0, 1, 3]), size=4)


def mean(of: Totals) -> float:
    found = influence(of)
    assert isinstance(found, Influence)
    return found.value


def test_three_weightings_of_the_same_answers(three: Totals) -> None:
    revenue = np.array([100.0, 300, 999, 600])

    assert mean(weighted(three, Weighting.CONTACT)) == pytest.approx(1 / 6)
    assert mean(weighted(three, Weighting.ACCOUNT)) == pytest.approx((0.5 + 0 - 1) / 3)
    by_revenue = weighted(three, Weighting.REVENUE, revenue=revenue, cap=Cap.NONE)
    assert mean(by_revenue) == pytest.approx((100 * 0.5 - 600) / 1000)
    found = influence(by_revenue)
    assert isinstance(found, Influence)
    # Weights of people: 25 each of four, 300, 600.
    assert found.n_effective == pytest.approx(1000**2 / (4 * 25**2 + 300**2 + 600**2))
    assert found.largest == pytest.approx(0.6)


def test_unknown_revenue_is_counted_and_never_zero(three: Totals) -> None:
    revenue = np.array([NAN, 300, NAN, 600])
    found = weighted(three, Weighting.REVENUE, revenue=revenue, cap=Cap.NONE)

    # The account that nobody answered for is not missed.
    assert unknown(three, revenue) == 1
    assert mean(found) == pytest.approx(-600 / 900)
    assert found.n.sum() == 2


@pytest.mark.parametrize("revenue", [[0.0, 0, 5, 0], [NAN, NAN, 5, NAN], [-3.0, 0, 5, 0]])
def test_without_any_revenue_nothing_weighs(three: Totals, revenue: list[float]) -> None:
    found = influence(weighted(three, Weighting.REVENUE, revenue=np.array(revenue)))

    assert isinstance(found, Unsaid)
    assert found.reason is Reason.NO_WEIGHT


def test_revenue_must_be_given(three: Totals) -> None:
    with pytest.raises(ValueError, match="need the accounts' revenue"):
        weighted(three, Weighting.REVENUE)


def test_the_percentile_cuts_the_giant() -> None:
    revenue = np.array([0.0, *range(1, 101), 1_000_000])

    found = capped(revenue, Cap.PERCENTILE)
    assert found.max() == pytest.approx(np.percentile(revenue[1:], 99)) == pytest.approx(100)
    assert found[:100] == pytest.approx(revenue[:100])


def test_a_tenth_by_hand() -> None:
    # 18 of 10 and giants of 500 and 100: c = 0.1 (2 c + 180), so c = 22.5, and 22.5 is a tenth of 225.
    revenue = np.array([500.0, *[10] * 18, 100])

    found = capped(revenue, Cap.SHARE)
    assert (found[0], found[-1], found.sum()) == pytest.approx((22.5, 22.5, 225))


@given(revenues)
def test_no_account_keeps_more_than_a_tenth(revenue: Floats) -> None:
    found = capped(revenue, Cap.SHARE)
    paying = int(np.count_nonzero(revenue))

    assert (found <= revenue).all()
    assert capped(revenue, Cap.NONE) is revenue
    if paying:
        assert found.max() <= max(0.1, 1 / paying) * found.sum() * (1 + 1e-9)
