"""Cases as lists and pages show them, and who may see them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, case, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.base.statements import table_of
from surveyd.closed_loop.cases import EntryKind
from surveyd.closed_loop.models import Case, CaseEntry, CaseState, Ending, RootCause
from surveyd.closed_loop.rules import Reason
from surveyd.closed_loop.working_hours import Deadline
from surveyd.people.access import Reach, Scope, scope_of, visible_assigned
from surveyd.people.models import Account, Contact, StaffRole, User

_case = table_of(Case)


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case as a list shows it."""

    id: int
    response_id: int
    account_id: int
    account: str
    contact_id: int
    contact: str
    owner_id: int | None
    owner: str
    state: CaseState
    reasons: tuple[Reason, ...]
    priority: int
    opened_at: datetime
    due_at: datetime
    allowed_hours: int
    time_zone: str

    @property
    def deadline(self) -> Deadline:
        """Until when the person should have heard from us, as it is counted."""
        return Deadline(self.allowed_hours, self.time_zone, self.due_at)

    def is_overdue(self, now: datetime) -> bool:
        """Say whether the person waits longer than the rule allows."""
        return self.state is CaseState.OPEN and self.due_at < now


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a case's log."""

    at: datetime
    by: str
    kind: EntryKind
    text: str
    by_id: int | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case whole: its line, its log in order, and how it ended."""

    line: CaseLine
    phone: str
    time_zone: str
    contacted_at: datetime | None
    closed_at: datetime | None
    root_cause: str
    outcome: str
    cause: RootCause | None
    ending: Ending | None
    late_told_at: datetime | None
    log: tuple[LogLine, ...]


def list_cases(
    session: Session,
    *,
    scope: Scope,
    open_only: bool = True,
    owner_id: int | None = None,
    account_id: int | None = None,
    most: int = 200,
) -> list[CaseLine]:
    """Return the cases that the scope may see, soonest due first, the urgent before others due then.

    Closed ones, where they are wanted, come behind the open ones, the latest first.
    """
    query = case_rows().where(visible_assigned(scope, Case.account_id, Case.owner_id))
    if open_only:
        query = query.where(Case.state != CaseState.CLOSED)
    if owner_id is not None:
        query = query.where(Case.owner_id == owner_id)
    if account_id is not None:
        query = query.where(Case.account_id == account_id)
    if not open_only:
        closed = case((Case.state == CaseState.CLOSED, Case.due_at))
        query = query.order_by(Case.state == CaseState.CLOSED, closed.desc())
    rows = session.execute(query.order_by(Case.due_at, Case.priority.desc(), Case.id).limit(most))
    return [case_line(row) for row in rows]


def find_case(session: Session, case_id: int, *, scope: Scope) -> CaseView:
    """Return one case with its log. Raises NotFound, also for a case outside the scope."""
    seen = visible_assigned(scope, Case.account_id, Case.owner_id)
    row = session.execute(case_rows().where(Case.id == case_id, seen)).one_or_none()
    if row is None:
        raise NotFound("case", case_id)
    entries = session.execute(
        select(CaseEntry.at, User.name, User.email, CaseEntry.kind, CaseEntry.text, CaseEntry.user_id)
        .outerjoin(User, User.id == CaseEntry.user_id)
        .where(CaseEntry.case_id == case_id)
        .order_by(CaseEntry.id)
    )
    return CaseView(
        line=case_line(row),
        phone=row.phone,
        time_zone=row.contact_zone,
        contacted_at=row.contacted_at,
        closed_at=row.closed_at,
        root_cause=row.root_cause,
        outcome=row.outcome,
        cause=RootCause(row.cause_kind) if row.cause_kind else None,
        ending=Ending(row.ending) if row.ending else None,
        late_told_at=row.late_told_at,
        log=tuple(
            LogLine(at, name or email or "", EntryKind(kind), text, by_id)
            for at, name, email, kind, text, by_id in entries
        ),
    )


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody on our side whom a case can be given to."""

    id: int
    name: str
    role: StaffRole


def possible_owners(session: Session, *, but: int | None) -> tuple[Colleague, ...]:
    """Return everybody who could open a case of their own, except its present owner, by role and name."""
    query = select(User).where(User.active).order_by(User.role, User.name, User.id)
    return tuple(
        Colleague(user.id, user.name or user.email, user.role)
        for user in session.scalars(query)
        if user.id != but and scope_of(user).reach is not Reach.NOTHING
    )


def case_rows() -> Select[tuple[object, ...]]:
    """Cases with the names that a line shows; a scope and an order are the caller's to add."""
    columns = [column for column in _case.c if column.name != "owner_id"]
    names = (
        Account.name.label("account"),
        Contact.name.label("contact"),
        Contact.phone,
        Contact.time_zone.label("contact_zone"),
        Case.owner_id,
        User.name.label("owner_name"),
        User.email.label("owner_email"),
    )
    return (
        select(*columns, *names)
        .join(Account, Account.id == Case.account_id)
        .join(Contact, Contact.id == Case.contact_id)
        .outerjoin(User, User.id == Case.owner_id)
    )


def case_line(row: Row[tuple[object, ...]]) -> CaseLine:
    """One row of `case_rows` as a line."""
    return CaseLine(
        id=row.id,
        response_id=row.response_id,
        account_id=row.account_id,
        account=row.account,
        contact_id=row.contact_id,
        contact=row.contact,
        owner_id=row.owner_id,
        owner=row.owner_name or row.owner_email or "",
        state=CaseState(row.state),
        reasons=tuple(Reason(reason) for reason in row.reasons),
        priority=row.priority,
        opened_at=row.opened_at,
        due_at=row.due_at,
        allowed_hours=row.allowed_hours,
        time_zone=row.time_zone,
    )
