"""Waves with their people, as arrays: what slices are cut from."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

import numpy as np

from surveyd.distribution.models import WaveState
from surveyd.results.columns import Columns
from surveyd.results.kept import Kept
from surveyd.results.people_shapes import AccountColumns, Codes, ContactColumns, Dimension
from surveyd.results.wave_columns import WaveColumns, put_together
from surveyd.scoring.arrays import Mask

KEPT_PARTS = 64
"""So many parts are kept, all with the present accounts and the present contacts."""


@dataclass(frozen=True, slots=True)
class WaveName:
    """A wave as pages name it."""

    id: int
    slug: str
    program_id: int
    state: WaveState
    day_zero: datetime | None


@dataclass(frozen=True, eq=False)
class Part:
    """One part of the columns with its people: codes are places in `accounts` and `contacts`."""

    columns: WaveColumns
    accounts: AccountColumns
    contacts: ContactColumns

    @cached_property
    def account_codes(self) -> Codes:
        """The account of each response."""
        return self.accounts.places(self.columns.answers["account_id"])

    @cached_property
    def asked_account_codes(self) -> Codes:
        """The account of each invitation."""
        return self.accounts.places(self.columns.invitations["account_id"])

    @cached_property
    def contact_codes(self) -> Codes:
        """The contact of each response."""
        return self.contacts.places(self.columns.answers["contact_id"])

    @cached_property
    def asked_contact_codes(self) -> Codes:
        """The contact of each invitation."""
        return self.contacts.places(self.columns.invitations["contact_id"])


@dataclass(frozen=True, eq=False)
class Whole:
    """Some waves, all accounts and all contacts; `seen` has the accounts of the scope, None for all.

    Whatever takes a whole leaves out what is not seen. Every account has a code, its place in `accounts`.
    """

    waves: tuple[WaveName, ...]
    columns: Columns
    accounts: AccountColumns
    contacts: ContactColumns
    seen: Mask | None

    @property
    def size(self) -> int:
        """How many accounts there are: one above the highest code."""
        return len(self.accounts)

    @cached_property
    def account_codes(self) -> Codes:
        """The account of each response."""
        return put_together([part.account_codes for part in self.parts], np.int32)

    @cached_property
    def asked_account_codes(self) -> Codes:
        """The account of each invitation."""
        return put_together([part.asked_account_codes for part in self.parts], np.int32)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The columns in parts, each with its people."""
        return tuple(self._part(part) for wave in self.columns.waves for part in wave.parts)

    def _part(self, of: WaveColumns) -> Part:
        made = partial(Part, of, self.accounts, self.contacts)
        # With other contacts all parts that have the former ones go: they are some megabytes each.
        kept = self.accounts.kept.same("parts", self.contacts, Kept, most=1)
        return kept.same("part", of, made, most=KEPT_PARTS)

    def dimension(self, name: str) -> Dimension | None:
        """A dimension of accounts or contacts; None for one that there is none of."""
        return self.accounts.dimensions.get(name) or self.contacts.dimensions.get(name)
