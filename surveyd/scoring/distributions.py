"""Student's t and chi-squared, by the incomplete beta and gamma functions.

Both functions are worked out by their continued fractions with the modified Lentz method (Press, Teukolsky,
Vetterling and Flannery, Numerical Recipes, chapter 6); the gamma function by its series where that is
quicker. Accurate to about 12 digits up to some ten million degrees of freedom.
"""

from collections.abc import Callable
from functools import cache
from math import exp, isfinite, lgamma, log, log1p

PRECISION = 1e-15
TINY = 1e-300


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), between 0 and 1.

    Raises ValueError unless ``a`` and ``b`` are above 0 and ``x`` lies between 0 and 1.
    """
    if not (0 < a < float("inf") and 0 < b < float("inf") and 0 <= x <= 1):
        raise ValueError("a and b must be above 0, and x must lie between 0 and 1.")
    if x in (0, 1):
        return float(x)
    front = exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b))
    if x <= (a + 1) / (a + b + 2):
        return front / (a * _beta_fraction(a, b, x))
    return 1 - front / (b * _beta_fraction(b, a, 1 - x))


def _beta_fraction(a: float, b: float, x: float) -> float:
    def term(step: int) -> tuple[float, float]:
        half = step // 2
        if step % 2:
            return -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1)), 1.0
        return half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half)), 1.0

    return _fraction(1.0, term)


def incomplete_gamma(a: float, x: float) -> float:
    """Return the regularised upper incomplete gamma function Q(a, x), between 0 and 1.

    Raises ValueError unless ``a`` is above 0 and ``x`` is 0 or more.
    """
    if not (0 < a < float("inf") and 0 <= x < float("inf")):
        raise ValueError("a must be above 0, and x must be 0 or more.")
    if x == 0:
        return 1.0
    front = exp(a * log(x) - x - lgamma(a))
    if x < a + 1:
        return 1 - front * _gamma_series(a, x)
    return front / _fraction(x + 1 - a, lambda step: (step * (a - step), x + 2 * step + 1 - a))


def _gamma_series(a: float, x: float) -> float:
    part = total = 1 / a
    above = a
    while part > total * PRECISION:
        above += 1
        part *= x / above
        total += part
    return total


def _fraction(first: float, term: Callable[[int], tuple[float, float]]) -> float:
    """Return first + a1 / (b1 + a2 / (b2 + ...)) by Lentz; ``term(step)`` is (a, b), from step 1."""
    value = ahead = first or TINY
    behind, factor, step = 0.0, 2.0, 0
    while abs(factor - 1) > PRECISION:
        step += 1
        a, b = term(step)
        behind = 1 / ((b + a * behind) or TINY)
        ahead = (b + a / ahead) or TINY
        factor = ahead * behind
        value *= factor
    return value


def student_tail(t: float, df: float) -> float:
    """Return the chance that Student's t with ``df`` degrees of freedom is above ``t``.

    Raises ValueError unless ``df`` is above 0 and ``t`` is a number.
    """
    if not isfinite(t):
        raise ValueError("t must be a finite number.")
    square = t * t
    # Near the middle x would be close to 1 and lose its digits: the mirrored function keeps them.
    if square < df:
        within = incomplete_beta(0.5, df / 2, square / (df + square))
        tail = (1 - within) / 2
    else:
        tail = incomplete_beta(df / 2, 0.5, df / (df + square)) / 2
    return tail if t >= 0 else 1 - tail


def two_sided_student_p(t: float, df: float) -> float:
    """Return the chance of Student's t at least as far from zero as ``t``."""
    return 2 * student_tail(abs(t), df)


@cache
def student_quantile(confidence: float, df: float) -> float:
    """Return t of a two-sided interval; raises ValueError unless 0 < confidence < 1 and df > 0."""
    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1, such as 0.95.")
    wanted = (1 - confidence) / 2
    low, high = 0.0, 1.0
    while student_tail(high, df) > wanted:
        low, high = high, 2 * high
    middle = (low + high) / 2
    while low < middle < high:
        low, high = (middle, high) if student_tail(middle, df) > wanted else (low, middle)
        middle = (low + high) / 2
    return middle


def chi_squared_tail(value: float, df: float) -> float:
    """Return the chance that chi-squared with ``df`` degrees of freedom is above ``value`` (0 or more)."""
    return incomplete_gamma(df / 2, value / 2)
