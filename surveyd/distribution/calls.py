"""The call list: whom support staff phone, because they did not answer.

A claim is a lease on a row, taken by a conditional UPDATE: two people never call the same contact.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.cadence import Window
from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome, CallState
from surveyd.distribution.invitations import end_asking, hold, run
from surveyd.distribution.models import (
    Invitation,
    InvitationState,
    Program,
    Wave,
)
from surveyd.distribution.wish_models import Wish, WishKind
from surveyd.people.models import Account, Contact, User

CLAIM = timedelta(minutes=20)
ATTEMPTS_AT_MOST = 5
PAUSE_AFTER_NO_ANSWER = timedelta(hours=4)
PAUSE_AFTER_MESSAGE = timedelta(hours=24)
PAUSES = {
    CallOutcome.NO_ANSWER: PAUSE_AFTER_NO_ANSWER,
    CallOutcome.LEFT_MESSAGE: PAUSE_AFTER_MESSAGE,
}
"""After these the call comes back by itself; after a message they have a day to call."""
CALL_BACK_WITHIN = timedelta(days=60)
NOTE_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class CallRow:
    """One line of the call list. `local_time` is the contact's wall clock, naive; times are UTC otherwise."""

    id: int
    invitation_id: int
    contact_id: int
    contact: str
    name: str
    account_id: int
    account: str
    role: str
    phone: str
    language: str
    time_zone: str
    local_time: datetime
    callable_now: bool
    wave: str
    flagged_at: datetime
    not_before: datetime
    attempts: int
    started: bool
    claimed_by_id: int | None
    reason: str
    region: str
    back_at: datetime | None
    """When they asked to be called back; None for who did not."""
    asked_at: datetime | None
    """When they asked on their page to be called; None for who did not."""
    suits: str
    """What they wrote about when it suits; `phone` is then the number that they named, if they did."""


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt to call, as its caller recorded it."""

    at: datetime
    by_id: int
    by: str
    outcome: CallOutcome
    note: str
    call_back_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallView:
    """One call whole: its line of the list, for whom we call, whether it is over and why, what was tried."""

    row: CallRow
    company: str
    state: CallState
    over_because: str
    log: tuple[AttemptLine, ...]


def call_list(session: Session, *, now: datetime, system_now: datetime, limit: int = 500) -> list[CallRow]:
    """Everybody who is to be called, whoever can be called now first, then by how long they wait."""
    open_calls = call_rows().where(Call.state == CallState.OPEN)
    rows = session.execute(open_calls.order_by(Call.not_before, Call.id).limit(limit))
    listed = [call_row(row, now=now, system_now=system_now) for row in rows]
    return sorted(listed, key=lambda row: (not row.callable_now, row.not_before, row.id))


def find_call(session: Session, call_id: int) -> Call:
    """The call of that id. Raises NotFound."""
    call = session.get(Call, call_id)
    if call is None:
        raise NotFound("call", call_id)
    return call


def view_call(session: Session, call_id: int, *, now: datetime, system_now: datetime) -> CallView:
    """One call with what was tried so far, also when it is over. Raises NotFound."""
    found = session.execute(call_rows().where(Call.id == call_id)).one_or_none()
    if found is None:
        raise NotFound("call", call_id)
    call, program = found.Call, found.Program
    attempts = session.execute(
        select(CallAttempt, User.name, User.email)
        .join(User, User.id == CallAttempt.user_id)
        .where(CallAttempt.call_id == call_id)
        .order_by(CallAttempt.id)
    )
    return CallView(
        row=call_row(found, now=now, system_now=system_now),
        company=program.company,
        state=call.state,
        over_because=call.reason if call.state is not CallState.OPEN else "",
        log=tuple(
            AttemptLine(tried.at, tried.user_id, name or email, tried.outcome, tried.note, tried.call_back_at)
            for tried, name, email in attempts
        ),
    )


class Overtaken(Refused):
    """Somebody else was faster: there are attempts that the caller has not seen."""


def claim_call(
    session: Session, call: Call, *, by: int, system_now: datetime, seen: int | None = None
) -> None:
    """Take a call for twenty minutes. Raises Refused when a colleague has it or it is over.

    `seen` is how many attempts the caller has seen; raises Overtaken when there are others by now.
    """
    which = and_(Call.id == call.id, Call.state == CallState.OPEN, _free_for(by, system_now))
    if seen is not None:
        which &= Call.attempts == seen
    if not run(session, update(Call).where(which).values(claimed_by_id=by, claimed_until=system_now + CLAIM)):
        session.refresh(call)
        if seen is not None and call.attempts != seen:
            raise Overtaken("This call went on meanwhile; read what came of it and try again.")
        over = call.state is not CallState.OPEN
        raise Refused(
            "This call is over; the list shows the next one."
            if over
            else "A colleague is calling this contact; take the next one."
        )
    session.refresh(call)


def release_call(session: Session, call: Call, *, by: int) -> None:
    """Put one's own claim back onto the list; without one nothing happens."""
    run(
        session,
        update(Call)
        .where(Call.id == call.id, Call.claimed_by_id == by)
        .values(claimed_by_id=None, claimed_until=None),
    )
    session.refresh(call)


