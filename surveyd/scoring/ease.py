"""Ease of doing business: one person's index, and a group's mean and share of favourable answers.

Favourable is an index of at least 62.5: on one item, the top two of five points or the top three of seven
("made it easy", 5 and above of 7, is the customer effort score). What a 1 means stands with the item: an item
of effort, where low is good, is reversed, and answers on different scales are never put together.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from surveyd.scoring.arrays import Codes, Floats, Mask
from surveyd.scoring.clustered import Totals, totals
from surveyd.scoring.estimates import Contrast, Estimate, compare, estimate, share
from surveyd.scoring.intervals import Interval, wilson
from surveyd.scoring.policy import SHIPPED, Minimums
from surveyd.scoring.scale import Index, Item, OutOfScale
from surveyd.scoring.unsaid import Unsaid

FAVOURABLE = 6_250
MISSING = -1
RANGE = Interval(0.0, 100.0)
# An index of 62.5 may arrive as a rounded double.
NOISE = 1e-9
SUBJECT = "ease of doing business"


@dataclass(frozen=True, slots=True)
class EaseSummary:
    """A group's mean index (0 to 100), favourable share (0 to 1) and its interval; None without answers."""

    n: int
    mean: float | None
    favourable: float | None
    interval: Interval | None


def summary(indices: Iterable[Index | None], *, confidence: float = 0.95) -> EaseSummary:
    """Summarise the indices of single people; None is no answer."""
    known = [index for index in indices if index is not None]
    if not known:
        return EaseSummary(0, None, None, None)
    n = len(known)
    favourable = sum(index.reaches(FAVOURABLE) for index in known)
    mean = sum(index.value for index in known) / n
    return EaseSummary(n, mean, favourable / n, wilson(favourable, n, confidence=confidence))


class MixedScales(ValueError):
    """Answers on different scales, or in different directions, that were to be compared."""


@dataclass(frozen=True, slots=True)
class EaseScale:
    """From where to where an item goes, and whether its low end is the good one."""

    minimum: int
    maximum: int
    is_reversed: bool


INDEX_SCALE = EaseScale(0, 100, is_reversed=False)
"""The scale of an index that was made of answers already."""


@dataclass(frozen=True, slots=True, eq=False)
class EaseTotals:
    """What each account's people said, as indexes and as favourable or not, and on which scale."""

    scale: EaseScale
    index: Totals
    favourable: Totals


def answer_totals(
    answers: Codes,
    accounts: Codes,
    *,
    size: int,
    item: Item,
    weights: Floats | None = None,
    where: Mask | None = None,
) -> EaseTotals:
    """Add up the answers to one item (one for each person, -1 for none) by account code, 0 to ``size`` - 1.

    Raises OutOfScale for an answer outside of the item's scale, ValueError for impossible weights.
    """
    given = np.asarray(answers if where is None else np.where(where, answers, MISSING), dtype=np.int64)
    is_given = given != MISSING
    wrong = is_given & ((given < item.minimum) | (given > item.maximum))
    if wrong.any():
        raise OutOfScale(item.id, int(given[wrong][0]), minimum=item.minimum, maximum=item.maximum)
    steps = item.maximum - given if item.reversed else given - item.minimum
    indices = np.where(is_given, 100 * steps / item.span, np.nan)
    scale = EaseScale(item.minimum, item.maximum, item.reversed)
    return _totals(indices, accounts, size=size, scale=scale, weights=weights)


def index_totals(
    indices: Floats, accounts: Codes, *, size: int, weights: Floats | None = None, where: Mask | None = None
) -> EaseTotals:
    """Add up indexes of 0 to 100 (one for each person, NaN for none) by account code, 0 to ``size`` - 1.

    Raises OutOfScale for an index outside of 0 to 100, ValueError for impossible weights.
    """
    asked = indices if where is None else np.where(where, indices, np.nan)
    wrong = (asked < RANGE.low) | (asked > RANGE.high)
    if wrong.any():
        raise OutOfScale("ease", float(asked[wrong][0]), minimum=0, maximum=100)
    return _totals(asked, accounts, size=size, scale=INDEX_SCALE, weights=weights)


def _totals(
    indices: Floats, accounts: Codes, *, size: int, scale: EaseScale, weights: Floats | None
) -> EaseTotals:
    good = np.where(np.isnan(indices), np.nan, 100 * indices >= FAVOURABLE - NOISE)
    return EaseTotals(
        scale,
        totals(indices, accounts, size=size, weights=weights),
        totals(good, accounts, size=size, weights=weights),
    )


@dataclass(frozen=True, slots=True)
class EaseGroup:
    """A group's mean index, 0 to 100, its favourable share, 0 to 1, and the mean on the item's own scale."""

    scale: EaseScale
    index: Estimate
    favourable: Estimate

    @property
    def mean(self) -> float:
        """The mean answer as people gave it: on a reversed item low is good."""
        steps = self.index.value / 100 * (self.scale.maximum - self.scale.minimum)
        return self.scale.maximum - steps if self.scale.is_reversed else self.scale.minimum + steps


def group(
    of: EaseTotals,
    *,
    population: int | None = None,
    confidence: float = 0.95,
    minimums: Minimums = SHIPPED.minimums,
) -> EaseGroup | Unsaid:
    """Return mean with Student's t clustered by account, and favourable share with Wilson's interval.

    See ``estimates.estimate`` for ``population``; raises ValueError when fewer were meant than answered.
    """
    index = estimate(
        of.index,
        scale=RANGE,
        population=population,
        confidence=confidence,
        minimums=minimums,
        subject=SUBJECT,
    )
    favourable = share(
        of.favourable, population=population, confidence=confidence, minimums=minimums, subject=SUBJECT
    )
    if isinstance(index, Unsaid):
        return index
    return favourable if isinstance(favourable, Unsaid) else EaseGroup(of.scale, index, favourable)


def change(
    now: EaseTotals,
    then: EaseTotals,
    *,
    confidence: float = 0.95,
    minimums: Minimums = SHIPPED.minimums,
) -> Contrast | Unsaid:
    """Return one mean index minus another, in points; raises MixedScales unless the scales agree."""
    if now.scale != then.scale:
        raise MixedScales("answers on different scales cannot be compared.")
    return compare(
        now.index, then.index, scale=RANGE, confidence=confidence, minimums=minimums, subject=SUBJECT
    )
