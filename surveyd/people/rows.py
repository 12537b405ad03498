"""Rows looked up and written in bulk: never a query a row."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from surveyd.base.prepared import Prepared
from surveyd.base.statements import table_of
from surveyd.people.drafts import Draft, Value
from surveyd.people.models import Account, Contact

AnyRow = tuple[Any, ...]
CHUNK = 2000
FIRST: dict[type[Account | Contact], dict[str, Value]] = {Account: {"dimensions": {}}}


@dataclass(frozen=True, slots=True)
class Change:
    """A draft for a row that exists: its key, and what the fields to be changed hold now."""

    id: int
    draft: Draft
    before: Mapping[str, Value]


def rows_with(
    session: Session, query: Select[*AnyRow], key: InstrumentedAttribute[str], keys: Iterable[str]
) -> Iterator[Row[*AnyRow]]:
    """The rows of `query` whose `key` is one of `keys`, asked for some thousand keys at a time."""
    remaining = iter(sorted(set(keys)))
    while chunk := list(islice(remaining, CHUNK)):
        yield from session.execute(query.where(key.in_(chunk)))


def insert_rows(
    session: Session, table: type[Account | Contact], rows: Sequence[Mapping[str, Value]], *, now: datetime
) -> None:
    """Insert rows, stamped with `now`; all of them have values for the same fields."""
    # What a column begins with when a file says nothing of it, as far as a function makes it.
    stamps = {"created_at": now, "updated_at": now, **FIRST.get(table, {})}
    for start in range(0, len(rows), CHUNK):
        stamped = [{**stamps, **row} for row in rows[start : start + CHUNK]]
        _insert(table, tuple(sorted(stamped[0]))).each(session, stamped)
    session.expire_all()


def update_rows(
    session: Session,
    table: type[Account | Contact],
    changes: Mapping[int, Mapping[str, Value]],
    *,
    now: datetime,
) -> None:
    """Write the changed fields of rows by their ids, and when; rows that change alike go together."""
    alike: dict[tuple[str, ...], list[dict[str, Value]]] = defaultdict(list)
    for row_id, values in changes.items():
        fields = tuple(sorted(values))
        alike[fields].append({"row_id": row_id, **{f"new_{field}": values[field] for field in fields}})
    for fields, rows in alike.items():
        for start in range(0, len(rows), CHUNK):
            stamped = [{**row, "new_updated_at": now} for row in rows[start : start + CHUNK]]
            _update(table, fields).each(session, stamped)
    session.expire_all()


@cache
def _insert(table: type[Account | Contact], fields: tuple[str, ...]) -> Prepared:
    """One for each set of fields: a statement that is made ready takes the same ones each time."""
    return Prepared(insert(table_of(table)))


@cache
def _update(table: type[Account | Contact], fields: tuple[str, ...]) -> Prepared:
    mine = table_of(table)
    new = {field: bindparam(f"new_{field}", type_=mine.c[field].type) for field in (*fields, "updated_at")}
    return Prepared(update(mine).where(mine.c.id == bindparam("row_id", type_=mine.c.id.type)).values(new))
