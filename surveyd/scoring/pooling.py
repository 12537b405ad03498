"""Several results of the same thing, pooled: what they agree on, and how far they truly differ.

Random effects after DerSimonian and Laird, Controlled Clinical Trials 1986.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, isfinite, sqrt


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
    """Pool ``effects`` with their variances, which are above 0; raises ValueError, and without an effect."""
    if not effects or not all(isfinite(v) and v > 0 for v in variances):
        raise ValueError("pooling needs results, and each result's variance must be above 0.")
    weights = [1 / variance for variance in variances]
    fixed = _mean(effects, weights)
    spread = fsum(w * (y - fixed) ** 2 for w, y in zip(weights, effects, strict=True))
    total = fsum(weights)
    scale = total - fsum(w * w for w in weights) / total
    excess = spread - (len(effects) - 1)
    between = excess / scale if excess > 0 and scale > 0 else 0.0
    widened = [1 / (variance + between) for variance in variances]
    return Pooled(_mean(effects, widened), sqrt(1 / fsum(widened)), between, fixed, len(effects))


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return fsum(w * y for w, y in zip(weights, values, strict=True)) / fsum(weights)
