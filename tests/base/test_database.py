"""One way to read, in which the database refuses writes, and one way to write."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError, StatementError

from surveyd.base.database import Rows, reading, reading_rows, writing, writing_rows
from surveyd.base.statements import table_of
from surveyd.distribution.models import Heartbeat
from tests.fixtures.apps import NOW

READ: list[Callable[[], AbstractContextManager[Rows]]] = [reading, reading_rows]
WRITE: list[Callable[[], AbstractContextManager[Rows]]] = [writing, writing_rows]
_beats = table_of(Heartbeat)


def _beat(rows: Rows, name: str, at: datetime = NOW) -> None:
    rows.execute(insert(_beats), {"name": name, "system_at": at, "program_at": at, "note": ""})


def _names(rows: Rows) -> set[str]:
    return set(rows.execute(select(_beats.c.name)).scalars())


@pytest.mark.parametrize("read", READ)
def test_the_database_refuses_to_write_while_reading(
    app: Flask, read: Callable[[], AbstractContextManager[Rows]]
) -> None:
    with app.app_context():
        with pytest.raises(DBAPIError, match=r"read.?only"), read() as rows:
            _beat(rows, "sly")
        with reading() as session:
            assert _names(session) == set()


@pytest.mark.parametrize("write", WRITE)
@pytest.mark.parametrize("read", READ)
def test_a_connection_that_has_read_writes_again_and_reads_again(
    app: Flask,
    read: Callable[[], AbstractContextManager[Rows]],
    write: Callable[[], AbstractContextManager[Rows]],
) -> None:
    with app.app_context():
        for turn in ("one", "two"):
            with read() as rows:
                assert turn not in _names(rows)
            with write() as rows:
                _beat(rows, turn)
            with read() as rows:
                assert turn in _names(rows)
            with pytest.raises(DBAPIError, match=r"read.?only"), read() as rows:
                _beat(rows, "sly")


@pytest.mark.parametrize("write", WRITE)
def test_an_error_takes_back_all_of_it(app: Flask, write: Callable[[], AbstractContextManager[Rows]]) -> None:
    with app.app_context():
        with pytest.raises(RuntimeError), write() as rows:
            _beat(rows, "half")
            raise RuntimeError
        with reading() as session:
            assert _names(session) == set()


def test_an_instant_without_a_zone_is_refused(app: Flask) -> None:
    with app.app_context(), pytest.raises(StatementError, match="without a time zone"), writing() as session:
        _beat(session, "vague", NOW.replace(tzinfo=None))
