"""Who wants no more of one program; and who is asked again, by staff with a reason, once they said so.

Never again, of any program, is `suppressions.opt_out`.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, exists, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.address_wishes import (
    forget_wishes,
    hold_contacts,
    keep_wish,
    with_same_address,
)
from surveyd.distribution.invitations import STOPPABLE, end_asking, hold, run
from surveyd.distribution.locks import in_order
from surveyd.distribution.models import Invitation, InvitationState, Message, MessageState, Program, Wave
from surveyd.distribution.return_models import ProgramOptOut, StopChange
from surveyd.people.audit import record
from surveyd.people.merged import goes_on_as
from surveyd.people.models import Contact

RULE = "opted_out_program"
REASON_LIMIT = 200


def opt_out_of(session: Session, contact_id: int, program_id: int, *, now: datetime) -> bool:
    """Never mail or call this person again for one program; what is queued of it stops. True at first.

    It holds for every contact with their address. A contact or a program that is gone counts as opted out. A
    second time stops what came since. Of one that goes on as another, that one is meant.
    """
    contact_id = goes_on_as(session, contact_id)
    ids = with_same_address(session, contact_id)
    waves = select(Wave.id).where(Wave.program_id == program_id)
    theirs = Invitation.contact_id.in_(ids) & Invitation.wave_id.in_(waves)
    hold(session, theirs)
    # Whoever writes letters at this moment holds the contact: what they queue is stopped below.
    hold_contacts(session, ids)
    if session.get(Contact, contact_id) is None:
        return False
    first = session.get(ProgramOptOut, (program_id, contact_id)) is None
    row = {"program_id": program_id, "contact_id": contact_id, "at": now}
    insert_new(session, ProgramOptOut, [row], unique=["program_id", "contact_id"])
    keep_wish(session, contact_id, program_id=program_id, now=now)
    end_asking(session, theirs, state=InvitationState.OPTED_OUT, reason=RULE, now=now)
    mails = (
        Message.contact_id.in_(ids),
        Message.program_id == program_id,
        Message.state.in_(STOPPABLE),
    )
    stopped = {"state": MessageState.SUPPRESSED, "reason": RULE, "lease_by": None, "lease_until": None}
    run(session, update(Message).where(in_order(Message, *mails), *mails).values(**stopped))
    return first


def program_of(session: Session, invitation_id: int) -> tuple[int, str] | None:
    """The id of the program that an invitation belongs to, and its company; None once it is gone."""
    query = select(Program.id, Program.company).join(Wave, Wave.program_id == Program.id)
    asked = query.join(Invitation, Invitation.wave_id == Wave.id).where(Invitation.id == invitation_id)
    row = session.execute(asked).one_or_none()
    return (row.id, row.company) if row is not None else None


def has_opted_out_of(
    program_id: SQLColumnExpression[int] | int, contact_id: SQLColumnExpression[int]
) -> ColumnElement[bool]:
    """Whether a contact wants no more of a program, as a condition."""
    theirs = (ProgramOptOut.program_id == program_id, ProgramOptOut.contact_id == contact_id)
    return exists(select(ProgramOptOut.contact_id).where(*theirs).correlate_except(ProgramOptOut))


def resubscribe(
    session: Session, contact_id: int, *, program_id: int | None, reason: str, by: int, now: datetime
) -> int:
    """Ask somebody again who said so themselves: of one program, or with None of all that they had stopped.

    It is undone as a whole: for every contact with their address; returns how many others that are. What was
    stopped stays stopped; the next wave asks them. Raises Refused without a reason, and NotFound for somebody
    who has not opted out, nor anybody with their address.
    """
    said = reason.replace("\0", "").strip()
    if not said:
        raise Refused("Say in a few words how they told you; it is kept.")
    if len(said) > REASON_LIMIT:
        raise Refused(f"The reason has {len(said)} characters; {REASON_LIMIT} is the most.")
    forgotten = forget_wishes(session, contact_id, program_id=program_id)
    ids = forgotten.contact_ids
    which: list[ColumnElement[bool]] = [ProgramOptOut.contact_id.in_(ids)]
    if program_id is not None:
        which.append(ProgramOptOut.program_id == program_id)
    changed = session.execute(delete(ProgramOptOut).where(*which).returning(ProgramOptOut.program_id)).all()
    whole = 0
    if program_id is None:
        back = update(Contact).where(Contact.id.in_(ids), Contact.opted_out_at.is_not(None))
        whole = run(session, back.values(opted_out_at=None, updated_at=now))
    if not (changed or whole or forgotten.wishes):
        raise NotFound("opt-out", contact_id)
    what = {"what": "resubscribed", "contact_id": contact_id, "program_id": program_id}
    session.add(StopChange(**what, address="", reason=said, by_id=by, at=now))
    others = len(set(ids) - {contact_id})
    facts = {"program": program_id or 0, "programs": len(changed), "others": others}
    record(session, action="resubscribe", thing="contact", thing_id=contact_id, by=by, now=now, facts=facts)
    return others
