"""Somebody is away: what is planned for them waits, and whom they name is shown to staff.

A machine wrote it, so nothing is answered, and nobody whom it names is written to before staff agreed.
"""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import from_local, zone_named
from surveyd.base.database import insert_new
from surveyd.base.statements import insert_once
from surveyd.distribution.away import Away
from surveyd.distribution.invitations import hold, run
from surveyd.distribution.models import (
    Invitation,
    InvitationState,
    Message,
    Program,
    Touch,
    TouchState,
)
from surveyd.distribution.return_models import Absence
from surveyd.distribution.wish_models import Nomination, NominationState, WhyNot
from surveyd.people.audit import record
from surveyd.people.models import Contact

USUALLY = timedelta(days=7)
"""How long somebody is taken to be away who does not say it."""
NOMINATE = insert_once(Nomination, "invitation_id")


def pause_for(session: Session, message: Message, away: Away, *, subject: str, now: datetime) -> bool:
    """Move what is planned for the person of a mail to the day on which they are back, or return False.

    What was planned keeps its distances. A second reply to the same mail changes nothing, one to a later mail
    counts anew. Who has answered, opted out or was closed is left alone.
    """
    hold(session, Invitation.id == message.invitation_id)
    invitation = session.get(Invitation, message.invitation_id, populate_existing=True)
    if invitation is None or invitation.state is not InvitationState.WAITING:
        return False
    if session.get(Absence, message.id) is not None:
        return True
    zone = zone_named(invitation.time_zone)
    back = away.back or (now.astimezone(zone) + USUALLY).date()
    resumes_at = from_local(datetime.combine(back, time(0)), zone).astimezone(UTC)
    moved = _move(session, invitation.id, resumes_at)
    row = {
        "message_id": message.id,
        "invitation_id": invitation.id,
        "until": away.back,
        "resumes_at": resumes_at,
        "moved": moved,
        "nomination_id": _nominate(session, invitation, away, subject=subject, now=now),
        "at": now,
    }
    insert_new(session, Absence, [row], unique=["message_id"])
    message.reason = f"automatic reply: away until {back.isoformat()}"
    facts: dict[str, str | int] = {"until": back.isoformat(), "moved": moved, "named": int(bool(away.email))}
    record(session, action="away", thing="invitation", thing_id=invitation.id, by=None, now=now, facts=facts)
    return True


def known_addresses(session: Session, message: Message) -> frozenset[str]:
    """The addresses that are no stand-in for the recipient of a mail: their own, and ours."""
    program = session.get(Program, message.program_id) if message.program_id is not None else None
    contact = session.get(Contact, message.contact_id) if message.contact_id is not None else None
    ours = (program.sender, program.reply_to) if program is not None else ()
    return frozenset(
        one.lower() for one in (message.recipient, contact.email if contact else "", *ours) if one
    )


def _move(session: Session, invitation_id: int, resumes_at: datetime) -> int:
    """Move what is planned before that instant, all by as much, so that two steps do not fall on one day."""
    planned = (Touch.invitation_id == invitation_id, Touch.state == TouchState.PLANNED)
    rows = session.execute(select(Touch.id, Touch.due_at).where(*planned).order_by(Touch.due_at)).all()
    late = resumes_at - rows[0].due_at if rows else timedelta(0)
    if late <= timedelta(0):
        return 0
    for row in rows:
        run(session, update(Touch).where(Touch.id == row.id, *planned).values(due_at=row.due_at + late))
    return len(rows)


def _nominate(
    session: Session, invitation: Invitation, away: Away, *, subject: str, now: datetime
) -> int | None:
    """Show a stand-in to staff, in the queue of those who are named; None for nobody, or somebody we know."""
    if not away.email:
        return None
    row = {
        "invitation_id": invitation.id,
        "contact_id": invitation.contact_id,
        "account_id": invitation.account_id,
        "why": WhyNot.OTHER,
        "words": subject[:500],
        "name": away.name,
        "email": away.email,
        "phone": "",
        "state": NominationState.WAITING,
        "reason": "",
        "at": now,
    }
    found = NOMINATE.first(session, row)
    return int(found[0]) if found is not None else None
