"""Core statements for the hot path: a model's table, and INSERTs that may meet their own repeat.

The ORM costs half of what a respondent's request may take, and building a statement costs more than running
it. So intake writes by Core, with statements made once. A repeated submit is expected, no error: ON CONFLICT
lets the constraint decide and leaves the transaction usable.
"""

from collections.abc import Sequence
from enum import StrEnum
from json import dumps
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    SQLColumnExpression,
    Table,
    any_,
    func,
    literal_column,
    select,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from surveyd.base.database import Base, Rows, dialect_of
from surveyd.base.prepared import Prepared


def table_of(model: type[Base]) -> Table:
    """Return the table behind a model."""
    return cast(Table, model.__table__)


def spelled(state: StrEnum) -> ColumnElement[Any]:
    """A state that stands in the statement's text, to compare a column with that a partial index goes by.

    As a parameter it would make SQLite compile the statement anew each time: it might not fit the index.
    """
    return literal_column(f"'{state.value}'")


def among(rows: Rows, key: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """The condition that a key is one of these, however many: they go along as one parameter."""
    if dialect_of(rows) == "postgresql":
        return key == any_(cast_to(list(ids), ARRAY(BigInteger)))
    each = func.json_each(dumps(list(ids))).table_valued("value")
    return key.in_(select(each.c.value))


def holds(rows: Rows, column: SQLColumnExpression[str], words: str) -> ColumnElement[bool]:
    """The condition that a text holds these words anywhere, whatever their case."""
    if dialect_of(rows) == "sqlite":
        # LIKE passes over the case by itself, of the same letters as lower() and in half the time.
        return column.contains(words, autoescape=True)
    return column.icontains(words, autoescape=True)


def insert_into(rows: Rows, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT into the model's table that knows ON CONFLICT on the database of `rows`."""
    return _insert(dialect_of(rows), table_of(model))


def insert_for(dialect: str, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """The same for a statement that is prepared once for each database."""
    return _insert(dialect, table_of(model))


def insert_once(model: type[Base], unique: str) -> Prepared:
    """An INSERT of one row that returns its key, or nothing when column ``unique`` is taken."""
    table = table_of(model)
    [key] = table.primary_key

    def make(dialect: str) -> ReturningInsert[*tuple[Any, ...]]:
        return _insert(dialect, table).on_conflict_do_nothing(index_elements=[unique]).returning(key)

    return Prepared(make)


def count_up(model: type[Base], column: str) -> Prepared:
    """A statement that sets a row's ``column`` to 1, or one up if it is there, and returns it."""
    table = table_of(model)

    def make(dialect: str) -> ReturningInsert[*tuple[Any, ...]]:
        keys = [key.name for key in table.primary_key]
        counted = _insert(dialect, table).values({column: 1})
        one_up = {column: table.c[column] + 1}
        return counted.on_conflict_do_update(index_elements=keys, set_=one_up).returning(table.c[column])

    return Prepared(make)


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
