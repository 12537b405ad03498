"""A copy of what a wave needs, in a database of its own: whatever is done to it, the real one stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Select, Table, create_engine, event, func, insert, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from surveyd.base.database import Base
from surveyd.base.statements import table_of
from surveyd.distribution.audience_models import AudiencePlan
from surveyd.distribution.models import Invitation, Touch, TouchState, Wave

PARTS = ("surveyd.base", "surveyd.people", "surveyd.distribution")
SEGMENTS = ("scores", "responses", "scoring_policies")
"""What an audience needs that is chosen by how its accounts stood."""
LEFT_BEHIND = {
    "alarms",
    "audit_entries",
    "call_attempts",
    "change_counts",
    "heartbeats",
    "import_mappings",
    "import_runs",
    "launch_checks",
    "launch_overrides",
    "messages",
    "papers",
    "questionnaire_edits",
    "rehearsals",
    "sign_in_links",
    "tallies",
    "uploads",
}
"""What no wave is decided by; the copy has these tables, empty."""
CHUNK = 5000
RECENT = timedelta(days=2)


@contextmanager
def copied(live: Session, wave: Wave, folder: Path, *, now: datetime) -> Iterator[Engine]:
    """A copy, gone at the end; nobody but us can read it meanwhile. Other waves stand still in it.

    `live` is a read transaction: what it sees is what is copied.
    """
    folder.mkdir(exist_ok=True, mode=0o700)
    with TemporaryDirectory(dir=folder, prefix="rehearsal-") as place:
        engine = create_engine(f"sqlite:///{Path(place) / 'copy.db'}", hide_parameters=True)
        event.listen(engine, "connect", _hasten)
        try:
            Base.metadata.create_all(engine)
            with engine.begin() as copy:
                for table in _tables(live, wave):
                    _copy(live, copy, table, now=now)
                copy.execute(update(table_of(Wave)).where(Wave.id != wave.id).values(paused_at=now))
            yield engine
        finally:
            engine.dispose()


def _tables(live: Session, wave: Wave) -> list[Table]:
    needed = {
        table_of(mapper.class_).name
        for mapper in Base.registry.mappers
        if mapper.class_.__module__.startswith(PARTS)
    } - LEFT_BEHIND
    plan = live.get(AudiencePlan, wave.id)
    if plan is not None and plan.filters:
        needed |= set(SEGMENTS)
    return [table for table in Base.metadata.sorted_tables if table.name in needed]


def _copy(live: Session, copy: Connection, table: Table, *, now: datetime) -> None:
    rows = live.execute(_rows(table, now).execution_options(yield_per=CHUNK)).mappings()
    for chunk in rows.partitions(CHUNK):
        copy.execute(insert(table), [dict(row) for row in chunk])


def _rows(table: Table, now: datetime) -> Select[tuple[object, ...]]:
    every = select(table)
    touches, invitations = table_of(Touch), table_of(Invitation)
    if table is touches:
        # Who was touched lately, and who is going to be: that decides how many of an account may be today.
        ahead = touches.c.state.in_([TouchState.PLANNED, TouchState.HELD])
        # The last is among them so that no new one takes the id of one that is left behind: its call is here.
        last = touches.c.id == select(func.max(touches.c.id)).scalar_subquery()
        return every.where(or_(ahead, last, touches.c.released_at > now - RECENT))
    return every.order_by(invitations.c.id) if table is invitations else every


def _hasten(connection: object, record: object) -> None:
    # What is lost with the machine is made again.
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]  # the driver's own
