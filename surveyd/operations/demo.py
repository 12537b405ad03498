"""The demo company: two years of a simulated program, loaded through the verbs that real data takes.

Three half-yearly waves are over, one is open with its reminders sent and calls due. Everything is
drawn from one seed; only receipts, message ids and what hangs on the secret key differ.

A load is many transactions. The first one writes a mark into the audit trail and the last one another:
a database with the first mark alone was interrupted, is emptied and begun anew. Nothing else is ever
emptied: a database that has rows and no mark is refused.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, event, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from surveyd.base.database import Base, db, reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import Services
from surveyd.closed_loop.models import Case, CaseState
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.models import Message, Program, Wave
from surveyd.operations.catcher import forget_mails
from surveyd.operations.company.staff import STAFF, SignIn
from surveyd.operations.replay.story import Progress, tell
from surveyd.people.audit import record
from surveyd.people.models import Account, AuditEntry, Contact, User
from surveyd.responses.models import Response
from surveyd.results.policy_models import ScoringPolicy
from surveyd.results.proposals import keep_first_policy

SEED = 20
ACCOUNTS = 300
THING, BEGUN, LOADED = "demo", "begin", "load"


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What is in the demo company now; `is_new`: this call has loaded it."""

    is_new: bool
    accounts: int
    contacts: int
    waves: int
    responses: int
    mails: int
    open_cases: int
    open_calls: int


def demo_sign_ins() -> list[SignIn]:
    """Everybody who can sign in to the demo; the first five have one of each role."""
    return list(STAFF)


def load_demo(
    house: Services, *, now: datetime, progress: Progress, accounts: int = ACCOUNTS, seed: int = SEED
) -> DemoSummary:
    """Make the demo company as it is at `now`, unless it is there; a load that was interrupted begins anew.

    Runs inside an app context, before any other process works on the database. Raises Refused in
    production, and for a database that holds anything else.
    """
    if house.config.env == "production":
        raise Refused("The demo company is for trying things out; set SURVEYD_ENV to demo.")
    with reading() as session:
        marks = _marks(session)
        if LOADED in marks:
            return _summary(session, is_new=False)
        if BEGUN not in marks and _holds_anything(session):
            raise Refused("This database has data of its own; load the demo into an empty one, by --data.")
    with _quick_commits():
        _begin(house, now)
        tell(house, accounts=accounts, seed=seed, now=now, progress=progress)
        with writing() as session:
            record(session, action=LOADED, thing=THING, thing_id=None, by=None, now=now)
    with reading() as session:
        return _summary(session, is_new=True)


def _marks(session: Session) -> set[str]:
    return set(session.scalars(select(AuditEntry.action).where(AuditEntry.thing == THING)))


def _holds_anything(session: Session) -> bool:
    tables = (User, Account, Program)
    return any(session.scalar(select(table.id).limit(1)) is not None for table in tables)


def _begin(house: Services, now: datetime) -> None:
    """Take away what an interrupted load has left, and write the first mark."""
    forget_mails(house.config.data)
    with writing() as session:
        keep_first_policy(session)
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != ScoringPolicy.__tablename__:
                session.execute(delete(table))
        record(session, action=BEGUN, thing=THING, thing_id=None, by=None, now=now)


@contextmanager
def _quick_commits() -> Iterator[None]:
    """SQLite waits for the disk at each commit; here it need not.

    A power cut may then take back the last transactions, never one in the middle: the second mark would
    be missing, and the load begins anew. Connections are opened afresh behind it, with the usual care.
    """
    engine = db.engine
    if engine.dialect.name != "sqlite":
        yield
        return

    def relax(connection: sqlite3.Connection, *rest: object) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    event.listen(engine, "checkout", relax)
    try:
        yield
    finally:
        event.remove(engine, "checkout", relax)
        engine.dispose()


def _summary(session: Session, *, is_new: bool) -> DemoSummary:
    def count(column: InstrumentedAttribute[int], *conditions: ColumnElement[bool]) -> int:
        return session.execute(select(func.count(column)).where(*conditions)).scalar_one()

    return DemoSummary(
        is_new=is_new,
        accounts=count(Account.id),
        contacts=count(Contact.id),
        waves=count(Wave.id),
        responses=count(Response.id),
        mails=count(Message.id),
        open_cases=count(Case.id, Case.state != CaseState.CLOSED),
        open_calls=count(Call.id, Call.state == CallState.OPEN),
    )
