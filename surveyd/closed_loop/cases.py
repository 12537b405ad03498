"""Cases: the follow-up with one person about one response, from opening to closing.

Every step is one line of the case's log. A closed case takes no more steps; of two people who close it at
once one wins, by a conditional UPDATE.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import Rows
from surveyd.base.errors import NotFound, Refused
from surveyd.base.statements import insert_once, table_of
from surveyd.closed_loop.models import Case, CaseEntry, CaseState
from surveyd.closed_loop.rules import Opening, Reason
from surveyd.people.access import Scope, visible_assigned
from surveyd.people.models import Account, Contact, User

SHORT_TEXT = 200
LONG_TEXT = 3900
"""What a person may write into the log; its column has room for the result of an attempt in front."""

_case = table_of(Case)
_entry = table_of(CaseEntry)
LOG = insert(_entry)


class EntryKind(StrEnum):
    """What a line of the log is about."""

    NOTE = "note"
    ATTEMPT = "attempt"
    CONTACT = "contact"
    HAND_OVER = "hand_over"
    CLOSING = "closing"


class AttemptResult(StrEnum):
    """How an attempt to reach the person ended."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    LEFT_MESSAGE = "left_message"
    WRONG_NUMBER = "wrong_number"

    @property
    def words(self) -> str:
        """The result for a sentence."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class About:
    """Whom a case is about, and who has to see to it."""

    response_id: int
    account_id: int
    contact_id: int
    owner_id: int | None


def open_case(rows: Rows, about: About, *, opening: Opening, now: datetime) -> int | None:
    """Open the case of a response and return its id, or None when the response has one already."""
    row = {
        "response_id": about.response_id,
        "account_id": about.account_id,
        "contact_id": about.contact_id,
        "owner_id": about.owner_id,
        "state": CaseState.OPEN,
        "reasons": [reason.value for reason in opening.reasons],
        "priority": opening.priority,
        "opened_at": now,
        "due_at": opening.due_at,
    }
    return rows.execute(insert_once(rows, Case, "response_id"), row).scalar_one_or_none()


def note(session: Session, case_id: int, *, text: str, by: int, now: datetime) -> None:
    """Add a note to an open case. Raises NotFound, and Refused for a closed case or an empty or long note."""
    _require_open(session, case_id)
    _log(session, case_id, EntryKind.NOTE, text=_words("note", text, most=LONG_TEXT), by=by, now=now)


def record_attempt(
    session: Session, case_id: int, *, result: AttemptResult, text: str = "", by: int, now: datetime
) -> None:
    """Log an attempt to reach the person; the first that reached them is when they were contacted.

    Raises NotFound, and Refused for a closed case or a too long text.
    """
    _require_open(session, case_id)
    said = f": {_words('note', text, most=LONG_TEXT)}" if text.strip() else ""
    reached = result is AttemptResult.REACHED
    kind = EntryKind.CONTACT if reached else EntryKind.ATTEMPT
    _log(session, case_id, kind, text=f"{result.words}{said}", by=by, now=now)
    if reached:
        first = (_case.c.id == case_id) & (_case.c.state == CaseState.OPEN)
        session.execute(update(_case).where(first).values(state=CaseState.CONTACTED, contacted_at=now))


def hand_over(session: Session, case_id: int, *, to: User, by: int, now: datetime) -> None:
    """Give an open case to another active user. Raises NotFound, and Refused for a closed case."""
    _require_open(session, case_id)
    if not to.active:
        raise Refused(f"User {to.id} is not active; hand the case to somebody who is.")
    session.execute(update(_case).where(_case.c.id == case_id).values(owner_id=to.id))
    _log(session, case_id, EntryKind.HAND_OVER, text=f"to user {to.id}", by=by, now=now)


def close_case(
    session: Session, case_id: int, *, root_cause: str, outcome: str, by: int, now: datetime
) -> None:
    """Close a case with its root cause and its outcome, both at most 200 characters.

    Raises NotFound, and Refused when a text is missing or too long or the case is closed already.
    """
    cause = _words("root cause", root_cause, most=SHORT_TEXT)
    result = _words("outcome", outcome, most=SHORT_TEXT)
    still_open = (_case.c.id == case_id) & (_case.c.state != CaseState.CLOSED)
    values = {"state": CaseState.CLOSED, "closed_at": now, "root_cause": cause, "outcome": result}
    if session.execute(update(_case).where(still_open).values(values).returning(_case.c.id)).first() is None:
        _require_open(session, case_id)
    _log(session, case_id, EntryKind.CLOSING, text=f"{cause}; {result}", by=by, now=now)


def _require_open(session: Session, case_id: int) -> None:
    state = session.execute(select(_case.c.state).where(_case.c.id == case_id)).scalar_one_or_none()
    if state is None:
        raise NotFound("case", case_id)
    if state == CaseState.CLOSED:
        raise Refused(f"Case {case_id} is closed; open its response to see what was done.")


def _words(what: str, text: str, *, most: int) -> str:
    said = text.strip()
    if not said:
        raise Refused(f"The {what} is empty; say it in a few words.")
    if len(said) > most:
        raise Refused(f"The {what} has {len(said)} characters; {most} is the most.")
    return said


def _log(session: Session, case_id: int, kind: EntryKind, *, text: str, by: int, now: datetime) -> None:
    session.execute(LOG, {"case_id": case_id, "user_id": by, "at": now, "kind": kind.value, "text": text})


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
    """Return the cases that the scope may see, soonest due first, the urgent before others due then."""
    query = _lines().where(visible_assigned(scope, Case.account_id, Case.owner_id))
    if open_only:
        query = query.where(Case.state != CaseState.CLOSED)
    if owner_id is not None:
        query = query.where(Case.owner_id == owner_id)
    if account_id is not None:
        query = query.where(Case.account_id == account_id)
    rows = session.execute(query.order_by(Case.due_at, Case.priority.desc(), Case.id).limit(most))
    return [_line(row) for row in rows]


def find_case(session: Session, case_id: int, *, scope: Scope) -> CaseView:
    """Return one case with its log. Raises NotFound, also for a case outside the scope."""
    seen = visible_assigned(scope, Case.account_id, Case.owner_id)
    row = session.execute(_lines().where(Case.id == case_id, seen)).one_or_none()
    if row is None:
        raise NotFound("case", case_id)
    entries = session.execute(
        select(CaseEntry.at, User.name, User.email, CaseEntry.kind, CaseEntry.text)
        .outerjoin(User, User.id == CaseEntry.user_id)
        .where(CaseEntry.case_id == case_id)
        .order_by(CaseEntry.id)
    )
    return CaseView(
        line=_line(row),
        phone=row.phone,
        time_zone=row.time_zone,
        contacted_at=row.contacted_at,
        closed_at=row.closed_at,
        root_cause=row.root_cause,
        outcome=row.outcome,
        log=tuple(
            LogLine(at, name or email or "", EntryKind(kind), text) for at, name, email, kind, text in entries
        ),
    )


def _lines() -> Select[tuple[object, ...]]:
    columns = [column for column in _case.c if column.name != "owner_id"]
    names = (
        Account.name.label("account"),
        Contact.name.label("contact"),
        Contact.phone,
        Contact.time_zone,
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


def _line(row: Row[tuple[object, ...]]) -> CaseLine:
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
    )
