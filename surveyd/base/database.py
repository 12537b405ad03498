"""The database: one handle, one way to read and one way to write, the same on SQLite and PostgreSQL.

`reading()` opens a transaction in which the database itself refuses writes, so that opening a
page changes nothing; `writing()` opens one that commits at its end. How a connection is set up
for that stands in drivers.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Enum,
    Insert,
    Integer,
    MetaData,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from surveyd.base.drivers import BUSY_MS, WRITE, end_pauses, prepare_postgresql, prepare_sqlite
from surveyd.base.silence import POSTGRESQL_ARGUMENTS, POSTGRESQL_SETTINGS

WRITES = {WRITE: True, "postgresql_readonly": False}
WRITERS = "writers"
"""On SQLite a pool of its own for `writing_rows`: see `prepare_sqlite`."""


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC. A naive one is refused: nobody could say which hour it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without a time zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


Rows = Session | Connection
"""What runs Core statements in a transaction: a respondent's request takes a connection, which costs less."""


def one_of(states: type[StrEnum]) -> TypeEngine[Any]:
    """A text column that holds one value of `states`, held to it by a CHECK constraint."""
    return Enum(
        states,
        native_enum=False,
        create_constraint=True,
        name=states.__name__.lower(),
        values_callable=lambda kind: [state.value for state in kind],
        length=32,
    )


class Base(DeclarativeBase):
    """What every table inherits: names of constraints, and which column a Python type becomes."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, dict[str, Any]: Json, list[Any]: Json, list[str]: Json}


# Tables inherit from Base itself, which type checkers understand; Flask-SQLAlchemy keeps engine and session.
db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True)


def open_database(app: Flask, url: str) -> None:
    """Bind `app` to the database at `url`. No connection is made yet."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    options = app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(url)
    if url.startswith("sqlite"):
        app.config["SQLALCHEMY_BINDS"] = {WRITERS: {"url": url, **options}}
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            prepare_sqlite(engine) if engine.dialect.name == "sqlite" else prepare_postgresql(engine)


def forget_connections(*, close: bool = True) -> None:
    """Empty the pools of the current app; a forked child does so without closing what is its parent's."""
    for engine in db.engines.values():
        engine.dispose(close=close)


def end_long_pauses(*, seconds: int) -> None:
    """Have PostgreSQL end a transaction of this process in which nothing was said for so long.

    For a process whose transactions are short, and whose locks others wait for: one that is stopped in the
    middle keeps nobody waiting. Call it in an app context, before other threads use the database.
    """
    forget_connections()
    for engine in db.engines.values():
        if engine.dialect.name == "postgresql":
            end_pauses(engine, seconds=seconds)


@contextmanager
def writing() -> Iterator[Session]:
    """One write transaction: commits at its end, rolls back on any error. Transactions do not nest."""
    session = begin_writing()
    with _ending(session):
        yield session
        session.commit()


@contextmanager
def reading() -> Iterator[Session]:
    """One read-only transaction: the database refuses a write in it."""
    session = db.session()
    with _ending(session):
        yield session


def begin_writing() -> Session:
    """Begin the write transaction of this thread; the caller commits or rolls back."""
    session = db.session()
    if session.in_transaction():
        session.rollback()
    session.connection(execution_options=WRITES)
    return session


@contextmanager
def writing_rows() -> Iterator[Connection]:
    """One write transaction by Core alone, for what runs once a mail or page; it ends as `writing` does."""
    engine = db.engines.get(WRITERS, db.engine)
    with engine.connect() as connection, connection.execution_options(**WRITES).begin():
        yield connection


@contextmanager
def reading_rows() -> Iterator[Connection]:
    """Reading by Core alone, for what needs one statement: the database refuses a write here, too.

    On PostgreSQL each statement stands alone, which spares a page two round trips.
    """
    with db.engine.connect() as connection:
        if dialect_of(connection) == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.begin()
        yield connection


@contextmanager
def _ending(session: Session) -> Iterator[None]:
    try:
        yield
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


def reserve_ids(session: Session, table: str, count: int) -> list[int]:
    """`count` fresh ids for rows of `table` whose content depends on their own id.

    Call it inside a write transaction: on SQLite that transaction is the only writer.
    """
    if session.connection().dialect.name == "sqlite":
        # S608: `table` is a name in our code, never something that came in.
        last = session.execute(text(f"SELECT coalesce(max(id), 0) FROM {table}")).scalar_one()  # noqa: S608
        return list(range(last + 1, last + 1 + count))
    sequence = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    return list(session.execute(sequence, {"table": table, "count": count}).scalars())


def dialect_of(rows: Rows) -> str:
    """The database's name: `sqlite` or `postgresql`."""
    return rows.dialect.name if isinstance(rows, Connection) else rows.get_bind().dialect.name


def insert_new(
    session: Rows,
    table: type[DeclarativeBase],
    rows: Sequence[Mapping[str, Any]],
    *,
    unique: Sequence[str],
) -> None:
    """Insert `rows`, passing over those whose `unique` columns are taken already."""
    if not rows:
        return
    session.execute(_insert_new(dialect_of(session), table, tuple(unique)), list(rows))


@cache
def _insert_new(dialect: str, table: type[DeclarativeBase], unique: tuple[str, ...]) -> Insert:
    # The table, not the model: the ORM's bulk insert takes six times as long for one row.
    insert = sqlite_insert if dialect == "sqlite" else postgresql_insert
    return insert(cast(Table, table.__table__)).on_conflict_do_nothing(index_elements=list(unique))


def _engine_options(url: str) -> dict[str, Any]:
    # What people wrote must not stand in the text of an exception.
    quiet = {"hide_parameters": True}
    if url.startswith("sqlite"):
        return quiet | {"connect_args": {"timeout": BUSY_MS / 1000, "isolation_level": None}, "pool_size": 32}
    return quiet | {
        "execution_options": {"postgresql_readonly": True},
        "pool_size": 16,
        "max_overflow": 16,
        "connect_args": {"connect_timeout": 5, "options": _postgresql_settings(), **POSTGRESQL_ARGUMENTS},
    }


def _postgresql_settings() -> str:
    # Nothing writes that has not said so: a transaction that may is begun by `begin_writing`.
    settings = {"default_transaction_read_only": "on", **POSTGRESQL_SETTINGS}
    # Whatever is read in parts is read to its end: the quickest plan for the whole, not for the first rows.
    settings["cursor_tuple_fraction"] = 1
    return " ".join(f"-c {name}={value}" for name, value in settings.items())
