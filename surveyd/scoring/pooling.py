"""Several results of the same thing, pooled: what they agree on, and how far they truly differ.

Random effects after DerSimonian and Laird, Controlled Clinical Trials 1986.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import fsum, sqrt

LEAST_VARIANCE = 1e-200
MOST = 1e100
"""Between these no square and no reciprocal is lost to rounding or grows beyond measure."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """The mean over ``n`` results, its standard error, and the variance ``between`` them beyond chance.

    ``fixed`` is the mean as it would be if they differed by chance only.
    """

    mean: float
    standard_error: float
    between: float
    fixed: float
    n: int


def random_effects(effects: Sequence[float], variances: Sequence[float]) -> Pooled:
    """Pool ``effects`` with their variances, which are above 0; raises ValueError, and without an effect.

    Effects lie within 1e100 of 0, variances between 1e-200 and 1e200.
    """
    if not effects or not all(LEAST_VARIANCE <= v <= MOST * MOST for v in variances):
        raise ValueError("pooling needs results, and each result's variance must be above 0.")
    if not all(-MOST <= y <= MOST for y in effects):
        raise ValueError("pooling needs results that are finite numbers.")
    # Weights are relative to the surest result, and so is the spread.
    least = min(variances)
    weights = [least / variance for variance in variances]
    fixed = _mean(effects, weights)
    spread = fsum(w * (y - fixed) ** 2 for w, y in zip(weights, effects, strict=True))
    excess, scale = spread - (len(effects) - 1) * least, _scale(weights)
    between = excess / scale if excess > 0 and scale > 0 else 0.0
    widened = [1 / (variance + between) for variance in variances]
    return Pooled(_mean(effects, widened), sqrt(1 / fsum(widened)), between, fixed, len(effects))


def _scale(weights: Sequence[float]) -> float:
    """Return W - sum w^2 / W as the sum of w w' over all pairs by W: beside a giant nothing cancels out."""
    ordered = sorted(weights)
    pairs = fsum(w * before for w, before in zip(ordered[1:], accumulate(ordered), strict=False))
    return 2 * pairs / fsum(ordered)


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return fsum(w * y for w, y in zip(weights, values, strict=True)) / fsum(weights)
