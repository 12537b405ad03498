"""What each account's answers in a slice add up to: all that figures are made of, one place an account.

Totals of waves add up, and those of some accounts are the same totals at fewer places, so that a breakdown by
what accounts differ in takes one pass over the answers, however many rows it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from surveyd.results.columns import SEGMENTS
from surveyd.results.masks import account_mask, asked_people_mask, of_people, people_mask
from surveyd.results.slices import Slice, is_of_answers
from surveyd.results.wave_arrays import STAGE
from surveyd.results.whole_shapes import Part, Whole
from surveyd.scoring.arrays import Codes, Floats, Mask
from surveyd.scoring.clustered import Totals
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Counts
from surveyd.scoring.nps_groups import tallies

KEPT = 6
"""So many sets of totals are kept: some 300 bytes an account each."""
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

    def __add__(self, other: "Sums") -> "Sums":
        """Both together."""
        return Sums(self.n + other.n, self.value + other.value, self.value_squared + other.value_squared)

    def only(self, kept: Mask) -> "Sums":
        """The sums with nothing at the places that are not kept."""
        value, squared = np.where(kept, self.value, 0.0), np.where(kept, self.value_squared, 0.0)
        return Sums(np.where(kept, self.n, 0), value, squared)

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

    def __add__(self, other: "AccountTotals") -> "AccountTotals":
        """Both together, over the same accounts."""
        both = None if self.invited is None or other.invited is None else self.invited + other.invited
        indexes = dict(self.indexes)
        for name, sums in other.indexes.items():
            indexes[name] = indexes[name] + sums if name in indexes else sums
        return AccountTotals(
            both,
            self.answered + other.answered,
            self.ratings + other.ratings,
            self.segments + other.segments,
            indexes,
        )

    def only(self, kept: Mask) -> "AccountTotals":
        """The totals with nothing at the places that are not kept."""
        invited = None if self.invited is None else np.where(kept, self.invited, 0)
        each = kept[:, None]
        return AccountTotals(
            invited,
            np.where(kept, self.answered, 0),
            np.where(each, self.ratings, 0),
            np.where(each, self.segments, 0),
            {name: sums.only(kept) for name, sums in self.indexes.items()},
        )

    def at(self, places: Codes) -> "AccountTotals":
        """The totals of some accounts."""
        invited = None if self.invited is None else self.invited[places]
        indexes = {name: sums.at(places) for name, sums in self.indexes.items()}
        return AccountTotals(
            invited, self.answered[places], self.ratings[places], self.segments[places], indexes
        )


def totals_of(whole: Whole, cut: Slice) -> AccountTotals:
    """The totals of a slice, with a place for every account there is; whoever is left out adds nothing."""
    kept = account_mask(whole, cut)
    totals = totals_of_people(whole, cut)
    return totals if kept is None else totals.only(kept)


def totals_at(whole: Whole, cut: Slice) -> AccountTotals:
    """The totals of a slice with a place for each of its accounts alone, in the order of `places_of`."""
    kept = account_mask(whole, cut)
    totals = totals_of_people(whole, cut)
    return totals if kept is None else totals.at(np.flatnonzero(kept))


def totals_of_people(whole: Whole, cut: Slice) -> AccountTotals:
    """The totals of every account there is, seen or not, as far as the slice narrows by people.

    They are kept, since they are the same for every reader: take from them only what is seen.
    """
    return _kept(whole, whole.parts, of_people(cut))


def places_of(whole: Whole, cut: Slice) -> Codes:
    """The codes of the accounts that are in the slice and seen."""
    kept = account_mask(whole, cut)
    return np.arange(whole.size) if kept is None else np.flatnonzero(kept)


def _kept(whole: Whole, parts: tuple[Part, ...], people: Slice) -> AccountTotals:
    def make() -> AccountTotals:
        return _summed(whole, parts, people)

    return whole.accounts.kept.same("totals", (parts, people.filters), make, most=KEPT)


def _summed(whole: Whole, parts: tuple[Part, ...], people: Slice) -> AccountTotals:
    # A last part that is the tail of a wave changes with each answer; what stands before it does not.
    *before, last = parts or (None,)
    if last is None:
        return _nothing(whole.size)
    if before and before[-1].columns.wave_id == last.columns.wave_id:
        return _kept(whole, tuple(before), people) + _of_part(last, people, whole.size)
    return reduce(add, [_of_part(part, people, whole.size) for part in parts])


def _of_part(part: Part, people: Slice, size: int) -> AccountTotals:
    answers = part.columns.answers
    where = people_mask(part, people)
    chosen: slice | Codes = slice(None) if where is None else np.flatnonzero(where)
    codes = part.account_codes[chosen].astype(np.intp)
    cells = np.bincount(codes * len(SEGMENTS) + answers["segment"][chosen], minlength=size * len(SEGMENTS))
    names = [*INDEXES, *(STAGE + name for name in part.columns.stages)]
    return AccountTotals(
        invited=None if is_of_answers(people) else _invited(part, people, size),
        answered=np.bincount(codes, minlength=size),
        ratings=tallies(answers["recommendation"][chosen], codes, size=size),
        segments=cells.reshape(size, len(SEGMENTS)),
        indexes={name: _sums(answers[name][chosen], codes, size) for name in names},
    )


def _invited(part: Part, people: Slice, size: int) -> Codes:
    where = asked_people_mask(part, people)
    codes = part.asked_account_codes if where is None else part.asked_account_codes[where]
    return np.bincount(codes, minlength=size)


def _sums(values: Floats, codes: Codes, size: int) -> Sums:
    known = ~np.isnan(values)
    if not known.all():
        places = np.flatnonzero(known)
        values, codes = values[places], codes[places]
    values = values.astype(np.float64, copy=False)
    value: Floats = np.bincount(codes, weights=values, minlength=size).astype(np.float64, copy=False)
    squared = np.bincount(codes, weights=values * values, minlength=size)
    return Sums(np.bincount(codes, minlength=size), value, squared.astype(np.float64, copy=False))


def _nothing(size: int) -> AccountTotals:
    none = np.zeros(size, dtype=np.intp)
    sums = {name: Sums(none, none.astype(np.float64), none.astype(np.float64)) for name in INDEXES}
    return AccountTotals(
        none, none, np.zeros((size, 3), np.intp), np.zeros((size, len(SEGMENTS)), np.intp), sums
    )
