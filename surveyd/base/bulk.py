"""Many rows at once: as the driver takes them, for what writes a hundred thousand.

SQLAlchemy's own way looks at each value of each row; here a value that comes again, such as an instant or a
state, is made ready once.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Dialect
from sqlalchemy.orm import Session

from surveyd.base.database import Base, dialect_of
from surveyd.base.statements import table_of


def insert_rows(
    session: Session, model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows whose values stand in the order of `columns`, in the transaction of the session.

    Defaults of the model are not filled in. PostgreSQL takes them by COPY, SQLite by one prepared statement.
    """
    table, connection = table_of(model), session.connection()
    by_column = list(zip(*rows, strict=True))
    if not by_column:
        return
    places = [
        _ready(table.c[name], connection.dialect, values)
        for name, values in zip(columns, by_column, strict=True)
    ]
    named = ", ".join(columns)
    ready = list(zip(*places, strict=True))
    # The names stand in our code, never anything that came in.
    if dialect_of(session) == "sqlite":
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({named}) VALUES ({marks})", ready)  # noqa: S608
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({named}) FROM STDIN") as copy:
        for row in ready:
            copy.write_row(row)


def _ready(column: Column[Any], dialect: Dialect, values: Sequence[Any]) -> Iterable[Any]:
    """The values of one column as the driver takes them."""
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    if process is None:
        return values
    known = {value: process(value) for value in set(values)}
    return map(known.__getitem__, values)
