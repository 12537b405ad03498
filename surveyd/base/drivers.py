"""What is set on each connection of a pool: how a transaction begins, who waits for whom, who is gone.

On SQLite a writer first takes its place in a queue (a lock on a file beside the database): the kernel wakes
whoever waits, where SQLite's own busy timeout sleeps and starves single writers for seconds.
"""

import fcntl
import os
import select
import sqlite3
from typing import Any, cast

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError

BUSY_MS = 5000
WRITE = "surveyd_write"
"""The option of a connection whose transaction writes; all others cannot."""


def prepare_sqlite(engine: Engine) -> None:
    """Durable commits, one fair queue for those who write, and no writing for all others."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Straight to the driver where nothing can fail: SQLAlchemy's way costs more than the statement.
        raw = cast(sqlite3.Connection, connection.connection.driver_connection)
        writes = bool(connection.get_execution_options().get(WRITE))
        if connection.info.get(WRITE) is not writes:
            # SQLite throws all compiled statements away at this, so that it is said only when it changes,
            # and respondents' pages and saves have a pool each.
            raw.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
            connection.info[WRITE] = writes
        if writes:
            _queue_up(connection)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            raw.execute("BEGIN")

    @event.listens_for(engine.pool, "checkin")
    @event.listens_for(engine.pool, "close")
    def leave_queue(connection: sqlite3.Connection | None, record: Any) -> None:
        place = record.info.pop("queue_place", None)
        if place is not None:
            os.close(place)


def prepare_postgresql(engine: Engine) -> None:
    """No connection is handed out whose server has gone away while it waited."""

    @event.listens_for(engine, "checkout")
    def see_whether_it_lives(driver: Any, record: Any, proxy: Any) -> None:
        # A server that has gone away has said so to the waiting connection: no question is needed.
        waiting = select.poll()
        waiting.register(driver.fileno(), select.POLLIN)
        if waiting.poll(0):
            raise DisconnectionError


def end_pauses(engine: Engine, *, seconds: int) -> None:
    """From the next connection on the server ends a transaction in which nothing was said for so long."""

    @event.listens_for(engine, "connect")
    def set_limit(driver: Any, record: Any) -> None:
        driver.execute(f"SET idle_in_transaction_session_timeout = '{seconds}s'")
        driver.commit()


def _queue_up(connection: Connection) -> None:
    path = connection.engine.url.database
    if not path or path == ":memory:" or "queue_place" in connection.info:
        return
    place = os.open(f"{path}-writers", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
    except BaseException:
        os.close(place)
        raise
    connection.info["queue_place"] = place
