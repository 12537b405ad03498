"""Three ways to weigh the same answers: each person alike, each account alike, each account by its revenue.

Weights by revenue are capped, so that one giant does not speak for the company.
"""

from enum import StrEnum

import numpy as np

from surveyd.scoring.arrays import Floats
from surveyd.scoring.clustered import Totals

HIGHEST_PERCENTILE = 99
HIGHEST_SHARE = 0.10


class Weighting(StrEnum):
    """Whose voice counts how much."""

    CONTACT = "contact"
    ACCOUNT = "account"
    REVENUE = "revenue"


class Cap(StrEnum):
    """What holds back the largest accounts: the 99th percentile of revenue, a tenth of it, or nothing."""

    PERCENTILE = "percentile"
    SHARE = "share"
    NONE = "none"


def weighted(
    of: Totals, by: Weighting, *, revenue: Floats | None = None, cap: Cap = Cap.PERCENTILE
) -> Totals:
    """Return the totals of equally weighted answers, weighted ``by`` person, account or revenue.

    ``revenue`` has one place for each account code, in one currency; NaN is unknown, and such an account then
    weighs nothing: ``unknown`` counts them. A negative revenue counts as none. Raises ValueError without
    revenue where it is asked for.
    """
    if by is Weighting.CONTACT:
        return of
    voices = np.maximum(of.n, 1)
    if by is Weighting.ACCOUNT:
        return of.weighted(np.where(of.n > 0, 1.0, 0.0) / voices)
    if revenue is None:
        raise ValueError("weights by revenue need the accounts' revenue.")
    known = np.where((of.n > 0) & ~np.isnan(revenue), np.maximum(revenue, 0), 0)
    return of.weighted(capped(known, cap) / voices)


def unknown(of: Totals, revenue: Floats) -> int:
    """Return how many accounts answered whose revenue is unknown (NaN)."""
    return int(np.count_nonzero((of.n > 0) & np.isnan(revenue)))


def capped(revenue: Floats, cap: Cap) -> Floats:
    """Return the revenues (0 or more), none above the cap.

    The percentile is that of the revenues above 0. No account keeps more than a tenth of what is left after
    capping; with ten or fewer accounts that makes them alike.
    """
    paying = revenue[revenue > 0]
    if cap is Cap.NONE or not len(paying):
        return revenue
    if cap is Cap.PERCENTILE:
        return np.minimum(revenue, np.percentile(paying, HIGHEST_PERCENTILE))
    return np.minimum(revenue, _tenth(np.sort(paying)[::-1]))


def _tenth(descending: Floats) -> float:
    """Return the revenue that is a tenth of the total once all above it are cut to it.

    With the k largest cut to c, c = s (k c + rest), so c = s rest / (1 - k s) for a share s; the first k
    whose c is not below the next one settles it.
    """
    # Added up from the smallest, so that a giant's rounding does not swallow the others.
    rests = np.cumsum(descending[::-1])[::-1]
    for k, largest in enumerate(descending[: round(1 / HIGHEST_SHARE)]):
        ceiling = HIGHEST_SHARE * float(rests[k]) / (1 - k * HIGHEST_SHARE)
        if largest <= ceiling:
            return ceiling
    return float(descending.min())