def record(
    session: Session,
    call: Call,
    outcome: CallOutcome,
    *,
    now: datetime,
    system_now: datetime,
    by: int,
    note: str = "",
    call_back_at: datetime | None = None,
    seen: int | None = None,
) -> None:
    """Write down one attempt and what follows from it.

    `seen` is how many attempts the caller has seen; without a page it is None. Raises Overtaken when there
    are others by now, and Refused when a colleague has the call, for a time to call back that is past or
    more than 60 days ahead, and for a long note.
    """
    note = clean_note(note)
    if outcome is CallOutcome.CALL_BACK and (call_back_at is None or call_back_at <= now):
        raise Refused("Say when to call back, at a time that is still to come.")
    if call_back_at is not None and call_back_at > now + CALL_BACK_WITHIN:
        raise Refused(f"Call back within {CALL_BACK_WITHIN.days} days; say an earlier time.")
    if len(note) > NOTE_LIMIT:
        raise Refused(f"The note is {len(note) - NOTE_LIMIT} characters too long; shorten it.")
    hold(session, Invitation.id == call.invitation_id)
    claim_call(session, call, by=by, system_now=system_now, seen=seen)
    session.add(
        CallAttempt(
            call_id=call.id, user_id=by, at=now, outcome=outcome, note=note, call_back_at=call_back_at
        )
    )
    call.attempts += 1
    call.outcome = outcome
    call.claimed_by_id = call.claimed_until = None
    if outcome is CallOutcome.CALL_BACK and call_back_at is not None:
        call.not_before = call_back_at
    elif outcome in PAUSES and call.attempts < ATTEMPTS_AT_MOST:
        call.not_before = now + PAUSES[outcome]
    else:
        call.state, call.closed_at, call.reason = CallState.DONE, now, outcome.value
    session.flush()
    if outcome is CallOutcome.DECLINED:
        which = Invitation.id == call.invitation_id
        end_asking(session, which, state=InvitationState.DECLINED, reason="declined", now=now)


def clean_note(note: str) -> str:
    """A typed note as it is kept: without NUL, which PostgreSQL refuses."""
    return note.replace("\0", "")


def _free_for(by: int, system_now: datetime) -> ColumnElement[bool]:
    return or_(Call.claimed_until.is_(None), Call.claimed_until < system_now, Call.claimed_by_id == by)


def call_rows() -> Select[*tuple[Any, ...]]:
    """Calls with all that a line shows; conditions and an order are the caller's to add."""
    return (
        select(Call, Invitation, Contact, Account, Wave, Program, Wish)
        .join(Invitation, Invitation.id == Call.invitation_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Contact.account_id)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .outerjoin(Wish, and_(Wish.invitation_id == Call.invitation_id, Wish.kind == WishKind.CALL))
    )


def call_row(line: Row[*tuple[Any, ...]], *, now: datetime, system_now: datetime) -> CallRow:
    """One row of `call_rows` as a line of the list."""
    call, invitation, contact = line.Call, line.Invitation, line.Contact
    account, wave, program, wish = line.Account, line.Wave, line.Program, line.Wish
    zone = zone_named(invitation.time_zone)
    window = Window(program.window_start, program.window_end, program.workdays_only)
    claimed = call.claimed_until is not None and call.claimed_until > system_now
    return CallRow(
        id=call.id,
        invitation_id=invitation.id,
        contact_id=contact.id,
        contact=contact.external_id,
        name=contact.name,
        account_id=account.id,
        account=account.name,
        role=contact.role.value,
        phone=(wish.phone if wish else "") or contact.phone,
        language=invitation.language,
        time_zone=invitation.time_zone,
        local_time=now.astimezone(zone).replace(tzinfo=None),
        callable_now=window.opens(now, zone) == now and call.not_before <= now and not claimed,
        wave=wave.slug,
        flagged_at=call.flagged_at,
        not_before=call.not_before,
        attempts=call.attempts,
        started=invitation.started_at is not None,
        claimed_by_id=call.claimed_by_id if claimed else None,
        reason=_reason(invitation, wish),
        region=account.region,
        back_at=call.not_before if call.outcome is CallOutcome.CALL_BACK else None,
        asked_at=wish.at if wish else None,
        suits=wish.suits if wish else "",
    )


def _reason(invitation: Invitation, wish: Wish | None) -> str:
    if wish is not None:
        return "asked to be called"
    return "half answered" if invitation.started_at else "no answer to the mails"
