"""What was written on a sheet of the call list, read back: shown first, then all of it or nothing.

A line counts once, however often its file comes. What went on meanwhile, answered on the web or called by a
colleague, is said and left as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.clock import from_local, zone_named
from surveyd.base.errors import BadFile, Fault, Refused
from surveyd.base.spreadsheets import unguarded
from surveyd.distribution.call_attempts import Attempt, check_attempt, clean_note, record_attempt
from surveyd.distribution.call_hours import Caller
from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome, CallState
from surveyd.distribution.call_owners import tell_wrong_number
from surveyd.distribution.calls import call_scope
from surveyd.distribution.excuses import WORDS_LIMIT, Excuse, excuse
from surveyd.distribution.models import Invitation
from surveyd.distribution.wish_models import WhyNot
from surveyd.people import audit
from surveyd.people.models import Contact
from surveyd.people.tables import Table, read_table

MOST_ROWS = 1000
NEEDED = ("call", "tried", "outcome")
SPELLINGS = {
    "noanswer": CallOutcome.NO_ANSWER,
    "leftmessage": CallOutcome.LEFT_MESSAGE,
    "leftamessage": CallOutcome.LEFT_MESSAGE,
    "message": CallOutcome.LEFT_MESSAGE,
    "voicemail": CallOutcome.LEFT_MESSAGE,
    "callback": CallOutcome.CALL_BACK,
    "reached": CallOutcome.REACHED,
    "wrongnumber": CallOutcome.WRONG_NUMBER,
    "gone": CallOutcome.GONE,
    "declined": CallOutcome.DECLINED,
}
WORDS = "no answer, left message, call back, reached, wrong number, gone, declined"


class Fate(StrEnum):
    """What becomes of a line: it is recorded, was recorded before, or is left as the call went on."""

    NEW = "new"
    KNOWN = "known"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line that was filled in; `why` says of one that is left what happened meanwhile."""

    line: int
    call_id: int
    person: str
    attempt: Attempt
    fate: Fate
    why: str = ""


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """A file as it would be recorded now. `digest` names exactly this: file and fates."""

    lines: tuple[SheetLine, ...]
    faults: tuple[Fault, ...]
    empty: int
    digest: str

    def count(self, fate: Fate) -> int:
        """How many lines have that fate."""
        return sum(line.fate is fate for line in self.lines)

    @property
    def may_be_applied(self) -> bool:
        return not self.faults and self.count(Fate.NEW) > 0


def plan_sheet(session: Session, name: str, content: bytes, *, caller: Caller) -> SheetPlan:
    """What a file would do; nothing is changed. Raises BadFile for what is no such table at all."""
    table = read_table(name, content)
    lacking = [column for column in NEEDED if column not in table.headings]
    if lacking:
        fault = Fault(name, table.heading_line, "", f"lacks the columns {', '.join(lacking)}")
        raise BadFile([fault])
    if len(table.rows) > MOST_ROWS:
        raise BadFile([Fault(name, table.heading_line, "", f"has more than {MOST_ROWS} rows; split it")])
    return _Reading(session, table, caller).plan(content)


def apply_sheet(
    session: Session, name: str, content: bytes, *, seen: str, by: str, caller: Caller, mail_domain: str
) -> SheetPlan:
    """Record all new lines of a file in the caller's transaction. `by` is the caller's name, for mails.

    Raises Refused when anything changed since the plan `seen`, and for a plan with faults.
    """
    plan = plan_sheet(session, name, content, caller=caller)
    if plan.digest != seen or plan.faults:
        raise Refused("The call list went on meanwhile; look at the file again, then record it.")
    for line in plan.lines:
        if line.fate is Fate.NEW:
            _record(session, line, by=by, caller=caller, mail_domain=mail_domain)
    facts = {"new": plan.count(Fate.NEW), "known": plan.count(Fate.KNOWN), "left": plan.count(Fate.LEFT)}
    audit.record(
        session,
        action="call_sheet",
        thing="calls",
        thing_id=None,
        by=caller.user_id,
        now=caller.now,
        facts=facts,
    )
    return plan


def _record(session: Session, line: SheetLine, *, by: str, caller: Caller, mail_domain: str) -> None:
    call = session.get_one(Call, line.call_id)
    now, outcome = caller.now, line.attempt.outcome
    record_attempt(session, call, line.attempt, now=now, system_now=caller.system_now, by=caller.user_id)
    if outcome is CallOutcome.WRONG_NUMBER:
        tell_wrong_number(session, call, by=by, now=now, mail_domain=mail_domain)
    elif outcome is CallOutcome.GONE:
        gone = Excuse(WhyNot.LEFT_COMPANY, line.attempt.note[:WORDS_LIMIT])
        excuse(session, call.invitation_id, gone, now=now, mail_domain=mail_domain)


