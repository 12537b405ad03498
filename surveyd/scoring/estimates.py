"""What a group says and how sure that is: one rule for a mean, a share and a difference.

From enough accounts on, the interval is clustered, with Student's t and a degree of freedom fewer than there
are accounts. Below that, or where all said the same, it is adjusted Wald: three answers of our own, spread
over the scale, stand in for the doubt (Rocks, American Statistician 2016, for a scale of -1, 0 and 1). Where
few accounts carry the weight they may agree by chance: there the larger of both errors holds.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from surveyd.scoring.bases import Base, base
from surveyd.scoring.clustered import Influence, Totals, combination, influence
from surveyd.scoring.distributions import student_quantile, two_sided_student_p
from surveyd.scoring.intervals import Interval, normal_quantile, two_sided_p, unheard_factor, wilson_around
from surveyd.scoring.policy import SHIPPED, Minimums
from surveyd.scoring.unsaid import Unsaid

FEW_EFFECTIVE = 10
LARGE_SHARE = 0.25
LEAST_EVEN = 0.5
"""Weighted accounts that count as fewer than this share of themselves are few accounts."""


class Method(StrEnum):
    """How an interval was made."""

    ADJUSTED_WALD = "adjusted_wald"
    CLUSTERED = "clustered"
    WILSON = "wilson"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean or share with what it rests on, all in the unit of the values.

    ``n`` answers of ``accounts`` accounts, worth ``n_effective`` answers of equal weight; ``largest`` is the
    share of the weight that the heaviest account has. The standard error is that of the interval.
    """

    value: float
    interval: Interval
    standard_error: float
    n: int
    accounts: int
    n_effective: float
    largest: float
    method: Method
    base: Base

    @property
    def is_dominated(self) -> bool:
        """Whether few answers carry nearly all the weight, or one account more than a quarter of it."""
        return self.n_effective < FEW_EFFECTIVE or self.largest > LARGE_SHARE


def estimate(
    of: Totals,
    *,
    scale: Interval,
    population: int | None = None,
    confidence: float = 0.95,
    minimums: Minimums = SHIPPED.minimums,
    subject: str = "this group",
) -> Estimate | Unsaid:
    """Return the mean with its interval inside ``scale``, the lowest and the highest possible value.

    With ``population``, the number of all people meant, it speaks about these people only and has no width
    once all have answered; a change of a process is judged without. Raises ValueError when fewer people
    were meant than answered.
    """
    found = influence(of, subject=subject)
    if isinstance(found, Unsaid):
        return found
    unheard = unheard_factor(found.n, population)
    value = min(max(found.value, scale.low), scale.high)
    quantile = _quantile(found, minimums, confidence)
    if _is_clustered(found, minimums) and _is_even(found, minimums):
        method, centre = Method.CLUSTERED, value
        error = sqrt(found.variance * (1 - found.n / population if population else 1))
    else:
        method = Method.ADJUSTED_WALD
        adjusted, variance = adjusted_mean(of, found, scale)
        if _is_clustered(found, minimums):
            variance = max(variance, found.variance)
        centre, error = value + unheard * (adjusted - value), unheard * sqrt(variance)
    half = quantile * error
    around = Interval(centre - half, centre + half).clamped(scale.low, scale.high).containing(value)
    return Estimate(value, around, error, *_rest(found, method, minimums))


def share(
    of: Totals,
    *,
    population: int | None = None,
    confidence: float = 0.95,
    minimums: Minimums = SHIPPED.minimums,
    subject: str = "this group",
) -> Estimate | Unsaid:
    """Return the share of values that are 1 rather than 0, with Wilson's interval.

    The answers count as many as independent people would have to be to leave the same variance (Dean and
    Pagano, Journal of Survey Statistics and Methodology 2015), never more than they are. Raises ValueError
    when fewer people were meant than answered.
    """
    found = influence(of, subject=subject)
    if isinstance(found, Unsaid):
        return found
    unheard = unheard_factor(found.n, population)
    value = min(max(found.value, 0.0), 1.0)
    worth, quantile, spread = found.n_effective, _quantile(found, minimums, confidence), value * (1 - value)
    if _is_clustered(found, minimums) and spread > 0:
        worth = min(worth, spread / found.variance)
    around = wilson_around(value, worth, quantile=quantile, unheard=unheard)
    error = around.half_width / quantile
    return Estimate(value, around, error, *_rest(found, Method.WILSON, minimums))


