"""Accounts and contacts out of the database, as codes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from surveyd.base.plain_rows import plain_rows
from surveyd.people.models import Account, Contact, User
from surveyd.results.people_shapes import (
    CUSTOM,
    UNKNOWN,
    AccountColumns,
    ContactColumns,
    Dimension,
    ranks,
)
from surveyd.results.wave_reading import parsed

CHUNK = 20_000
PLAIN = (
    "country",
    "region",
    "business_unit",
    "branch",
    "channel",
    "product_line",
    "tier",
    "currency",
)
STATUS, MANAGER = "status", "manager"
OF_CONTACTS = ("role", "language")


class Coder:
    """Gives each value of a dimension a code as it comes; the first, 0, is the empty one: unknown."""

    def __init__(self) -> None:
        self.known = {"": 0}
        self.chunks: list[NDArray[np.int32]] = []

    def add(self, values: Sequence[str]) -> None:
        """Take the values of the next rows."""
        known = self.known
        codes = [known.setdefault(value, len(known)) for value in values]
        self.chunks.append(np.array(codes, dtype=np.int32))

    def coded(self, name: str, labels: Mapping[str, str]) -> Dimension:
        """All rows, with the values in the order of their labels; one without a label is its own."""
        named = {value: labels.get(value, value) for value in self.known}
        order = sorted(named, key=lambda value: (value != "", named[value].casefold(), value))
        rank = np.empty(len(order), dtype=np.int32)
        rank[[self.known[value] for value in order]] = np.arange(len(order), dtype=np.int32)
        codes = rank[np.concatenate([np.empty(0, np.int32), *self.chunks])]
        return Dimension(name, codes, tuple(order), tuple(named[value] for value in order))


def read_accounts(session: Session) -> AccountColumns:
    """All accounts, some thousand at a time."""
    chosen = select(
        Account.id,
        func.coalesce(Account.revenue_cents, UNKNOWN),
        func.coalesce(Account.parent_id, UNKNOWN),
        Account.manager_id,
        cast(Account.dimensions, Text),
        cast(Account.status, Text),
        *(getattr(Account, name) for name in PLAIN),
    ).order_by(Account.id)
    coders = {name: Coder() for name in (*PLAIN, STATUS, MANAGER)}
    custom = _Custom()
    numbers: list[NDArray[np.int64]] = [np.empty((3, 0), np.int64)]
    for rows in _chunks(session, chosen, Account.id):
        ids, revenue, parents, managers, own, states, *plain = zip(*rows, strict=True)
        numbers.append(np.array([ids, revenue, parents], dtype=np.int64))
        coders[MANAGER].add(["" if one is None else str(one) for one in managers])
        for name, values in zip((STATUS, *PLAIN), (states, *plain), strict=True):
            coders[name].add(values)
        custom.add(own)
    found = np.concatenate(numbers, axis=1)
    names = {str(user_id): name or email for user_id, name, email in _users(session)}
    dimensions = {name: coder.coded(name, names if name == MANAGER else {}) for name, coder in coders.items()}
    own_ids, cents, parent_ids = (row.copy() for row in found)
    return AccountColumns(own_ids, cents, parent_ids, dimensions | custom.coded(), ranks(own_ids))


def read_contacts(session: Session) -> ContactColumns:
    """All contacts, some thousand at a time."""
    chosen = select(Contact.id, cast(Contact.role, Text), Contact.language).order_by(Contact.id)
    coders = {name: Coder() for name in OF_CONTACTS}
    ids: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    for rows in _chunks(session, chosen, Contact.id):
        numbers, *values = zip(*rows, strict=True)
        ids.append(np.array(numbers, dtype=np.int64))
        for name, column in zip(OF_CONTACTS, values, strict=True):
            coders[name].add(column)
    found = np.concatenate(ids)
    return ContactColumns(
        found, {name: coder.coded(name, {}) for name, coder in coders.items()}, ranks(found)
    )


class _Custom:
    """The company's own dimensions: a name may come up at any row, and those before have none."""

    def __init__(self) -> None:
        self.size = 0
        self.coders: dict[str, Coder] = {}

    def add(self, texts: Sequence[str | None]) -> None:
        found = parsed([text or "{}" for text in texts])
        for name in dict.fromkeys(name for one in found for name in one):
            if name not in self.coders:
                self.coders[name] = Coder()
                self.coders[name].add([""] * self.size)
        for name, coder in self.coders.items():
            coder.add([str(one.get(name) or "") for one in found])
        self.size += len(texts)

    def coded(self) -> dict[str, Dimension]:
        names = sorted(self.coders, key=str.casefold)
        return {CUSTOM + name: self.coders[name].coded(CUSTOM + name, {}) for name in names}


def _chunks(session: Session, chosen: Any, key: Any) -> Iterator[Sequence[Any]]:
    after = 0
    while True:
        rows = plain_rows(session, chosen.where(key > after).limit(CHUNK))
        if rows:
            yield rows
        if len(rows) < CHUNK:
            return
        after = rows[-1][0]


def _users(session: Session) -> Iterator[Any]:
    yield from session.execute(select(User.id, User.name, User.email))
