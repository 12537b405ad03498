"""Tests of several shares, of a trend over ordered groups, and of many comparisons at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb, fsum, isfinite, sqrt

from surveyd.scoring.distributions import chi_squared_tail
from surveyd.scoring.intervals import two_sided_p
from surveyd.scoring.unsaid import Reason, Unsaid


@dataclass(frozen=True, slots=True)
class ChiSquared:
    """A statistic, its degrees of freedom and p."""

    value: float
    df: int
    p: float


def equal_shares(successes: Sequence[int], sizes: Sequence[int]) -> ChiSquared | Unsaid:
    """Test whether groups have one share: Pearson 1900, as in Fleiss, Statistical Methods for Rates, 1981.

    Groups of nobody do not count. Raises ValueError for impossible counts.
    """
    groups = [(x, n) for x, n in zip(successes, sizes, strict=True) if n]
    if any(not 0 <= x <= n for x, n in zip(successes, sizes, strict=True)):
        raise ValueError("successes must lie between 0 and the size of their group.")
    if len(groups) < 2:
        return Unsaid(Reason.TOO_FEW_GROUPS, "a comparison of shares", len(groups), 2)
    overall = sum(x for x, _ in groups) / sum(n for _, n in groups)
    if overall in (0, 1):
        return Unsaid(Reason.NO_VARIATION, "a comparison of shares")
    value = fsum((x - n * overall) ** 2 / (n * overall * (1 - overall)) for x, n in groups)
    return ChiSquared(value, len(groups) - 1, chi_squared_tail(value, len(groups) - 1))


def fisher_p(successes: int, n: int, other_successes: int, other_n: int) -> float:
    """Return the chance of at least so many successes in the first group if both had one share.

    Exact, for groups of any size: Fisher 1935. Raises ValueError for impossible counts.
    """
    if not (0 <= successes <= n and 0 <= other_successes <= other_n):
        raise ValueError("successes must lie between 0 and the size of their group.")
    total = successes + other_successes
    ways = sum(comb(n, k) * comb(other_n, total - k) for k in range(successes, min(n, total) + 1))
    return ways / comb(n + other_n, total)


@dataclass(frozen=True, slots=True)
class OrderedTrend:
    """Whether values rise or fall over ordered groups: z (above 0 for a rise) and two-sided p."""

    z: float
    p: float
    n: int


def ordered_trend(
    counts: Sequence[Sequence[int]], *, values: Sequence[float], levels: Sequence[float] | None = None
) -> OrderedTrend | Unsaid:
    """Test for a trend of a mean over ordered groups.

    ``counts`` has a row for each group and a column for each of ``values``. With the values 0 and 1 it is
    Cochran's and Armitage's test (Biometrics 1954 and 1955); with -1, 0 and 1 its extension by Mantel (JASA
    1963), divided by n rather than n - 1. ``levels`` are 0, 1, 2 by default. Raises ValueError for counts
    below 0, and for levels and values that are no finite numbers.
    """
    steps = [float(step) for step in (range(len(counts)) if levels is None else levels)]
    if not all(isfinite(number) for number in (*steps, *values)):
        raise ValueError("levels and values are finite numbers.")
    if any(count < 0 for row in counts for count in row):
        raise ValueError("a count of people is zero or more.")
    cells = [
        (level, value, count)
        for level, row in zip(steps, counts, strict=True)
        for value, count in zip(values, row, strict=True)
        if count
    ]
    if not cells:
        return Unsaid(Reason.NO_ANSWERS, "a trend over groups")
    if len({level for level, _, _ in cells}) < 2:
        return Unsaid(Reason.TOO_FEW_GROUPS, "a trend over groups", 1, 2)
    if len({value for _, value, _ in cells}) < 2:
        return Unsaid(Reason.NO_VARIATION, "a trend over groups")
    sizes = [count for _, _, count in cells]
    level, value = (_deviations(part, sizes) for part in list(zip(*cells, strict=True))[:2])
    across = fsum(count * x * x for x, count in zip(level, sizes, strict=True))
    along = fsum(count * y * y for y, count in zip(value, sizes, strict=True))
    shared = fsum(count * x * y for x, y, count in zip(level, value, sizes, strict=True))
    z = shared / sqrt(across * along / sum(sizes))
    return OrderedTrend(z, two_sided_p(z), sum(sizes))


def _deviations(numbers: Sequence[float], sizes: Sequence[int]) -> list[float]:
    """Return how far numbers that differ lie from their mean, the farthest at 1: z knows no unit."""
    most = max(abs(number) for number in numbers)
    brought = [number / most for number in numbers]
    mean = fsum(count * number for number, count in zip(brought, sizes, strict=True)) / sum(sizes)
    away = [number - mean for number in brought]
    farthest = max(abs(distance) for distance in away)
    return [distance / farthest for distance in away]


def false_discovery(ps: Sequence[float]) -> list[float]:
    """Return for each p the lowest rate of false discoveries at which it stands: Benjamini-Hochberg."""
    return _adjusted(ps, lambda p, rank: p * (len(ps) / rank), falling=True)


def holm(ps: Sequence[float]) -> list[float]:
    """Return each p so that none of those below 0.05 is false with 95 % confidence: Holm 1979."""
    return _adjusted(ps, lambda p, rank: p * (len(ps) - rank + 1), falling=False)


def _adjusted(ps: Sequence[float], of: Callable[[float, int], float], *, falling: bool) -> list[float]:
    """Adjust by rank and keep the order: downwards no p is above the one before, upwards none below."""
    order = sorted(range(len(ps)), key=lambda place: ps[place])
    ranked = [(place, min(1.0, of(ps[place], rank))) for rank, place in enumerate(order, 1)]
    bound, found = 1.0 if falling else 0.0, [0.0] * len(ps)
    for place, p in reversed(ranked) if falling else ranked:
        bound = min(bound, p) if falling else max(bound, p)
        found[place] = bound
    return found
