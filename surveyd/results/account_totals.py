"""What each account's answers in a slice add up to: all that figures are made of, one place an account.

Totals of waves add up, and those of some accounts are the same totals at fewer places, so that a breakdown by
what accounts differ in takes one pass over the answers, however many rows it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from surveyd.results.columns import SEGMENTS
from surveyd.results.slices import Slice, is_of_answers
from surveyd.results.wave_arrays import STAGE
from surveyd.results.wholes import Whole, account_mask, asked_mask, mask
from surveyd.scoring.arrays import Codes, Floats, Mask
from surveyd.scoring.clustered import Totals
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Counts
from surveyd.scoring.nps_groups import tallies

INDEXES = ("attitude", "intent", "growth", "ease")


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Of one measure, by account: how many answers, their sum, the sum of their squares."""

    n: Codes
    value: Floats
    value_squared: Floats

    @property
    def totals(self) -> Totals:
        """The same as scoring takes it, each answer of equal weight."""
        equal = self.n.astype(np.float64)
        return Totals(int(self.n.sum()), self.n, equal, equal, self.value, self.value_squared)

    def at(self, places: Codes) -> "Sums":
        """The sums of some accounts."""
        return Sums(self.n[places], self.value[places], self.value_squared[places])


@dataclass(frozen=True, slots=True, eq=False)
class AccountTotals:
    """A slice, added up by account. `invited` is None where nobody can say how many were.

    `ratings` has detractors, passives and promoters (accounts, 3), `segments` the people in each of SEGMENTS
    (accounts, 5); `indexes` are by name: INDEXES, and `stage:` with the stage's name.
    """

    invited: Codes | None
    answered: Codes
    ratings: Codes
    segments: Codes
    indexes: Mapping[str, Sums]

    @property
    def counts(self) -> Counts:
        """How many people are in each category."""
        return Counts(*(int(number) for number in self.ratings.sum(axis=0)))

    @property
    def recommendation(self) -> Totals:
        """The ratings as -1, 0 and 1."""
        detractors, passives, promoters = self.ratings.T
        value, square = (
            (promoters - detractors).astype(np.float64),
            (promoters + detractors).astype(np.float64),
        )
        return Sums(detractors + passives + promoters, value, square).totals

    def of_segment(self, segment: Segment) -> Totals:
        """Whether those who have a place in the matrix are in this segment, as 1 and 0."""
        placed = self.answered - self.segments[:, SEGMENTS.index(Segment.UNCLASSIFIED)]
        here = self.segments[:, SEGMENTS.index(segment)].astype(np.float64)
        return Sums(placed, here, here).totals

    def at(self, places: Codes) -> "AccountTotals":
        """The totals of some accounts."""
        invited = None if self.invited is None else self.invited[places]
        indexes = {name: sums.at(places) for name, sums in self.indexes.items()}
        return AccountTotals(
            invited, self.answered[places], self.ratings[places], self.segments[places], indexes
        )


def totals_of(whole: Whole, cut: Slice) -> AccountTotals:
    """The totals of a slice, with a place for every account there is; whoever is left out adds nothing."""
    answered, size = whole.columns.answered, whole.size
    where = mask(whole, cut)
    codes, segments = whole.account_codes[where], answered.segment[where]
    cells = np.bincount(codes * len(SEGMENTS) + segments, minlength=size * len(SEGMENTS))
    indexes = {name: getattr(answered, name) for name in INDEXES}
    indexes |= {STAGE + name: answered.stages[name] for name in answered.stages}
    return AccountTotals(
        invited=None if is_of_answers(cut) else _invited(whole, cut),
        answered=np.bincount(codes, minlength=size),
        ratings=tallies(answered.recommendation[where], codes, size=size),
        segments=cells.reshape(size, len(SEGMENTS)),
        indexes={name: _sums(values[where], codes, size) for name, values in indexes.items()},
    )


def places_of(whole: Whole, cut: Slice) -> Codes:
    """The codes of the accounts that are in the slice and seen."""
    kept = account_mask(whole, cut)
    return np.arange(whole.size) if kept is None else np.flatnonzero(kept)


def _invited(whole: Whole, cut: Slice) -> Codes:
    where: Mask = asked_mask(whole, cut)
    return np.bincount(whole.asked_account_codes[where], minlength=whole.size)


def _sums(values: Floats, codes: Codes, size: int) -> Sums:
    known = ~np.isnan(values)
    if not known.all():
        values, codes = values[known], codes[known]
    values = values.astype(np.float64, copy=False)
    value: Floats = np.bincount(codes, weights=values, minlength=size)
    squared: Floats = np.bincount(codes, weights=values * values, minlength=size)
    return Sums(np.bincount(codes, minlength=size), value, squared)
