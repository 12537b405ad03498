"""Who says that they are not the right person to ask, and whom they name in their place.

Nobody who was named is written to before staff agreed: see `distribution.nominations`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.base.statements import insert_once
from surveyd.distribution import outbox
from surveyd.distribution.invitations import check_asking, end_asking, hold, run
from surveyd.distribution.models import Invitation, InvitationState, Program, Wave
from surveyd.distribution.outbox import NewMessage
from surveyd.distribution.return_models import Absence
from surveyd.distribution.staff_mails import staff_mail
from surveyd.distribution.wish_models import Nomination, NominationState, WhyNot
from surveyd.people.audit import record
from surveyd.people.models import Account, Contact, StaffRole, User

MAIL = "not_right_person"
NOT_RIGHT_PERSON = "not the right person"
WORDS_LIMIT = 500
NOMINATE = insert_once(Nomination, "invitation_id")


@dataclass(frozen=True, slots=True)
class Named:
    """A colleague whom somebody named; address and number are checked already (see `people.cells`)."""

    name: str
    email: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why somebody is not the right person, in a word or in their own, and whom to ask in their place."""

    why: WhyNot
    words: str = ""
    named: Named | None = None


def excuse(session: Session, invitation_id: int, given: Excuse, *, now: datetime, mail_domain: str) -> bool:
    """End the asking of somebody who is not the right person, and tell the account manager; True at first.

    As long as nobody has looked, a second excuse replaces the first without another mail; after that it
    changes nothing. Raises NotFound, and Refused once the asking is over or answered.
    """
    hold(session, Invitation.id == invitation_id)
    row = session.execute(
        select(Invitation, Wave, Program, Contact, Account)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
        .where(Invitation.id == invitation_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound("invitation", invitation_id)
    check_asking(row.Invitation, row.Wave, now)
    which = Invitation.id == invitation_id
    end_asking(session, which, state=InvitationState.DECLINED, reason=NOT_RIGHT_PERSON, now=now)
    if not _write(session, row.Invitation, given, now=now):
        return False
    facts = {"why": given.why.value, "named": int(given.named is not None)}
    record(
        session, action="excuse", thing="invitation", thing_id=invitation_id, by=None, now=now, facts=facts
    )
    mails = _mails(session, row, given, now=now)
    outbox.queue(session, list(mails), mail_domain=mail_domain)
    return True


def excuse_of(session: Session, invitation_id: int) -> Excuse | None:
    """The excuse that was given with an invitation, None without one; a stand-in's name is none."""
    away = exists().where(Absence.nomination_id == Nomination.id)
    found = session.scalar(select(Nomination).where(Nomination.invitation_id == invitation_id, ~away))
    if found is None:
        return None
    named = Named(found.name, found.email, found.phone) if found.email else None
    return Excuse(found.why, found.words, named)


def _write(session: Session, invitation: Invitation, given: Excuse, *, now: datetime) -> bool:
    """Write the excuse down; False when there was one already, which it replaces while it waits."""
    named = given.named or Named("", "")
    said = {
        "why": given.why,
        "words": given.words[:WORDS_LIMIT],
        "name": named.name,
        "email": named.email,
        "phone": named.phone,
        "at": now,
    }
    ids = {
        "invitation_id": invitation.id,
        "contact_id": invitation.contact_id,
        "account_id": invitation.account_id,
        "state": NominationState.WAITING,
        "reason": "",
    }
    if NOMINATE.first(session, said | ids) is not None:
        return True
    waits = (Nomination.invitation_id == invitation.id, Nomination.state == NominationState.WAITING)
    run(session, update(Nomination).where(*waits).values(**said))
    return False


def _mails(
    session: Session, row: Row[*tuple[Any, ...]], given: Excuse, *, now: datetime
) -> Iterator[NewMessage]:
    """To the account manager, else to the first admin."""
    manager = select(User).where(User.id == row.Account.manager_id, User.active)
    admin = select(User).where(User.role == StaffRole.ADMIN, User.active).order_by(User.id).limit(1)
    to = session.scalar(manager) or session.scalar(admin)
    if to is None:
        return
    context = {
        "company": row.Program.company,
        "reader": to.name,
        "contact": row.Contact.name,
        "account": row.Account.name,
        "why": given.why.value,
        "named": given.named.name if given.named else "",
        "path": f"/staff/accounts/{row.Account.id}",
    }
    key = str(row.Invitation.id)
    yield staff_mail(MAIL, to=to, key=key, context=context, now=now, program_id=row.Program.id)
