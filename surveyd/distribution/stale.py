"""Mails whose send window shut before their turn came: they wait for the next window.

Also those that a sender had claimed and not begun when it was killed: nobody else looks at a mail whose
window is shut.
"""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.distribution.cadence import Window, cadences_of
from surveyd.distribution.days_off import calendars
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Invitation, Message, Program, Wave
from surveyd.distribution.outbox import MAY_MISS_WINDOW
from surveyd.people.models import Account

CHUNK = 1000


def replan_stale(session: Session, *, now: datetime, system_now: datetime) -> int:
    """Move the next mails that missed their window into the next one; returns how many were moved."""
    missed = (
        MAY_MISS_WINDOW,
        Message.stale_at <= system_now,
        or_(Message.lease_by.is_(None), Message.lease_until < system_now),
    )
    rows = session.execute(
        select(
            Message.id,
            Message.wave_id,
            Message.step,
            Message.program_id,
            Invitation.time_zone,
            Account.country,
            Program.window_start,
            Program.window_end,
            Program.workdays_only,
        )
        .join(Invitation, Invitation.id == Message.invitation_id)
        .join(Account, Account.id == Invitation.account_id)
        .join(Program, Program.id == Message.program_id)
        .where(*missed)
        # In order, as everybody takes hold of mails.
        .order_by(Message.id)
        .limit(CHUNK)
    ).all()
    if not rows:
        return 0
    waves = session.scalars(select(Wave).where(Wave.id.in_({row.wave_id for row in rows}))).all()
    cadences, known = cadences_of(session, waves), calendars(session, since=now)
    for row in rows:
        step = cadences[row.wave_id].step(row.step) if row.wave_id in cadences else None
        own = step.window if step else None
        zone = zone_named(row.time_zone)
        window = own or Window(row.window_start, row.window_end, row.workdays_only)
        opens = window.opens(now, zone, known.of(row.program_id, row.country))
        shuts = system_now + (window.shuts(opens, zone) - now)
        mine = update(Message).where(Message.id == row.id, *missed)
        run(session, mine.values(due_at=opens, stale_at=shuts, lease_by=None, lease_until=None))
    return len(rows)
