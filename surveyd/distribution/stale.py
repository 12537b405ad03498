"""Mails whose send window shut before their turn came: they wait for the next window.

Also those that a sender had claimed and not begun when it was killed: nobody else looks at a mail whose
window is shut.
"""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.distribution.cadence import Window
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Invitation, Message, MessageState, Program

CHUNK = 1000


def replan_stale(session: Session, *, now: datetime, system_now: datetime) -> int:
    """Move the next mails that missed their window into the next one; returns how many were moved."""
    missed = (
        Message.state.in_([MessageState.QUEUED, MessageState.UNCERTAIN]),
        Message.stale_at <= system_now,
        or_(Message.lease_by.is_(None), Message.lease_until < system_now),
    )
    rows = session.execute(
        select(
            Message.id, Invitation.time_zone, Program.window_start, Program.window_end, Program.workdays_only
        )
        .join(Invitation, Invitation.id == Message.invitation_id)
        .join(Program, Program.id == Message.program_id)
        .where(*missed)
        .limit(CHUNK)
    ).all()
    for message_id, time_zone, start, end, workdays_only in rows:
        zone, window = zone_named(time_zone), Window(start, end, workdays_only)
        opens = window.opens(now, zone)
        shuts = system_now + (window.shuts(opens, zone) - now)
        mine = update(Message).where(Message.id == message_id, *missed)
        run(session, mine.values(due_at=opens, stale_at=shuts, lease_by=None, lease_until=None))
    return len(rows)
