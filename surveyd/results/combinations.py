"""Which values of one or two dimensions people in a slice have together, and how many people have them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from surveyd.results.account_totals import places_of, totals_of_people
from surveyd.results.masks import (
    COLUMNS_OF_ANSWERS,
    VALUES_OF_ANSWERS,
    account_mask,
    asked_people_mask,
    is_of_accounts,
    people_mask,
    taken,
)
from surveyd.results.people_shapes import UNKNOWN
from surveyd.results.slices import OF_ANSWERS, OF_CONTACTS, Slice, is_of_answers
from surveyd.results.wave_arrays import Ids
from surveyd.results.whole_shapes import Part, Whole
from surveyd.scoring.arrays import Codes, Floats


@dataclass(frozen=True, slots=True)
class Combination:
    """Values that somebody has together, and how many people: invited, or answered where nobody can say."""

    values: tuple[str, ...]
    people: int


def combinations(whole: Whole, cut: Slice, by: tuple[str, ...]) -> list[Combination]:
    """The combinations that there are in the slice, in the order of their values."""
    known = [_values(whole, name) for name in by]
    if not all(known):
        return []
    sizes = tuple(map(len, known))
    found, people = _counted(whole, cut, by, sizes)
    codes = np.unravel_index(found, sizes)
    each = zip(*(of.tolist() for of in codes), people.tolist(), strict=True)
    return [
        Combination(tuple(values[code] for values, code in zip(known, at, strict=True)), count)
        for *at, count in each
    ]


def largest(found: list[Combination], most: int) -> list[Combination]:
    """Those with most people, still in the order of their values; of equals the first."""
    places = sorted(range(len(found)), key=lambda place: -found[place].people)[:most]
    return [found[place] for place in sorted(places)]


def _values(whole: Whole, name: str) -> tuple[str, ...]:
    if name in OF_ANSWERS:
        return VALUES_OF_ANSWERS[name]
    known = whole.contacts.dimensions if name in OF_CONTACTS else whole.accounts.dimensions
    return known[name].values if name in known else ()


def _counted(whole: Whole, cut: Slice, by: tuple[str, ...], sizes: tuple[int, ...]) -> tuple[Ids, Ids]:
    """The combined codes that somebody has, ascending, and their people."""
    if all(is_of_accounts(name) for name in by):
        totals = totals_of_people(whole, cut)
        here = places_of(whole, cut)
        asked = (totals.answered if totals.invited is None else totals.invited)[here]
        here, asked = here[asked > 0], asked[asked > 0]
        combined = _combined([whole.accounts.dimensions[name].codes[here] for name in by], sizes)
        return _summed(combined, asked.astype(np.float64), sizes)
    parts = list(_of_people(whole, cut, by, sizes))
    combined = np.concatenate(parts) if parts else np.empty(0, np.int64)
    return _summed(combined, None, sizes)


def _summed(combined: Ids, people: Floats | None, sizes: tuple[int, ...]) -> tuple[Ids, Ids]:
    """One count over the combined codes; where far more could exist than do, over those alone."""
    if np.prod(sizes, dtype=np.float64) <= 4 * len(combined) + 1024:
        counts = np.bincount(combined, weights=people)
        found = np.flatnonzero(counts)
        return found, counts[found].astype(np.int64)
    found, places = np.unique(combined, return_inverse=True)
    return found, np.bincount(places, weights=people).astype(np.int64)


def _of_people(whole: Whole, cut: Slice, by: tuple[str, ...], sizes: tuple[int, ...]) -> Iterator[Ids]:
    """The combined code of each person of the slice, part by part."""
    of_answers = is_of_answers(cut) or any(name in OF_ANSWERS for name in by)
    kept = account_mask(whole, cut)
    for part in whole.parts:
        accounts = part.account_codes if of_answers else part.asked_account_codes
        contacts = part.contact_codes if of_answers else part.asked_contact_codes
        where = (accounts != UNKNOWN) & (contacts != UNKNOWN)
        people = people_mask(part, cut) if of_answers else asked_people_mask(part, cut)
        where &= True if people is None else people
        where &= True if kept is None else taken(kept, accounts)
        here = np.flatnonzero(where)
        yield _combined([_codes(part, name, accounts, contacts)[here] for name in by], sizes)


def _codes(part: Part, name: str, accounts: Codes, contacts: Codes) -> Codes:
    """The code of each person in one dimension."""
    if name in OF_ANSWERS:
        return part.columns.answers[COLUMNS_OF_ANSWERS[name]]
    if name in OF_CONTACTS:
        return part.contacts.dimensions[name].codes[contacts]
    return part.accounts.dimensions[name].codes[accounts]


def _combined(codes: list[Codes], sizes: tuple[int, ...]) -> Ids:
    return np.ravel_multi_index(tuple(of.astype(np.int64) for of in codes), sizes)
