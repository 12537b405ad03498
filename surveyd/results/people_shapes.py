"""What accounts and contacts look like as arrays: by id, each dimension as codes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from surveyd.results.kept import Kept
from surveyd.results.wave_arrays import Ids
from surveyd.scoring.arrays import Mask

Codes = NDArray[np.int32]
UNKNOWN = -1
SPARSE = 16
"""A table by id has at most so many places for each row that there is; else places are looked for."""
CUSTOM = "dimension:"
"""What the name of a dimension begins with that the company has added itself."""


@dataclass(frozen=True, eq=False)
class Dimension:
    """One thing that accounts or contacts differ in: a code for each of them, its place in `values`.

    The first value is empty and means unknown; the others stand in the order of their labels, which are what
    a page calls them.
    """

    name: str
    codes: Codes
    values: tuple[str, ...]
    labels: tuple[str, ...]

    def has(self, wanted: Collection[str]) -> Mask:
        """Which of them have one of these values; a value that nobody has is passed over."""
        kept = np.zeros(len(self.values), dtype=np.bool_)
        kept[self.codes_of(wanted)] = True
        return kept[self.codes]

    def codes_of(self, wanted: Collection[str]) -> list[int]:
        """The codes of these values, ascending; a value that nobody has is passed over."""
        return sorted({self._places[value] for value in wanted if value in self._places})

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {value: code for code, value in enumerate(self.values)}


@dataclass(frozen=True, eq=False)
class Ranks:
    """Where the row of an id stands: by a table of all ids, or looked for where ids lie far apart."""

    ids: Ids
    table: Codes | None

    def of(self, ids: Ids) -> Codes:
        """The place of each id, UNKNOWN (-1) for one that is not there."""
        if not len(self.ids):
            return np.full(len(ids), UNKNOWN, dtype=np.int32)
        if self.table is not None:
            # The last place is that of all ids beyond, and nobody's.
            return self.table[np.minimum(ids, len(self.table) - 1)]
        found = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[found] == ids, found, UNKNOWN).astype(np.int32)


@dataclass(frozen=True, eq=False)
class AccountColumns:
    """All accounts, by id. `revenue_cents` is UNKNOWN where it is not known, `parent_id` where there is none.

    `dimensions` has country, region, business_unit, branch, channel, product_line, tier, status, manager (by
    user id), currency, and each of the company's own as `dimension:NAME`.
    """

    ids: Ids
    revenue_cents: Ids
    parent_id: Ids
    dimensions: Mapping[str, Dimension]
    ranks: Ranks
    kept: Kept = field(default_factory=Kept)
    """What was worked out over exactly these accounts: it goes with them."""

    def __len__(self) -> int:
        return len(self.ids)

    def places(self, account_ids: Ids) -> Codes:
        """Where these accounts stand in all arrays here, UNKNOWN for one that is gone."""
        return self.ranks.of(account_ids)


@dataclass(frozen=True, eq=False)
class ContactColumns:
    """All contacts, by id, with their dimensions: role and language."""

    ids: Ids
    dimensions: Mapping[str, Dimension]
    ranks: Ranks

    def places(self, contact_ids: Ids) -> Codes:
        """Where these contacts stand in all arrays here, UNKNOWN for one that is gone."""
        return self.ranks.of(contact_ids)


def ranks(ids: Ids) -> Ranks:
    """What finds the places of these ids, which are sorted."""
    size = int(ids[-1]) + 2 if len(ids) else 0
    if size > SPARSE * len(ids) + SPARSE:
        return Ranks(ids, None)
    table = np.full(size, UNKNOWN, dtype=np.int32)
    table[ids] = np.arange(len(ids), dtype=np.int32)
    return Ranks(ids, table)
