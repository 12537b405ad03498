"""Whether the items of an axis belong together, and whether two axes are two.

Cronbach's alpha, Psychometrika 1951. From 0.7 on an axis is shown, below 0.6 it comes with a warning; two
axes that correlate above 0.85 hardly say two things.
"""

from dataclasses import dataclass

import numpy as np

from surveyd.scoring.arrays import Floats
from surveyd.scoring.unsaid import Reason, Unsaid

SHOWN_FROM = 0.7
WARN_BELOW = 0.6
DISTINCT_TO = 0.85
LEAST = 3


@dataclass(frozen=True, slots=True)
class Alpha:
    """How far items agree, over ``n`` people who answered all; ``standardised`` weighs the items alike."""

    value: float
    standardised: float
    n: int
    items: int

    @property
    def is_doubtful(self) -> bool:
        """Whether the items hang together so little that their mean comes with a warning."""
        return self.value < WARN_BELOW


def alpha(answers: Floats) -> Alpha | Unsaid:
    """Return Cronbach's alpha of ``answers``: a row for each person, a column for each item, NaN for none.

    All items point the same way. Whoever left one out does not count.
    """
    known = answers[~np.isnan(answers).any(axis=1)]
    n, items = known.shape
    if items < 2:
        return Unsaid(Reason.TOO_FEW_GROUPS, "an agreement of items", items, 2)
    if n < LEAST:
        return Unsaid(Reason.TOO_FEW_ANSWERS, "an agreement of items", n, LEAST)
    covariance = np.cov(known, rowvar=False)
    variances = np.diag(covariance)
    if (known == known[0]).all(axis=0).any() or covariance.sum() <= 0:
        return Unsaid(Reason.NO_VARIATION, "an item")
    deviations = np.sqrt(variances)
    correlations = covariance / np.outer(deviations, deviations)
    return Alpha(
        float(items / (items - 1) * (1 - variances.sum() / covariance.sum())),
        float(items / (items - 1) * (1 - items / correlations.sum())),
        n,
        items,
    )


def correlation(one: Floats, other: Floats) -> float | Unsaid:
    """Return Pearson's correlation over the people who have both values; NaN is none."""
    both = ~(np.isnan(one) | np.isnan(other))
    n = int(np.count_nonzero(both))
    if n < LEAST:
        return Unsaid(Reason.TOO_FEW_TOGETHER, "a correlation", n, LEAST)
    x, y = one[both], other[both]
    if (x == x[0]).all() or (y == y[0]).all():
        return Unsaid(Reason.NO_VARIATION, "a correlation")
    return float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1))
