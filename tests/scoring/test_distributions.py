"""Student's t and chi-squared."""

from math import exp, isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.distributions import (
    chi_squared_tail,
    incomplete_beta,
    incomplete_gamma,
    student_quantile,
    student_tail,
    two_sided_student_p,
)


@pytest.mark.parametrize(
    ("df", "quantile", "tail_of_2"),
    # SciPy 1.17.1: t.ppf(0.975, df) and t.sf(2, df).
    [
        (1, 12.7062047362, 0.14758361765),
        (2, 4.3026527297, 0.091751709536),
        (5, 2.5705818356, 0.050969739415),
        (9, 2.2621571628, 0.038276411885),
        (25, 2.0595385528, 0.028237990213),
        (99, 1.9842169516, 0.024119846686),
    ],
)
def test_student_as_tabled(df: float, quantile: float, tail_of_2: float) -> None:
    assert student_quantile(0.95, df) == pytest.approx(quantile, abs=1e-9)
    assert student_tail(2, df) == pytest.approx(tail_of_2, abs=1e-11)
    assert student_tail(-2, df) == pytest.approx(1 - tail_of_2, abs=1e-11)
    assert two_sided_student_p(-2, df) == pytest.approx(2 * tail_of_2, abs=1e-11)


def test_student_of_many_is_nearly_normal() -> None:
    # SciPy 1.17.1: t.ppf(0.975, 999); the last two by z + (z^3 + z) / (4 df).
    assert student_quantile(0.95, 999) == pytest.approx(1.9623414611, abs=1e-9)
    assert student_quantile(0.95, 40_000) == pytest.approx(1.9600232931, abs=1e-9)
    assert student_quantile(0.95, 1e7) == pytest.approx(1.9599642218, abs=1e-8)


def test_one_degree_of_freedom_by_hand() -> None:
    # Cauchy: the tail of 1 is a quarter.
    assert student_tail(1, 1) == pytest.approx(0.25, abs=1e-14)
    assert student_tail(0, 7) == 0.5
    assert student_tail(1e200, 1) == 0
    assert student_quantile(1e-9, 3) < 1e-8


@pytest.mark.parametrize(
    ("a", "b", "x", "expected"),
    # SciPy 1.17.1, betainc; the second is 328/625 by hand.
    [
        (0.5, 0.5, 0.3, 0.369010119566),
        (2, 3, 0.4, 0.5248),
        (12.5, 0.5, 0.8, 0.01934312757),
        (2, 3, 0, 0),
        (2, 3, 1, 1),
    ],
)
def test_incomplete_beta_as_tabled(a: float, b: float, x: float, expected: float) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(expected, abs=1e-11)


def test_chi_squared_as_tabled() -> None:
    # SciPy 1.17.1, chi2.sf; with two degrees of freedom it is exp(-x / 2).
    assert chi_squared_tail(3.841458820694124, 1) == pytest.approx(0.05, abs=1e-12)
    assert chi_squared_tail(12.6004112971, 3) == pytest.approx(0.005585476662, abs=1e-11)
    for value in (0.0, 0.3, 1.9, 2.1, 40.0):
        assert chi_squared_tail(value, 2) == pytest.approx(exp(-value / 2), abs=1e-13)


@given(st.floats(0.05, 500), st.floats(0.05, 500), st.floats(0, 1))
def test_incomplete_beta_mirrors_itself(a: float, b: float, x: float) -> None:
    one, other = incomplete_beta(a, b, x), incomplete_beta(b, a, 1 - x)

    assert 0 <= one <= 1 + 1e-9
    # 1 - x has lost what x has beyond 16 digits: the mirror is as good as that.
    if 0.001 < x < 0.999:
        assert one + other == pytest.approx(1, abs=1e-9)


@given(st.floats(0.1, 400), st.floats(0, 900))
def test_incomplete_gamma_is_a_chance(a: float, x: float) -> None:
    found = incomplete_gamma(a, x)

    assert isfinite(found)
    assert -1e-9 <= found <= 1 + 1e-9
    assert incomplete_gamma(a, x + 1) <= found + 1e-9


@given(st.floats(0.01, 0.999), st.integers(1, 3_000))
def test_a_quantile_has_its_tails(confidence: float, df: int) -> None:
    assert two_sided_student_p(student_quantile(confidence, df), df) == pytest.approx(
        1 - confidence, abs=1e-9
    )


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, float("nan")])
def test_a_confidence_is_a_share(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence must lie between 0 and 1"):
        student_quantile(confidence, 5)


@pytest.mark.parametrize(("t", "df"), [(float("nan"), 3), (float("inf"), 3), (1.0, 0), (1.0, -2)])
def test_impossible_tails_are_refused(t: float, df: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        student_tail(t, df)


@pytest.mark.parametrize(("value", "df"), [(-1.0, 2), (1.0, 0), (float("inf"), 2)])
def test_impossible_values_of_chi_squared_are_refused(value: float, df: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        chi_squared_tail(value, df)
