"""Whether the items of an axis belong together, and whether two axes are two.

Cronbach's alpha, Psychometrika 1951. From 0.7 on an axis is shown, below 0.6 it comes with a warning; two
axes that correlate above 0.85 hardly say two things.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surveyd.scoring.arrays import Floats
from surveyd.scoring.unsaid import Reason, Unsaid

SHOWN_FROM = 0.7
WARN_BELOW = 0.6
DISTINCT_TO = 0.85
LEAST = 3
NOISE = 1e-12
"""A sum this small beside its terms is rounding: the items cancel out."""


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

    All items point the same way; Unsaid where they cancel out. Whoever left one out, or whose answer is no
    finite number, does not count.
    """
    known = answers[np.isfinite(answers).all(axis=1)]
    n, items = known.shape
    if items < 2:
        return Unsaid(Reason.TOO_FEW_GROUPS, "an agreement of items", items, 2)
    if n < LEAST:
        return Unsaid(Reason.TOO_FEW_ANSWERS, "an agreement of items", n, LEAST)
    if (known == known[0]).all(axis=0).any():
        return Unsaid(Reason.NO_VARIATION, "an item")
    scaled, exponents = _scaled(known)
    covariance = np.cov(scaled, rowvar=False)
    deviations = np.sqrt(np.diag(covariance))
    correlations = covariance / np.outer(deviations, deviations)
    # Items of very different sizes: those beside which the others are nothing decide alone.
    deviations = np.ldexp(deviations, exponents - exponents.max())
    products = correlations * np.outer(deviations, deviations)
    whole, alike = float(products.sum()), float(correlations.sum())
    if whole <= NOISE * float(np.abs(products).sum()) or alike <= NOISE * items * items:
        return Unsaid(Reason.NO_VARIATION, "the sum of the items")
    return Alpha(
        items / (items - 1) * (1 - float(np.square(deviations).sum()) / whole),
        items / (items - 1) * (1 - items / alike),
        n,
        items,
    )


def _scaled(columns: Floats) -> tuple[Floats, NDArray[np.intc]]:
    """Each column brought to at most 1, so that no square is lost or too large, and by which power of two."""
    _, exponents = np.frexp(np.abs(columns).max(axis=0))
    brought: Floats = np.ldexp(columns, -exponents)
    return brought, exponents


def correlation(one: Floats, other: Floats) -> float | Unsaid:
    """Return Pearson's correlation over the people who have both values; NaN and infinity are none."""
    both = np.isfinite(one) & np.isfinite(other)
    n = int(np.count_nonzero(both))
    if n < LEAST:
        return Unsaid(Reason.TOO_FEW_TOGETHER, "a correlation", n, LEAST)
    x, y = one[both], other[both]
    if (x == x[0]).all() or (y == y[0]).all():
        return Unsaid(Reason.NO_VARIATION, "a correlation")
    scaled, _ = _scaled(np.stack((x, y), axis=1))
    correlations: Floats = np.asarray(np.corrcoef(scaled, rowvar=False))
    return float(np.clip(correlations[0, 1], -1, 1))
