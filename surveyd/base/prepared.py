"""Statements made ready once and then run by the driver itself: for what a respondent's request does.

SQLAlchemy's way from a statement to the driver costs more than such small statements themselves. A
`Prepared` compiles its statement once for each database, with the conversions of its parameters and columns,
so that types are what they are everywhere (JSON, aware instants, enums); from then on it is a text and a
few values. It runs in the transaction of its session or connection, and fails with SQLAlchemy's errors.
"""

import logging
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import ReturnsRows
from sqlalchemy.types import TypeEngine

from surveyd.base.database import Rows

log = logging.getLogger("surveyd.statements")
"""Says each statement as it runs, at level DEBUG: its text, never its parameters."""

Convert = Callable[[Any], Any]
Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Ready:
    """The text, its parameters in order, those that have a value of their own, and what a row becomes."""

    text: str
    places: tuple[tuple[str, Convert | None], ...]
    named: bool
    usual: Mapping[str, object]
    columns: tuple[tuple[int, Convert], ...]
    row: Callable[[Iterable[Any]], Any]

    def bind(self, facts: Facts) -> Any:
        known = {**self.usual, **facts} if self.usual else facts
        if self.named:
            return {name: convert(known[name]) if convert else known[name] for name, convert in self.places}
        return [convert(known[name]) if convert else known[name] for name, convert in self.places]

    def read(self, found: Sequence[Any]) -> Any:
        values = [*found]
        for at, convert in self.columns:
            values[at] = convert(values[at])
        return self.row(values)


class Prepared:
    """One statement, or a function that makes it for a dialect's name, `sqlite` or `postgresql`.

    Parameters are handed over by name: all to which the statement gives no value itself, and an INSERT's the
    same ones each time. Lists for `in_` are not taken, since their length is part of the text.
    """

    def __init__(self, statement: ClauseElement | Callable[[str], ClauseElement]) -> None:
        self._statement = statement
        self._ready: dict[str, _Ready] = {}

    def first(self, rows: Rows, facts: Facts) -> Any:
        """Run it; the first row as a named tuple, or None."""
        ready, cursor = self._run(rows, facts)
        found = cursor.fetchone()
        # A row that nobody fetches would hold SQLite's view of the database open.
        cursor.close()
        return None if found is None else ready.read(found)

    def change(self, rows: Rows, facts: Facts) -> int:
        """Run it; how many rows it changed: that is how races are decided here."""
        cursor = self._run(rows, facts)[1]
        changed = int(cursor.rowcount)
        cursor.close()
        return changed

    def each(self, rows: Rows, facts: Sequence[Facts]) -> None:
        """Run it once for each of these; what it returns is dropped."""
        if len(facts) > 1:
            self._run(rows, facts[0], facts[1:])[1].close()
        elif facts:
            self._run(rows, facts[0])[1].close()

    def _run(self, rows: Rows, facts: Facts, more: Sequence[Facts] = ()) -> tuple[_Ready, Any]:
        connection = _connection(rows)
        dialect = connection.dialect
        ready = self._ready.get(dialect.name) or self._make_ready(dialect, facts)
        cursor = cast(Any, connection.connection.driver_connection).cursor()
        log.debug(ready.text)
        values = ready.bind(facts)
        try:
            if more:
                cursor.executemany(ready.text, [values, *map(ready.bind, more)])
            else:
                cursor.execute(ready.text, values)
        except cast(Any, dialect.loaded_dbapi).Error as error:
            cursor.close()
            raise _known(connection, ready.text, error) from error
        return ready, cursor

    def _make_ready(self, dialect: Dialect, facts: Facts) -> _Ready:
        statement = self._statement
        if not isinstance(statement, ClauseElement):
            statement = statement(dialect.name)
        made = self._ready[dialect.name] = _ready(statement, dialect, [*facts])
        return made


def _connection(rows: Rows) -> Connection:
    if isinstance(rows, Connection):
        return rows
    rows.flush()
    return rows.connection()


def _ready(statement: ClauseElement, dialect: Dialect, given: Sequence[str]) -> _Ready:
    columns = given if isinstance(statement, UpdateBase) and statement.is_insert else None
    compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=columns))
    names = compiled.positiontup or [*compiled.params]
    usual = {name: value for name, value in compiled.params.items() if not compiled.binds[name].required}
    usual |= {column.key: cast(Any, column.default).arg for column in compiled.insert_prefetch}
    returned = statement.exported_columns if isinstance(statement, ReturnsRows) else None
    kinds: list[TypeEngine[Any]] = [column.type for column in returned] if returned else []
    conversions = [kind.dialect_impl(dialect).result_processor(dialect, None) for kind in kinds]
    return _Ready(
        text=str(compiled),
        places=tuple((name, _binding(compiled.binds[name].type, dialect)) for name in names),
        named=not compiled.positional,
        usual={name: value for name, value in usual.items() if name not in given},
        columns=tuple((at, convert) for at, convert in enumerate(conversions) if convert),
        row=cast(Any, namedtuple("row", returned.keys()))._make if returned else tuple,
    )


def _binding(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _known(connection: Connection, text: str, error: Exception) -> BaseException:
    """The driver's error as SQLAlchemy's, without parameters; a connection that is lost is let go."""
    dialect = connection.dialect
    base = cast(Any, dialect.loaded_dbapi).Error
    if dialect.is_disconnect(error, connection.connection, None):  # type: ignore[arg-type]
        connection.invalidate(error)
    return DBAPIError.instance(text, None, error, base, hide_parameters=True, dialect=dialect)
