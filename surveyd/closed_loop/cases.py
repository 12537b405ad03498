"""Cases: the follow-up with one person about one response, from opening to closing.

Every step is one line of the case's log. A closed case takes no more steps; of two people who close it at
once one wins, by a conditional UPDATE.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import Rows
from surveyd.base.errors import NotFound, Refused
from surveyd.base.statements import insert_once, table_of
from surveyd.closed_loop.models import Case, CaseEntry, CaseState, Ending, RootCause
from surveyd.closed_loop.rules import Opening
from surveyd.closed_loop.working_hours import Deadline
from surveyd.people.access import Reach, scope_of
from surveyd.people.models import User

SHORT_TEXT = 200
LONG_TEXT = 3900
"""What a person may write into the log; its column has room for the result of an attempt in front."""

_case = table_of(Case)
_entry = table_of(CaseEntry)
OPEN = insert_once(Case, "response_id")
LOG = insert(_entry)


class EntryKind(StrEnum):
    """What a line of the log is about."""

    NOTE = "note"
    ATTEMPT = "attempt"
    CONTACT = "contact"
    HAND_OVER = "hand_over"
    CLOSING = "closing"
    SOLVED = "solved"
    NOT_SOLVED = "not_solved"


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
    """Whom a case is about, who has to see to it, and until when."""

    response_id: int
    account_id: int
    contact_id: int
    owner_id: int | None
    deadline: Deadline


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
        "due_at": about.deadline.due_at,
        "allowed_hours": about.deadline.hours,
        "time_zone": about.deadline.time_zone,
    }
    opened = OPEN.first(rows, row)
    return None if opened is None else int(opened.id)


def note(
    session: Session, case_id: int, *, text: str, by: int, now: datetime, seen: int | None = None
) -> None:
    """Add a note to an open case.

    Here as below, `seen` is how many lines of the log the writer has seen. Raises NotFound, Overtaken when
    there are more by now, and Refused for a closed case or an empty or long note.
    """
    said = _words("note", text, most=LONG_TEXT)
    _step(session, case_id, seen=seen)
    _log(session, case_id, EntryKind.NOTE, text=said, by=by, now=now)


def record_attempt(
    session: Session,
    case_id: int,
    *,
    result: AttemptResult,
    text: str = "",
    by: int,
    now: datetime,
    seen: int | None = None,
) -> None:
    """Log an attempt to reach the person; the first that reached them is when they were contacted.

    Raises NotFound, Overtaken, and Refused for a closed case or a too long text.
    """
    said = attempt_text(result, text)
    _step(session, case_id, seen=seen)
    reached = result is AttemptResult.REACHED
    kind = EntryKind.CONTACT if reached else EntryKind.ATTEMPT
    _log(session, case_id, kind, text=said, by=by, now=now)
    if reached:
        first = (_case.c.id == case_id) & (_case.c.state == CaseState.OPEN)
        session.execute(update(_case).where(first).values(state=CaseState.CONTACTED, contacted_at=now))


def attempt_text(result: AttemptResult, text: str) -> str:
    """What the log says of an attempt. Raises Refused for a too long text."""
    return f"{result.words}: {_words('note', text, most=LONG_TEXT)}" if clean(text) else result.words


def hand_over(
    session: Session,
    case_id: int,
    *,
    to: User,
    text: str = "",
    by: int,
    now: datetime,
    seen: int | None = None,
) -> int:
    """Give an open case to another active user, with a word to them; return which line of the log says so.

    The due time stays: it was promised to the customer. Raises NotFound, Overtaken, and Refused for a closed
    case, a too long text, or somebody who could not open the case.
    """
    if scope_of(to).reach is Reach.NOTHING:
        raise Refused(f"User {to.id} is not active; hand the case to somebody who is.")
    said = handing_text(to, text)
    line = _step(session, case_id, seen=seen, owner_id=to.id)
    _log(session, case_id, EntryKind.HAND_OVER, text=said, by=by, now=now)
    return line


def handing_text(to: User, text: str) -> str:
    """What the log says of a case that was handed over. Raises Refused for a too long text."""
    name = to.name or to.email
    return f"to {name}: {_words('note', text, most=LONG_TEXT)}" if clean(text) else f"to {name}"


@dataclass(frozen=True, slots=True)
class Kinds:
    """What was behind a case and what came of it, by kind."""

    cause: RootCause
    ending: Ending


def close_case(
    session: Session,
    case_id: int,
    *,
    root_cause: str,
    outcome: str,
    kinds: Kinds | None = None,
    by: int,
    now: datetime,
    seen: int | None = None,
) -> None:
    """Close a case with its root cause and its outcome, both at most 200 characters, and how they are sorted.

    Raises NotFound, Overtaken, and Refused when a text is missing or too long or the case is closed already.
    """
    cause = _words("root cause", root_cause, most=SHORT_TEXT)
    result = _words("outcome", outcome, most=SHORT_TEXT)
    values = {"state": CaseState.CLOSED, "closed_at": now, "root_cause": cause, "outcome": result}
    if kinds is not None:
        values |= {"cause_kind": kinds.cause.value, "ending": kinds.ending.value}
    _step(session, case_id, seen=seen, **values)
    _log(session, case_id, EntryKind.CLOSING, text=f"{cause}; {result}", by=by, now=now)


class Overtaken(Refused):
    """Somebody else was faster: the log has lines that the writer has not seen."""


def _step(session: Session, case_id: int, *, seen: int | None, **values: object) -> int:
    """Take the place of the log's next line, and return which it is."""
    which = (_case.c.id == case_id) & (_case.c.state != CaseState.CLOSED)
    if seen is not None:
        which &= _case.c.steps == seen
    taken = update(_case).where(which).values(steps=_case.c.steps + 1, **values).returning(_case.c.steps)
    line = session.execute(taken).scalar_one_or_none()
    if line is not None:
        return int(line)
    there = session.execute(select(_case.c.steps).where(_case.c.id == case_id)).scalar_one_or_none()
    if there is None:
        raise NotFound("case", case_id)
    if seen is not None and there != seen:
        raise Overtaken(f"Case {case_id} went on meanwhile; read what happened and try again.")
    raise Refused(f"Case {case_id} is closed; open its response to see what was done.")


def clean(text: str) -> str:
    """Typed text as the log keeps it: without blanks around it, and without NUL, which PostgreSQL refuses."""
    return text.replace("\0", "").strip()


def _words(what: str, text: str, *, most: int) -> str:
    said = clean(text)
    if not said:
        raise Refused(f"The {what} is empty; say it in a few words.")
    if len(said) > most:
        raise Refused(f"The {what} has {len(said)} characters; {most} is the most.")
    return said


def _log(session: Session, case_id: int, kind: EntryKind, *, text: str, by: int, now: datetime) -> None:
    session.execute(LOG, {"case_id": case_id, "user_id": by, "at": now, "kind": kind.value, "text": text})
