"""Net Promoter Scores of groups out of arrays of ratings: any slice, any weights, differences, small cells.

A rating is a whole number from 0 to 10 and -1 for none, in integers of any width, one for each person; sums
are kept in 64 bits. Scores are shares between -1 and 1. Post-stratification: Holt and Smith, JRSS A 1979.
Smoothing: empirical Bayes, Efron and Morris, JASA 1975.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surveyd.scoring.arrays import Codes, Floats, Mask
from surveyd.scoring.clustered import Totals, totals
from surveyd.scoring.estimates import Contrast, Estimate, compare, estimate
from surveyd.scoring.intervals import Interval
from surveyd.scoring.nps import Counts, display
from surveyd.scoring.policy import SHIPPED, Minimums
from surveyd.scoring.pooling import random_effects
from surveyd.scoring.scale import OutOfScale
from surveyd.scoring.unsaid import Reason, Unsaid

MISSING = -1
RANGE = Interval(-1.0, 1.0)
# By class: none, detractor, passive, promoter.
SIGNS = np.array([np.nan, -1.0, 0.0, 1.0])


def classes(ratings: Codes) -> Codes:
    """Return 1 for a detractor, 2 for a passive, 3 for a promoter, 0 for no rating.

    Raises OutOfScale for what is neither a whole number from 0 to 10 nor -1.
    """
    if ratings.dtype.kind not in "iu":
        raise OutOfScale("recommendation", ratings.dtype, minimum=0, maximum=10)
    lowest, highest = int(ratings.min(initial=0)), int(ratings.max(initial=0))
    if lowest < MISSING or highest > 10:
        wrong = highest if highest > 10 else lowest
        raise OutOfScale("recommendation", wrong, minimum=0, maximum=10)
    # Three comparisons of bytes are five times as quick as looking each rating up.
    return (ratings > MISSING).astype(np.int8) + (ratings > 6) + (ratings > 8)


def tally(ratings: Codes, *, where: Mask | None = None) -> Counts:
    """Count the ratings of the people in ``where`` (or of all) by category. Raises OutOfScale."""
    found = classes(ratings if where is None else ratings[where])
    _, detractors, passives, promoters = map(int, np.bincount(found, minlength=4))
    return Counts(detractors, passives, promoters)


def tallies(ratings: Codes, groups: Codes, *, size: int, where: Mask | None = None) -> Codes:
    """Count by group code (0 to ``size`` - 1): shape (size, 3), detractors, passives, promoters.

    Raises OutOfScale.
    """
    return _cells(ratings, groups, size=size, where=where)[:, 1:]


def _cells(ratings: Codes, groups: Codes, *, size: int, where: Mask | None) -> Codes:
    found = classes(ratings)
    if where is not None:
        found, groups = found[where], groups[where]
    keys = groups.astype(np.int64)
    keys *= 4
    keys += found
    return np.bincount(keys, minlength=4 * size).reshape(size, 4)


def score_totals(
    ratings: Codes, accounts: Codes, *, size: int, weights: Floats | None = None, where: Mask | None = None
) -> Totals:
    """Add up the ratings as -1, 0 and +1 by account code (0 to ``size`` - 1), all that scores are made of.

    ``weights`` (one for each person) are finite and not negative. Raises OutOfScale and ValueError.
    """
    if weights is not None:
        return totals(SIGNS[classes(ratings)], accounts, size=size, weights=weights, where=where)
    _, detractors, passives, promoters = _cells(ratings, accounts, size=size, where=where).T
    n = detractors + passives + promoters
    equal = n.astype(np.float64)
    value, square = (promoters - detractors).astype(np.float64), (promoters + detractors).astype(np.float64)
    return Totals(int(n.sum()), n, equal, equal, value, square)


def score(
    of: Totals,
    *,
    population: int | None = None,
    confidence: float = 0.95,
    minimums: Minimums = SHIPPED.minimums,
    subject: str = "the recommendation",
) -> Estimate | Unsaid:
    """Return the score of ``score_totals``, weighted or not; ``population`` as in ``estimates.estimate``."""
    return estimate(
        of,
        scale=RANGE,
        population=population,
        confidence=confidence,
        minimums=minimums,
        subject=subject,
    )


def change(
    now: Totals,
    then: Totals,
    *,
    confidence: float = 0.95,
    minimums: Minimums = SHIPPED.minimums,
    subject: str = "the recommendation",
) -> Contrast | Unsaid:
    """Return one score minus another: two waves, two regions, two weightings, or all and a part of them."""
    return compare(now, then, scale=RANGE, confidence=confidence, minimums=minimums, subject=subject)


def shown(of: Estimate | Unsaid, counted: Counts, *, minimums: Minimums = SHIPPED.minimums) -> str:
    """Return what a page may show: a dash, counts up to the first minimum, a signed whole number after it."""
    if isinstance(of, Unsaid):
        return display(None)
    if of.n < minimums.shown:
        parts = (counted.promoters, counted.passives, counted.detractors)
        return "{} promoting, {} passive, {} detracting".format(*parts)
    return display(of.value)


@dataclass(frozen=True, slots=True)
class PostStratified:
    """The score as it would be if every stratum had answered in proportion to its people.

    ``unheard`` is the share (0 to 1) of the people in strata of which nobody answered: nothing stands for
    them.
    """

    estimate: Estimate
    unheard: float


def poststratified(
    ratings: Codes,
    accounts: Codes,
    *,
    size: int,
    strata: Codes,
    people: Codes,
    minimums: Minimums = SHIPPED.minimums,
) -> PostStratified | Unsaid:
    """Weigh each answer of stratum h by N_h / n_h; ``people`` has N_h, the people meant, by stratum code.

    ``strata`` has each person's stratum code. Raises ValueError where more answered than are meant.
    """
    rated = classes(ratings) > 0
    answered = np.bincount(strata[rated], minlength=len(people))
    if (answered > people).any():
        raise ValueError("more people answered than were invited; count both over the same people.")
    weights = (people / np.maximum(answered, 1))[strata]
    found = score(score_totals(ratings, accounts, size=size, weights=weights), minimums=minimums)
    if isinstance(found, Unsaid):
        return found
    return PostStratified(found, float(people[answered == 0].sum() / people.sum()))


@dataclass(frozen=True, slots=True)
class Smoothed:
    """A small cell drawn towards the mean of its like: ``pull`` is 0 for its own value, 1 for their mean."""

    value: float
    own: float
    mean: float
    pull: float


def smoothed(cells: Sequence[Estimate], *, least: int = 3) -> tuple[Smoothed, ...] | Unsaid:
    """Draw each cell towards the random-effects mean by B = SE^2 / (SE^2 + tau^2).

    Unsaid below ``least`` cells. No cell's interval may know a finite population: once all have answered its
    error is 0, and there is nothing to weigh it by. Raises ValueError.
    """
    if len(cells) < least:
        return Unsaid(Reason.TOO_FEW_GROUPS, "smoothing", len(cells), least)
    squares = [cell.standard_error**2 for cell in cells]
    pooled = random_effects([cell.value for cell in cells], squares)
    found = []
    for cell, square in zip(cells, squares, strict=True):
        pull = square / (square + pooled.between)
        value = pull * pooled.mean + (1 - pull) * cell.value
        found.append(Smoothed(value, cell.value, pooled.mean, pull))
    return tuple(found)
