"""Statements that stand ready: the same types and errors as by SQLAlchemy's own way, on both databases."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from surveyd.base.database import Rows, db, reading_rows, writing, writing_rows
from surveyd.base.prepared import Prepared
from surveyd.base.statements import count_up, insert_once, table_of
from surveyd.closed_loop.models import SampleCounter
from surveyd.distribution.models import Heartbeat, Message, MessageState
from tests.fixtures.apps import NOW

WRITE = [writing, writing_rows]
_message, _beat = table_of(Message), table_of(Heartbeat)
BEAT = Prepared(insert(_beat))
WHEN = Prepared(select(_beat.c.system_at, _beat.c.note).where(_beat.c.name == bindparam("called")))
QUEUE = insert_once(Message, "dedup_key")
FOUND = Prepared(select(_message).where(_message.c.dedup_key == bindparam("key")))
HOLD = Prepared(update(_message).where(_message.c.state == bindparam("was")).values(state=MessageState.HELD))
MAIL = {
    "message_id": "1@mail.surveyd.test",
    "name": "thank_you",
    "language": "en",
    "recipient": "anna@nordwind.test",
    "context": {"words": "Zoë said: \u2028 \"{%s}\" 'ok'", "count": 3, "none": None},
    "state": MessageState.QUEUED,
    "due_at": NOW,
    "stale_at": None,
    "created_at": NOW,
}


def beat(rows: Rows, name: str) -> int:
    return BEAT.change(rows, {"name": name, "system_at": NOW, "program_at": NOW, "note": ""})


@pytest.mark.parametrize("write", WRITE)
def test_json_instants_and_states_come_back_as_they_went_in(
    app: Flask, write: Callable[[], AbstractContextManager[Rows]]
) -> None:
    with app.app_context():
        with write() as rows:
            assert QUEUE.first(rows, {**MAIL, "dedup_key": "one"}).id
            assert QUEUE.first(rows, {**MAIL, "dedup_key": "one"}) is None
        with reading_rows() as rows:
            found = FOUND.first(rows, {"key": "one"})
            known = rows.execute(select(_message)).one()
    assert found._asdict() == dict(known._mapping)
    assert (found.context, found.state, found.due_at) == (MAIL["context"], MessageState.QUEUED, NOW)
    assert found.due_at.utcoffset() == timedelta(0)
    assert (found.attempts, found.awaits_paper, found.stale_at) == (0, False, None)


def test_several_rows_and_how_many_were_changed(app: Flask) -> None:
    with app.app_context(), writing_rows() as rows:
        QUEUE.each(rows, [])
        QUEUE.each(
            rows, [{**MAIL, "dedup_key": f"{n}", "message_id": f"{n}@mail.surveyd.test"} for n in (1, 2, 2)]
        )
        assert HOLD.change(rows, {"was": MessageState.QUEUED}) == 2
        assert HOLD.change(rows, {"was": MessageState.QUEUED}) == 0
        assert FOUND.first(rows, {"key": "2"}).state is MessageState.HELD


def test_a_session_has_written_before_it_is_asked(session: Session) -> None:
    session.add(Heartbeat(name="sweep", system_at=NOW, program_at=NOW))
    assert WHEN.first(session, {"called": "sweep"}) == (NOW, "")


def test_a_counter_counts(app: Flask, session: Session) -> None:
    arrive = count_up(SampleCounter, "arrived")
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")
        session.connection().exec_driver_sql("SET LOCAL session_replication_role = replica")
    else:
        session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    row = {"wave_id": 1, "stratum": "promoter"}
    assert [arrive.first(session, row).arrived for _ in range(3)] == [1, 2, 3]


def test_what_the_database_refuses_is_told_without_what_was_written(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(IntegrityError) as caught, writing_rows() as rows:
            beat(rows, "secret-name")
            beat(rows, "secret-name")
        assert "secret-name" not in str(caught.value.statement) + str(caught.value.params)
        with pytest.raises(DBAPIError, match=r"read.?only"), reading_rows() as rows:
            beat(rows, "sly")
        with writing_rows() as rows:
            assert WHEN.first(rows, {"called": "secret-name"}) is None


def test_a_fact_that_is_missing_is_noticed(app: Flask) -> None:
    with app.app_context(), reading_rows() as rows, pytest.raises(KeyError, match="called"):
        WHEN.first(rows, {})


def test_an_instant_without_a_zone_is_refused(app: Flask) -> None:
    vague = {"name": "x", "system_at": NOW.replace(tzinfo=None), "program_at": NOW, "note": ""}
    with app.app_context(), pytest.raises(ValueError, match="without a time zone"), writing_rows() as rows:
        BEAT.change(rows, vague)


def test_a_connection_that_was_cut_while_it_waited_is_replaced(app: Flask) -> None:
    with app.app_context():
        with writing_rows() as rows:
            beat(rows, "before")
        if db.engine.dialect.name == "postgresql":
            with reading_rows() as rows, pytest.raises(OperationalError), writing_rows() as other:
                pid = other.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
                rows.exec_driver_sql(f"SELECT pg_terminate_backend({int(pid)})")
                WHEN.first(other, {"called": "before"})
        for _ in range(3):
            with writing_rows() as rows:
                assert WHEN.first(rows, {"called": "before"}) is not None


def test_the_log_says_the_statement_and_no_values(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with app.app_context(), caplog.at_level(logging.DEBUG, "surveyd.statements"), reading_rows() as rows:
        WHEN.first(rows, {"called": "secret-name"})
    assert "SELECT heartbeats.system_at" in caplog.text
    assert "secret-name" not in caplog.text