@dataclass(frozen=True, slots=True)
class _Standing:
    """A call as it stands now, and whom it is with."""

    call: Call
    person: str


class _Reading:
    """One reading of a table: its calls and the lines that were recorded before, each read at once."""

    def __init__(self, session: Session, table: Table, caller: Caller) -> None:
        self.table, self.caller = table, caller
        self.places = {heading: place for place, heading in enumerate(table.headings)}
        self.faults = list(table.faults)
        ids = {int(cell) for row in table.rows if (cell := self._cell(row.cells, "call")).isdecimal()}
        self.calls = self._standing(session, sorted(one for one in ids if one < 2**63))
        known = select(CallAttempt.sheet_key).where(
            CallAttempt.call_id.in_(self.calls), CallAttempt.sheet_key.is_not(None)
        )
        self.known = set(session.scalars(known))

    def plan(self, content: bytes) -> SheetPlan:
        lines: list[SheetLine] = []
        seen: set[int] = set()
        empty = 0
        for row in self.table.rows:
            if not self._cell(row.cells, "outcome"):
                empty += 1
                continue
            try:
                line = self._line(row.line, row.cells)
                if line.call_id in seen:
                    raise ValueError("stands in the file twice; keep the line that holds")
            except (ValueError, Refused) as error:
                self.faults.append(Fault(self.table.file, row.line, "", str(error)))
                continue
            seen.add(line.call_id)
            lines.append(line)
        fates = ",".join(f"{line.call_id}{line.fate}" for line in lines)
        digest = sha256(content + fates.encode()).hexdigest()
        return SheetPlan(tuple(lines), tuple(self.faults), empty, digest)

    def _line(self, number: int, cells: Sequence[str]) -> SheetLine:
        found = self._call(self._cell(cells, "call"))
        tried = self._cell(cells, "tried")
        if not tried.isdecimal():
            raise ValueError("has no number in the column tried; leave it as it was")
        outcome = _outcome(self._cell(cells, "outcome"))
        note, written = clean_note(self._cell(cells, "note")), self._cell(cells, "call_back_at")
        back = _instant(written, found.call.time_zone) if outcome is CallOutcome.CALL_BACK else None
        told = "\x1f".join((str(found.call.id), tried, outcome.value, written, note))
        key = sha256(told.encode()).hexdigest()
        attempt = Attempt(outcome, note, back, int(tried), key)
        if key in self.known:
            return SheetLine(number, found.call.id, found.person, attempt, Fate.KNOWN)
        why = self._meanwhile(found.call, int(tried))
        if why:
            return SheetLine(number, found.call.id, found.person, attempt, Fate.LEFT, why)
        check_attempt(attempt, now=self.caller.now)
        return SheetLine(number, found.call.id, found.person, attempt, Fate.NEW)

    def _meanwhile(self, call: Call, tried: int) -> str:
        """What happened since the sheet was printed: a reason, a word, or nothing."""
        if call.state is not CallState.OPEN:
            return call.reason or call.state.value
        if call.attempts != tried:
            return "called_meanwhile"
        held = call.claimed_until is not None and call.claimed_until >= self.caller.system_now
        return "in_hand" if held and call.claimed_by_id != self.caller.user_id else ""

    def _call(self, cell: str) -> _Standing:
        found = self.calls.get(int(cell)) if cell.isdecimal() else None
        if found is None:
            raise ValueError(f"names the call {cell[:20]!r}, which is not known; leave the column as it was")
        return found

    def _cell(self, cells: Sequence[str], column: str) -> str:
        place = self.places.get(column)
        return unguarded(cells[place].strip()) if place is not None else ""

    def _standing(self, session: Session, ids: list[int]) -> dict[int, _Standing]:
        rows = session.execute(
            select(Call, Contact.name)
            .join(Invitation, Invitation.id == Call.invitation_id)
            .join(Contact, Contact.id == Invitation.contact_id)
            .where(Call.id.in_(ids), call_scope(self.caller.scope))
        )
        return {call.id: _Standing(call, name) for call, name in rows}


def _outcome(text: str) -> CallOutcome:
    letters = "".join(sign for sign in text.lower() if sign.isalpha())
    if letters == CallOutcome.COMPLETED:
        raise ValueError("is completed: bring the answers by a file of answers, which closes the call")
    if letters not in SPELLINGS:
        raise ValueError(f"has the outcome {text[:40]!r}; write one of: {WORDS}")
    return SPELLINGS[letters]


def _instant(text: str, time_zone: str) -> datetime:
    try:
        wall = datetime.fromisoformat(text)
        if wall.tzinfo is not None:
            raise ValueError("an offset")
        return from_local(wall, zone_named(time_zone))
    except (ValueError, OverflowError) as error:
        raise ValueError("says no time to call back; write it as 2026-03-31 14:30, the time there") from error