def _is_clustered(found: Influence, minimums: Minimums) -> bool:
    return found.accounts >= max(2, minimums.clusters) and found.variance > 0


def _is_even(found: Influence, minimums: Minimums) -> bool:
    """Whether enough accounts share the weight for their spread to say how sure the mean is."""
    is_weighted = found.n_effective < found.n * (1 - 1e-9)
    return found.even >= minimums.clusters * (1 - 1e-9) and not (
        is_weighted and found.even < LEAST_EVEN * found.accounts
    )


def _quantile(found: Influence, minimums: Minimums, confidence: float) -> float:
    """Student's t from enough accounts on, else that of the normal curve."""
    if _is_clustered(found, minimums):
        return student_quantile(confidence, found.accounts - 1)
    return normal_quantile(confidence)


def _rest(
    found: Influence, method: Method, minimums: Minimums
) -> tuple[int, int, float, float, Method, Base]:
    """What an estimate rests on, in the order of its fields."""
    n = found.n
    return n, found.accounts, found.n_effective, found.largest, method, base(n, minimums=minimums)


def adjusted_mean(of: Totals, found: Influence, scale: Interval) -> tuple[float, float]:
    """Return the mean and its variance after adding 3/4, 3/2 and 3/4 of an answer: low, midway, high.

    The answers count as ``n_effective``; on a scale from -1 to 1 this is adjusted Wald as published.
    """
    half, middle = scale.half_width, scale.centre
    weight = float(of.weight.sum())
    mean = (found.value - middle) / half
    raw_square = float(of.value_squared.sum()) / weight
    square = min(1.0, (raw_square - 2 * middle * found.value + middle * middle) / (half * half))
    n = found.n_effective
    adjusted = n * mean / (n + 3)
    variance = ((n * square + 1.5) / (n + 3) - adjusted * adjusted) / (n + 3)
    return middle + half * adjusted, half * half * variance


@dataclass(frozen=True, slots=True)
class Contrast:
    """One group minus another: the difference with interval, its test, and what both rest on.

    ``accounts`` are those in either group, ``n`` and ``n_other`` the answers of both; the base is the lesser.
    """

    value: float
    interval: Interval
    standard_error: float
    statistic: float
    p: float
    n: int
    n_other: int
    accounts: int
    method: Method
    base: Base


def compare(
    one: Totals,
    other: Totals,
    *,
    scale: Interval,
    confidence: float = 0.95,
    minimums: Minimums = SHIPPED.minimums,
    subject: str = "this comparison",
) -> Contrast | Unsaid:
    """Compare two groups, two waves or two weightings over the same account codes; accounts may be in both.

    It asks whether what makes such answers differs, so it knows no finite population. By adjusted Wald, the
    two count as different people; where few accounts carry the weight, the larger of both errors holds.
    """
    first, second = influence(one, subject=subject), influence(other, subject=subject)
    if isinstance(first, Unsaid):
        return first
    if isinstance(second, Unsaid):
        return second
    between = combination([(1.0, first), (-1.0, second)])
    width = scale.high - scale.low
    is_clustered = all(_is_clustered(part, minimums) for part in (first, second, between))
    if is_clustered and _is_even(first, minimums) and _is_even(second, minimums):
        method, centre, variance = Method.CLUSTERED, between.value, between.variance
    else:
        mean_one, variance_one = adjusted_mean(one, first, scale)
        mean_other, variance_other = adjusted_mean(other, second, scale)
        method, centre, variance = Method.ADJUSTED_WALD, mean_one - mean_other, variance_one + variance_other
        if is_clustered:
            variance = max(variance, between.variance)
    error = sqrt(variance)
    if is_clustered:
        p = two_sided_student_p(centre / error, between.accounts - 1)
        quantile = student_quantile(confidence, between.accounts - 1)
    else:
        p, quantile = two_sided_p(centre / error), normal_quantile(confidence)
    half = quantile * error
    around = Interval(centre - half, centre + half).clamped(-width, width).containing(between.value)
    least = base(min(first.n, second.n), minimums=minimums)
    accounts = between.accounts
    return Contrast(
        between.value, around, error, centre / error, p, first.n, second.n, accounts, method, least
    )
