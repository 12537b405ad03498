"""Core statements for the hot path: a model's table, and INSERTs that may meet their own repeat.

The ORM costs half of what a respondent's request may take, and building a statement costs more than running
it. So intake writes by Core, with statements made once. A repeated submit is expected, no error: ON CONFLICT
lets the constraint decide and leaves the transaction usable.
"""

from functools import cache
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from surveyd.base.database import Base, Rows, dialect_of


def table_of(model: type[Base]) -> Table:
    """Return the table behind a model."""
    return cast(Table, model.__table__)


def insert_into(rows: Rows, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT into the model's table that knows ON CONFLICT on the database of `rows`."""
    return _insert(dialect_of(rows), table_of(model))


def insert_once(rows: Rows, model: type[Base], unique: str) -> ReturningInsert[*tuple[Any, ...]]:
    """Return an INSERT of one row that returns its id, or nothing when column ``unique`` is taken."""
    return _insert_once(dialect_of(rows), table_of(model), unique)


def count_up(rows: Rows, model: type[Base], column: str) -> ReturningInsert[*tuple[Any, ...]]:
    """Return a statement that sets a row's ``column`` to 1, or one up if it is there, and returns it."""
    return _count_up(dialect_of(rows), table_of(model), column)


@cache
def _insert_once(dialect: str, table: Table, unique: str) -> ReturningInsert[*tuple[Any, ...]]:
    insert = _insert(dialect, table).on_conflict_do_nothing(index_elements=[unique])
    return insert.returning(table.c.id)


@cache
def _count_up(dialect: str, table: Table, column: str) -> ReturningInsert[*tuple[Any, ...]]:
    insert = _insert(dialect, table).values({column: 1})
    keys = [key.name for key in table.primary_key]
    counted = insert.on_conflict_do_update(index_elements=keys, set_={column: table.c[column] + 1})
    return counted.returning(table.c[column])


@cache
def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
