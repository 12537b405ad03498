"""Whether items belong together."""

import numpy as np
import pytest

from surveyd.scoring.battery import Alpha, alpha, correlation
from surveyd.scoring.unsaid import Reason, Unsaid

# Chatterjee and Price 1977: 30 departments of a company, 7 items (R's data set "attitude").
TABLE = """
    43 51 30 39 61 92 45 63 64 51 54 63 73 47 71 70 68 69 76 86 48 61 63 45 47 54 84 35
    81 78 56 66 71 83 47 43 55 49 44 54 49 34 58 67 42 56 66 68 35 71 75 50 55 70 66 41
    72 82 72 67 71 83 31 67 61 45 47 62 80 41 64 53 53 58 58 67 34 67 60 47 39 59 74 41
    69 62 57 42 55 63 25 68 83 83 45 59 77 35 77 77 54 72 79 77 46 81 90 50 72 60 54 36
    74 85 64 69 79 79 63 65 60 65 75 55 80 60 65 70 46 57 75 85 46 50 58 68 54 64 78 52
    50 40 33 34 43 64 33 64 61 52 62 66 80 41 53 66 52 50 63 80 37 40 37 42 58 50 57 49
    63 54 42 48 66 75 33 66 77 66 63 88 76 72 78 75 58 74 80 78 49 48 57 44 45 51 83 38
    85 85 71 71 77 74 55 82 82 39 59 64 78 39
"""
ATTITUDE = np.array(TABLE.split(), dtype=np.float64).reshape(30, 7)
NAN = float("nan")


def test_alpha_as_published() -> None:
    # R package psych, alpha(attitude).
    found = alpha(ATTITUDE)

    assert isinstance(found, Alpha)
    assert (found.value, found.standardised) == pytest.approx((0.8431427696, 0.839083803), abs=1e-9)
    assert (found.n, found.items, found.is_doubtful) == (30, 7, False)


def test_who_left_an_item_out_does_not_count() -> None:
    gap = np.vstack([ATTITUDE, [NAN] * 7, [1, 1, 1, 1, 1, 1, NAN]])

    assert alpha(gap) == alpha(ATTITUDE)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([[1.0], [2.0], [3.0]], Reason.TOO_FEW_GROUPS),
        ([[1.0, 2.0], [2.0, 1.0]], Reason.TOO_FEW_ANSWERS),
        ([[1.0, NAN], [2.0, 2.0], [3.0, 1.0]], Reason.TOO_FEW_ANSWERS),
        ([[1.0, 2.0], [1.0, 3.0], [1.0, 4.0]], Reason.NO_VARIATION),
        # The items point opposite ways and cancel out.
        ([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]], Reason.NO_VARIATION),
        # They do once each is weighed alike.
        ([[2.0, 5.0], [3.0, 3.0], [2.0, 5.0], [3.0, 3.0]], Reason.NO_VARIATION),
        ([[1.0, float("inf")], [2.0, 2.0], [3.0, 1.0]], Reason.TOO_FEW_ANSWERS),
    ],
)
def test_alpha_that_cannot_be_said(rows: list[list[float]], reason: Reason) -> None:
    found = alpha(np.array(rows))

    assert isinstance(found, Unsaid)
    assert found.reason is reason


@pytest.mark.parametrize("size", [1e308, 1e-300])
def test_agreement_knows_no_unit(size: float) -> None:
    rows = np.array([[1, 2], [2, 4], [3, 1], [4, 3], [5, 5.0]]) / 5
    large, uneven = alpha(rows * size), alpha(rows * np.array([1, size]))

    assert isinstance(large, Alpha) and isinstance(uneven, Alpha)
    assert large.value == pytest.approx(2 / 3)
    assert (uneven.value, uneven.standardised) == pytest.approx((0, 2 / 3), abs=1e-9)
    assert correlation(rows[:, 0] * size, rows[:, 1]) == pytest.approx(0.5)
    unknown = correlation(np.array([1, 2, np.inf]), np.array([1.0, 2, 3]))
    assert isinstance(unknown, Unsaid) and unknown.found == 2


def test_items_that_hardly_agree_are_doubtful() -> None:
    found = alpha(np.array([[1, 2], [2, 4], [3, 1], [4, 3], [5, 5.0]]))

    assert isinstance(found, Alpha)
    # By hand: variances 2.5 and 2.5, covariance 1.25 : alpha 2 (1 - 5 / 7.5) = 2/3 and not below 0.6.
    assert found.value == pytest.approx(2 / 3)
    assert not found.is_doubtful
    assert Alpha(0.59, 0.6, 30, 2).is_doubtful


def test_correlation_over_those_who_answered_both() -> None:
    one = np.array([1.0, 2, 3, NAN, 5])
    other = np.array([2.0, 4, 6, 8, NAN])

    assert correlation(one, other) == pytest.approx(1)
    assert correlation(one, -other) == pytest.approx(-1)
    few = correlation(one[:2], other[:2])
    flat = correlation(one, np.array([3.0] * 5))
    assert isinstance(few, Unsaid) and few.reason is Reason.TOO_FEW_TOGETHER
    assert isinstance(flat, Unsaid) and flat.reason is Reason.NO_VARIATION
