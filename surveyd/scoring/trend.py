"""A score against its own past: the expected value, the change, the slope, and how large a change would show.

Past waves are pooled by random effects (see ``pooling``), so that waves that differ by more than chance widen
what counts as usual. How far they differ is known from few waves only, hence Student's t. Sample size: Cohen,
Statistical Power Analysis, 1988, chapter 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, fsum, hypot, sqrt

from surveyd.scoring.distributions import two_sided_student_p
from surveyd.scoring.intervals import NORMAL, Interval, discoveries, normal_quantile, two_sided_p
from surveyd.scoring.pooling import random_effects
from surveyd.scoring.unsaid import Reason, Unsaid

LEAST_WAVES = 3
POWER = 0.8
LEAST_ERROR, MOST = 1e-100, 1e100
"""Between these no square and no reciprocal is lost to rounding or grows beyond measure."""


@dataclass(frozen=True, slots=True)
class Point:
    """A wave's value and its standard error, both in one unit; the error knows no finite population.

    Raises ValueError unless both are numbers within 1e100 of 0 and the error is above 0, from 1e-100 on.
    """

    value: float
    standard_error: float

    def __post_init__(self) -> None:
        if not (abs(self.value) <= MOST and LEAST_ERROR <= self.standard_error <= MOST):
            raise ValueError("a wave needs a value and a standard error above 0.")


class Against(StrEnum):
    """What a wave is held against."""

    HISTORY = "history"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A wave against what its past lets us expect: the change, its standard error, z and two-sided p.

    Against a history of k waves p is Student's t with k - 1 degrees of freedom; against the previous wave
    alone it is normal. ``between`` is the variance between past waves beyond chance, 0 for one wave.
    """

    against: Against
    expected: float
    change: float
    standard_error: float
    z: float
    p: float
    between: float
    waves: int


def against_history(now: Point, past: Sequence[Point], *, least: int = LEAST_WAVES) -> Comparison | Unsaid:
    """Hold ``now`` against its past waves, oldest first: their pooled mean from ``least`` waves on.

    With fewer it is the plain difference with the previous wave, as of different people; where the answers
    are at hand, ``estimates.compare`` knows who is in both waves.
    """
    if not past:
        return Unsaid(Reason.TOO_FEW_WAVES, "a comparison with the past", 0, 1)
    if len(past) < max(2, least):
        before = past[-1]
        square = now.standard_error**2 + before.standard_error**2
        change, error = now.value - before.value, sqrt(square)
        p = two_sided_p(change / error)
        return Comparison(Against.PREVIOUS, before.value, change, error, change / error, p, 0.0, len(past))
    pooled = random_effects([point.value for point in past], [point.standard_error**2 for point in past])
    change = now.value - pooled.mean
    error = sqrt(now.standard_error**2 + pooled.standard_error**2 + pooled.between)
    p = two_sided_student_p(change / error, len(past) - 1)
    return Comparison(
        Against.HISTORY, pooled.mean, change, error, change / error, p, pooled.between, len(past)
    )


@dataclass(frozen=True, slots=True)
class Slope:
    """The change for each unit of time, with interval, z and two-sided p."""

    value: float
    interval: Interval
    standard_error: float
    z: float
    p: float
    waves: int


def slope(
    times: Sequence[float], points: Sequence[Point], *, confidence: float = 0.95, least: int = LEAST_WAVES
) -> Slope | Unsaid:
    """Fit a line by least squares, each wave weighted by 1 / SE^2; ``times`` in any unit, such as years.

    Unsaid below ``least`` waves, or when all are of one time. Raises ValueError for unequal lengths, and for
    a time that is no number within 1e100 of 0.
    """
    if not all(abs(time) <= MOST for time in times):
        raise ValueError("the time of a wave is a finite number.")
    surest = min((point.standard_error for point in points), default=0.0)
    weighed = [
        (t, point.value, (surest / point.standard_error) ** 2) for t, point in zip(times, points, strict=True)
    ]
    if len(weighed) < max(2, least):
        return Unsaid(Reason.TOO_FEW_WAVES, "a slope", len(weighed), max(2, least))
    total = fsum(w for _, _, w in weighed)
    centre = fsum(w * t for t, _, w in weighed) / total
    mean = fsum(w * y for _, y, w in weighed) / total
    spread = fsum(w * (t - centre) ** 2 for t, _, w in weighed)
    if min(times) == max(times) or spread < LEAST_ERROR:
        return Unsaid(Reason.NO_VARIATION, "the time of the waves")
    value = fsum(w * (t - centre) * (y - mean) for t, y, w in weighed) / spread
    error = surest / sqrt(spread)
    half = normal_quantile(confidence) * error
    z = value / error
    return Slope(value, Interval(value - half, value + half), error, z, two_sided_p(z), len(weighed))


class Direction(StrEnum):
    """What an arrow may show; NONE is no verdict."""

    UP = "up"
    DOWN = "down"
    STEADY = "steady"
    NONE = ""


def directions(changes: Sequence[tuple[float, float] | None], *, rate: float = 0.05) -> list[Direction]:
    """Return the arrows of one screen, each out of (statistic, p), or None where nothing can be said.

    They are judged together (Benjamini-Hochberg), so that a screen of many arrows shows few false ones.
    """
    sure = iter(discoveries([change[1] for change in changes if change is not None], rate=rate))
    return [Direction.NONE if change is None else _direction(change[0], next(sure)) for change in changes]


def _direction(statistic: float, is_sure: bool) -> Direction:
    if not is_sure:
        return Direction.STEADY
    return Direction.UP if statistic > 0 else Direction.DOWN


def detectable_change(
    standard_error: float, other: float | None = None, *, power: float = POWER, confidence: float = 0.95
) -> float:
    """Return the smallest true change that two such waves show with this ``power``, in the errors' unit.

    ``other`` is the second wave's standard error, if it differs. For a score of one person's variance v and
    n answers in each wave it is (z + z) sqrt(2 v / n). Raises ValueError for impossible shares and errors.
    """
    second = standard_error if other is None else other
    if not (0 <= standard_error <= MOST and 0 <= second <= MOST):
        raise ValueError("a standard error is a number that is not negative.")
    return _two_quantiles(power, confidence) * hypot(standard_error, second)


def answers_needed(variance: float, change: float, *, power: float = POWER, confidence: float = 0.95) -> int:
    """Return the answers each of two waves needs to show ``change``: 2 v (z + z)^2 / change^2, rounded up.

    ``variance`` is that of one person; raises ValueError for a change of 0, and for impossible variances and
    shares.
    """
    if not 0 <= variance <= MOST:
        raise ValueError("a variance is a number that is not negative.")
    if not (LEAST_ERROR <= abs(change) <= MOST):
        raise ValueError("no number of answers shows that nothing changed.")
    return ceil(2 * variance * (_two_quantiles(power, confidence) / change) ** 2)


def _two_quantiles(power: float, confidence: float) -> float:
    if not 0 < power < 1:
        raise ValueError("power must lie between 0 and 1, such as 0.8.")
    return normal_quantile(confidence) + NORMAL.inv_cdf(power)
