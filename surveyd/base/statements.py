"""Core statements for the hot path: a model's table, and an INSERT that may meet its own repeat.

The ORM costs half of what a respondent's request may take, so intake writes rows by Core. A repeated submit
is expected, not an error: ON CONFLICT lets the constraint decide and leaves the transaction usable.
"""

from functools import cache
from typing import cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyd.base.database import Base


def table_of(model: type[Base]) -> Table:
    """Return the table behind a model."""
    return cast(Table, model.__table__)


def insert_into(session: Session, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT into the model's table that knows ON CONFLICT on the session's database."""
    return _insert(session.get_bind().dialect.name, table_of(model))


@cache
def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
