"""Heartbeats, and what a long silence does.

Each sweep stamps its heartbeat. After a gap of more than four hours of system time, what fell due
in the gap or was in flight at its start is held until a person releases it: a restored backup or a
long stop mails nobody by itself. Age alone never holds.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.base.statements import spelled
from surveyd.distribution.invitations import run
from surveyd.distribution.locks import in_order
from surveyd.distribution.models import Heartbeat, Message, MessageState, Touch, TouchState, Wave
from surveyd.distribution.tallies import T, count_tallied
from surveyd.distribution.tally_models import TallyKind

GAP = timedelta(hours=4)
REASON = "fell due while nothing was running"


def beat(session: Session, name: str, *, now: datetime, system_now: datetime, note: str = "") -> None:
    """Stamp one heartbeat, in the program's time and in system time.

    Whoever is stamping it at the same moment is not waited for: one stamp says as much as two.
    """
    values = {"system_at": system_now, "program_at": now, "note": note[:200]}
    free = select(Heartbeat.name).where(Heartbeat.name == name).with_for_update(skip_locked=True)
    if not run(session, update(Heartbeat).where(Heartbeat.name.in_(free)).values(**values)):
        insert_new(session, Heartbeat, [{"name": name, **values}], unique=["name"])


def hold_after_gap(session: Session, *, now: datetime, system_now: datetime) -> int:
    """Hold what a gap in the heartbeats leaves in doubt; returns how much. Without a gap nothing happens."""
    last = session.scalar(select(Heartbeat).order_by(Heartbeat.system_at.desc()).limit(1))
    if last is None or system_now - last.system_at <= GAP:
        return 0
    silent_since = last.program_at
    beat(session, "gap", now=now, system_now=system_now, note="held what fell due")
    in_flight = [MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN]
    fell_due = (Touch.state == TouchState.PLANNED, Touch.due_at > silent_since, Touch.due_at <= now)
    touches = update(Touch).where(in_order(Touch, *fell_due), *fell_due)
    held = run(session, touches.values(state=TouchState.HELD, reason=REASON))
    due = (Message.state.in_(in_flight), Message.due_at <= now)
    mails = update(Message).where(in_order(Message, *due), *due)
    free = {"lease_by": None, "lease_until": None}
    return held + run(session, mails.values(state=MessageState.HELD, reason=REASON, **free))


def release_touches(session: Session, *, now: datetime, wave: str = "", step: str = "") -> int:
    """A person's word that held touches may go on: they fall due now, inside their window.

    `wave` and `step`, where given, let those of one wave or one step go. Returns how many.
    """
    which = _held_touches(wave, step)
    held = update(Touch).where(in_order(Touch, *which), *which)
    return run(session, held.values(state=TouchState.PLANNED, due_at=now, reason=""))


def count_held_touches(session: Session, *, wave: str = "", step: str = "") -> int:
    """How many planned touches wait for a person's word."""
    which = [T.state == TouchState.HELD.value]
    if wave:
        which.append(T.wave_id.in_(select(Wave.id).where(Wave.slug == wave)))
    if step:
        which.append(T.step == step)
    return count_tallied(session, TallyKind.TOUCH, which=which)


def _held_touches(wave: str, step: str) -> list[ColumnElement[bool]]:
    """The condition on `Touch` rows that are held, of one wave and step where they are named."""
    which = [Touch.state == spelled(TouchState.HELD)]
    if wave:
        which.append(Touch.wave_id.in_(select(Wave.id).where(Wave.slug == wave)))
    if step:
        which.append(Touch.step == step)
    return which
