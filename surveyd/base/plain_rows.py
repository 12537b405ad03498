"""Many rows as plain tuples, as the driver hands them over: for reading tables into arrays.

Result rows that know their columns' names cost several times what the database takes. Only for columns whose
values are the same on both databases: numbers and texts; cast what is anything else.
"""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Select
from sqlalchemy.orm import Session


def plain_rows(session: Session, statement: Select[*tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    """All rows of a statement, in the session's transaction."""
    with session.connection().execute(statement) as found:
        return cast(Sequence[tuple[Any, ...]], found.cursor.fetchall())
