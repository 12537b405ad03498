"""Whose a call is: handed to a colleague or to the account manager, or taken over from somebody absent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, and_, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.distribution.call_claims import Overtaken, claim_call, let_go, take_away
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Invitation, Program, Wave
from surveyd.distribution.outbox import queue
from surveyd.distribution.staff_mails import staff_mail
from surveyd.people import audit
from surveyd.people.access import Reach, scope_of
from surveyd.people.models import Account, Contact, StaffRole, User

MAIL, WRONG_NUMBER = "call_handed_over", "wrong_number"
KEPT_FOR = timedelta(days=2)
"""So long a call waits for whom it was handed to; then anybody gets it as the next person, too."""
WORD_LIMIT = 500
CALLING = (StaffRole.SUPPORT, StaffRole.ADMIN)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody to whom a call can be handed."""

    id: int
    name: str
    is_manager: bool


def colleagues_for(session: Session, call: Call, *, but: int) -> list[Colleague]:
    """Who can get a call: everybody who calls, and the manager of its account; not `but`, who asks."""
    manager_id = session.scalar(
        select(Account.manager_id)
        .join(Invitation, Invitation.account_id == Account.id)
        .where(Invitation.id == call.invitation_id)
    )
    some = select(User).where(User.active, User.id != but)
    rows = session.scalars(some.where(User.role.in_(CALLING)).order_by(User.name, User.id)).all()
    manager = session.scalar(some.where(User.id == manager_id)) if manager_id is not None else None
    first = [manager] if manager is not None and _may_call(manager) else []
    others = [user for user in rows if user.id != manager_id]
    return [Colleague(user.id, user.name or user.email, user.id == manager_id) for user in (*first, *others)]


def hand_over(
    session: Session,
    call: Call,
    *,
    to: User,
    by: User,
    now: datetime,
    system_now: datetime,
    mail_domain: str,
    word: str = "",
    seen: int | None = None,
) -> None:
    """Give an open call to a colleague, who gets a mail with a word and has it on their own list.

    For two days nobody else gets it as the next person; what was promised to the person stays promised.
    Raises Overtaken, and Refused for whoever is calling at this moment, a call that is over, or somebody who
    could not open it.
    """
    if to.id not in {one.id for one in colleagues_for(session, call, but=by.id)}:
        raise Refused("Hand the call to somebody who calls, or to the account's manager.")
    if len(word) > WORD_LIMIT:
        raise Refused(f"Shorten your word to {WORD_LIMIT} characters.")
    claim_call(session, call, by=by.id, system_now=system_now, seen=seen)
    let_go(session, call, by=by.id)
    call.claimed_by_id = call.claimed_until = None
    call.owner_id, call.owner_until = to.id, max(now, call.not_before) + KEPT_FOR
    session.flush()
    entry = audit.record(
        session, action="hand_over", thing="call", thing_id=call.id, by=by.id, now=now, facts={"to": to.id}
    )
    _tell(session, call, to, key=f"{call.id}:{entry.id}", by=by, word=word, now=now, mail_domain=mail_domain)


def take_over(
    session: Session, call: Call, *, by: int, role: StaffRole, now: datetime, system_now: datetime
) -> None:
    """Make a call one's own that somebody else had promised or was handed, and claim it.

    An admin takes it out of a colleague's hands as well, who reads so on their page. Raises Refused for a
    call that is over, and for one that a colleague has in hand.
    """
    was = call.claimed_by_id if call.claimed_until and call.claimed_until > system_now else None
    if role is StaffRole.ADMIN and was not in (None, by):
        take_away(session, call)
    claim_call(session, call, by=by, system_now=system_now)
    before = call.owner_id
    mine = and_(Call.id == call.id, Call.state == CallState.OPEN)
    values = {"owner_id": by, "owner_until": max(now, call.not_before) + KEPT_FOR}
    if not run(session, update(Call).where(mine).values(**values)):
        raise Overtaken("This call went on meanwhile; read what came of it and try again.")
    session.refresh(call)
    facts = {"from": before or was or 0}
    audit.record(session, action="take_over", thing="call", thing_id=call.id, by=by, now=now, facts=facts)


def _may_call(user: User) -> bool:
    return scope_of(user).reach in (Reach.ALL, Reach.CALLS, Reach.OWN_ACCOUNTS) and (
        user.role in (*CALLING, StaffRole.ACCOUNT_MANAGER)
    )


def tell_wrong_number(session: Session, call: Call, *, by: str, now: datetime, mail_domain: str) -> None:
    """Tell the account's manager that the number of a call's contact is wrong; nobody where there is none."""
    about = _about(session, call)
    to = session.get(User, about.manager_id) if about.manager_id is not None else None
    if to is None or not to.active:
        return
    context = {
        "company": about.company,
        "reader": to.name,
        "by": by,
        "contact": about.contact,
        "account": about.account,
        "path": f"/staff/accounts/{about.account_id}",
    }
    mail = staff_mail(
        WRONG_NUMBER, to=to, key=str(call.id), context=context, now=now, program_id=about.program_id
    )
    queue(session, [mail], mail_domain=mail_domain)


def _about(session: Session, call: Call) -> Row[str, str, int, int | None, int, str]:
    return session.execute(
        select(
            Contact.name.label("contact"),
            Account.name.label("account"),
            Account.id.label("account_id"),
            Account.manager_id,
            Program.id.label("program_id"),
            Program.company,
        )
        .join(Invitation, Invitation.contact_id == Contact.id)
        .join(Account, Account.id == Invitation.account_id)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .where(Invitation.id == call.invitation_id)
    ).one()


def _tell(
    session: Session,
    call: Call,
    to: User,
    *,
    key: str,
    by: User,
    word: str,
    now: datetime,
    mail_domain: str,
) -> None:
    about = _about(session, call)
    context = {
        "company": about.company,
        "reader": to.name,
        "by": by.name or by.email,
        "contact": about.contact,
        "account": about.account,
        "word": " ".join(word.replace("\0", "").split()),
        "not_before": max(now, call.not_before).isoformat(),
        "time_zone": to.time_zone or "UTC",
        "path": f"/staff/calls/{call.id}",
    }
    mail = staff_mail(MAIL, to=to, key=key, context=context, now=now, program_id=about.program_id)
    queue(session, [mail], mail_domain=mail_domain)
