"""What case owners and leaders are told by mail: a case was handed over, a case is overdue."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.base.statements import table_of
from surveyd.closed_loop.cases import hand_over
from surveyd.closed_loop.mails import due_context
from surveyd.closed_loop.models import Case, CaseState
from surveyd.closed_loop.rules import Reason
from surveyd.closed_loop.working_hours import Deadline
from surveyd.distribution.models import Program, Wave
from surveyd.distribution.outbox import NewMessage, queue
from surveyd.distribution.staff_mails import staff_mail
from surveyd.people.audit import record
from surveyd.people.models import Account, Contact, StaffRole, User
from surveyd.responses.models import Response

HANDED_OVER = "case_handed_over"
OVERDUE = "case_overdue"
FRESH = timedelta(days=1)
"""Who is overdue for longer than this was so before anybody looked: nobody is told late."""
AT_ONCE = 100

_case = table_of(Case)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the mails say of a case."""

    case_id: int
    contact: str
    account: str
    region: str
    reasons: tuple[Reason, ...]
    owner_id: int | None
    owner: str
    deadline: Deadline
    program_id: int
    company: str


def pass_on(
    session: Session,
    case_id: int,
    *,
    to: User,
    text: str,
    by: User,
    now: datetime,
    mail_domain: str,
    seen: int | None = None,
) -> None:
    """Hand a case over and queue the new owner's alert. Raises what `cases.hand_over` raises."""
    line = hand_over(session, case_id, to=to, text=text, by=by.id, now=now, seen=seen)
    record(
        session, action="hand_over", thing="case", thing_id=case_id, by=by.id, now=now, facts={"to": to.id}
    )
    if to.id == by.id:
        return  # who takes a case needs no mail about it
    case = _read(session, case_id)
    facts = {"by": by.name or by.email, "word": text.strip()}
    queue(
        session,
        [_mail(HANDED_OVER, case, to=to, key=f"{case_id}:{line}", now=now, facts=facts)],
        mail_domain=mail_domain,
    )


def newly_overdue(session: Session, *, now: datetime) -> list[int]:
    """The ids of cases that fell due within the last day, nobody reached and nobody told; some at a time."""
    query = select(Case.id).where(_is_newly_overdue(now)).order_by(Case.due_at, Case.id)
    return list(session.scalars(query.limit(AT_ONCE)))


def next_overdue(session: Session, *, since: datetime) -> datetime | None:
    """The first instant after `since` at which a case falls due that nobody was told of."""
    waiting = Case.state == CaseState.OPEN, Case.late_told_at.is_(None), Case.due_at > since
    return session.scalar(select(func.min(Case.due_at)).where(*waiting))


def tell_overdue(session: Session, case_id: int, *, now: datetime, mail_domain: str) -> int:
    """Tell the owner and the leaders of the account's region, once; return how many mails were queued."""
    claim = update(_case).where(_case.c.id == case_id, _is_newly_overdue(now)).values(late_told_at=now)
    if session.execute(claim.returning(_case.c.id)).first() is None:
        return 0
    case = _read(session, case_id)
    mails = [
        _mail(OVERDUE, case, to=user, key=f"{case_id}:{user.id}", now=now, facts={"owner": case.owner})
        for user in _to_tell(session, case)
    ]
    queue(session, mails, mail_domain=mail_domain)
    return len(mails)


def _is_newly_overdue(now: datetime) -> ColumnElement[bool]:
    fell_due = (_case.c.due_at <= now) & (_case.c.due_at >= now - FRESH)
    return fell_due & (_case.c.state == CaseState.OPEN) & _case.c.late_told_at.is_(None)


def _to_tell(session: Session, case: _Told) -> Iterator[User]:
    leads = (User.role == StaffRole.REGIONAL_LEADER) & (User.region == case.region) & (User.region != "")
    who = leads if case.owner_id is None else leads | (User.id == case.owner_id)
    yield from session.scalars(select(User).where(User.active, who).order_by(User.id))


def _mail(name: str, case: _Told, *, to: User, key: str, now: datetime, facts: dict[str, str]) -> NewMessage:
    # Everybody reads the time that they live by; the hours are those that were allowed.
    due = Deadline(case.deadline.hours, to.time_zone or case.deadline.time_zone, case.deadline.due_at)
    return staff_mail(
        name,
        to=to,
        key=key,
        context={
            "company": case.company,
            "contact": case.contact,
            "account": case.account,
            "reader": to.name,
            "is_owner": to.id == case.owner_id,
            "reasons": [reason.words for reason in case.reasons],
            "path": f"/staff/cases/{case.case_id}",
            **due_context(due),
            **facts,
        },
        program_id=case.program_id,
        now=now,
    )


def _read(session: Session, case_id: int) -> _Told:
    row = session.execute(
        select(
            Case,
            Account.name,
            Account.region,
            Contact.name,
            User.name,
            User.email,
            Program.id,
            Program.company,
        )
        .join(Account, Account.id == Case.account_id)
        .join(Contact, Contact.id == Case.contact_id)
        .join(Response, Response.id == Case.response_id)
        .join(Wave, Wave.id == Response.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .outerjoin(User, User.id == Case.owner_id)
        .where(Case.id == case_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound("case", case_id)
    case, account, region, contact, owner, owner_email, program_id, company = row
    return _Told(
        case_id=case.id,
        contact=contact,
        account=account,
        region=region,
        reasons=tuple(Reason(reason) for reason in case.reasons),
        owner_id=case.owner_id,
        owner=owner or owner_email or "",
        deadline=Deadline(case.allowed_hours, case.time_zone, case.due_at),
        program_id=program_id,
        company=company,
    )
