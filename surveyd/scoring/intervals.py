"""Confidence intervals from counts.

Adjusted Wald for the difference of two shares of one sample: Rocks, American Statistician 2016. Wilson for
one share: Wilson, JASA 1927. Both stay sensible for a handful of answers, where plain Wald does not. Many
comparisons at once: Benjamini and Hochberg, JRSS B 1995.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from statistics import NormalDist

NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Interval:
    """Both ends, in the unit of the estimate; ``low`` is never above ``high``."""

    low: float
    high: float

    @property
    def centre(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2

    @property
    def half_width(self) -> float:
        """The margin to either side of the middle."""
        return (self.high - self.low) / 2

    def clamped(self, low: float, high: float) -> "Interval":
        """Return the interval cut to what is possible at all."""
        return Interval(min(max(self.low, low), high), max(min(self.high, high), low))

    def containing(self, estimate: float) -> "Interval":
        """Return the interval widened as far as needed to hold ``estimate``."""
        return Interval(min(self.low, estimate), max(self.high, estimate))


@cache
def normal_quantile(confidence: float) -> float:
    """Return z of a two-sided normal interval; raises ValueError unless 0 < confidence < 1."""
    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1, such as 0.95.")
    return NORMAL.inv_cdf((1 + confidence) / 2)


def two_sided_p(z: float) -> float:
    """Return the chance of a normal deviate at least as far from zero as ``z``."""
    return 2 * NORMAL.cdf(-abs(z))


def discoveries(ps: Sequence[float], *, rate: float = 0.05) -> list[bool]:
    """Say which of the p-values stand when all are looked at together: Benjamini-Hochberg at ``rate``.

    A single one stands when it is below the rate, as it would alone.
    """
    ranked = sorted(ps)
    limit = max((p for rank, p in enumerate(ranked, 1) if p < rate * rank / len(ps)), default=-1.0)
    return [p <= limit for p in ps]


def adjusted_moments(losses: int, draws: int, wins: int) -> tuple[float, float]:
    """Return (wins - losses) / n and its variance, after adding 3/4, 3/2 and 3/4 of an answer."""
    n = losses + draws + wins + 3
    centre = (wins - losses) / n
    return centre, ((wins + losses + 1.5) / n - centre * centre) / n


def adjusted_wald(losses: int, draws: int, wins: int, *, confidence: float = 0.95) -> Interval:
    """Return the interval of (wins - losses) / n, not cut to -1 and 1, for any n from 0."""
    centre, variance = adjusted_moments(losses, draws, wins)
    half = normal_quantile(confidence) * sqrt(variance)
    return Interval(centre - half, centre + half)


def wilson(successes: int, n: int, *, confidence: float = 0.95) -> Interval | None:
    """Return the interval of a share (0 to 1), None without answers; ValueError for impossible counts."""
    if not 0 <= successes <= n:
        raise ValueError("successes must lie between 0 and n.")
    return wilson_around(successes / n, n, quantile=normal_quantile(confidence)) if n else None


def wilson_around(share: float, n: float, *, quantile: float, unheard: float = 1.0) -> Interval:
    """Return the interval of a share that says as much as ``n`` answers (above 0, may be broken).

    ``unheard`` is the finite population factor: centre and width shrink towards the share with it.
    """
    square = quantile * quantile
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = quantile * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    centre, half = share + unheard * (centre - share), unheard * half
    return Interval(centre - half, centre + half).clamped(0, 1).containing(share)


def unheard_factor(n: int, population: int | None) -> float:
    """Return sqrt((N - n) / (N - 1)): 1 for an endless population (None), 0 when all ``population`` answered.

    Raises ValueError when fewer were asked than answered.
    """
    if population is None:
        return 1.0
    if population < n:
        raise ValueError("more people answered than were invited; count both over the same people.")
    return 0.0 if population == n else sqrt((population - n) / (population - 1))


def wald(losses: int, draws: int, wins: int, *, confidence: float = 0.95) -> Interval | None:
    """Return the textbook interval of (wins - losses) / n, None for n = 0. To compare with: no page uses it.

    It has no width where all said the same, and covers too seldom below some hundred answers.
    """
    n = losses + draws + wins
    if n == 0:
        return None
    value = (wins - losses) / n
    half = normal_quantile(confidence) * sqrt(max(0.0, ((wins + losses) / n - value * value) / n))
    return Interval(value - half, value + half)


def score_interval(losses: int, draws: int, wins: int, *, confidence: float = 0.95) -> Interval | None:
    """Return all values that a score test would not reject, None for n = 0. To compare with: no page uses it.

    The share of wins and losses is fitted anew for each value (Tango, Statistics in Medicine 1998). It covers
    better than adjusted Wald below ten answers, and has no formula that a reader could redo by hand.
    """
    n = losses + draws + wins
    if n == 0:
        return None
    square, value = normal_quantile(confidence) ** 2, (wins - losses) / n

    def is_rejected(tried: float) -> bool:
        linear = wins + losses + (wins - losses) * tried
        constant = (wins - losses) * tried - draws * tried * tried
        decided = (linear + sqrt(max(0.0, linear * linear - 4 * n * constant))) / (2 * n)
        return n * (value - tried) ** 2 > square * (decided - tried * tried)

    return Interval(_edge(is_rejected, value, -1.0), _edge(is_rejected, value, 1.0))


def _edge(is_rejected: Callable[[float], bool], inside: float, outside: float) -> float:
    """Return where rejection begins between the two, by halving."""
    if not is_rejected(outside):
        return outside
    for _ in range(60):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if is_rejected(middle) else (middle, outside)
    return inside
