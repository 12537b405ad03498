"""What came of an attempt to call, and what follows from it: each outcome does the obvious."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.base.errors import Refused
from surveyd.distribution.call_claims import claim_call, dialled, let_go
from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome, CallState, WrongNumber
from surveyd.distribution.call_rules import rules_for
from surveyd.distribution.call_windows import next_chance
from surveyd.distribution.invitations import end_asking, hold, run
from surveyd.distribution.models import Invitation, InvitationState

CALL_BACK_WITHIN = timedelta(days=60)
NOTE_LIMIT = 2000
TRIED_OFTEN = "tried_often"
"""Why a call is over that nobody answered as often as the program tries."""
KEPT_FOR = timedelta(minutes=30)
"""So long after its time a call back is still that of who promised it; then anybody gets it next."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as its caller tells it; `seen` is how many they had seen, None without a page.

    `sheet_key` names the line of paper that it was read from.
    """

    outcome: CallOutcome
    note: str = ""
    call_back_at: datetime | None = None
    seen: int | None = None
    sheet_key: str | None = None


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
    """Write down one attempt and what follows from it; see `record_attempt`."""
    made = Attempt(outcome, note, call_back_at, seen)
    record_attempt(session, call, made, now=now, system_now=system_now, by=by)


def record_attempt(
    session: Session, call: Call, made: Attempt, *, now: datetime, system_now: datetime, by: int
) -> None:
    """Write down one attempt and what follows from it.

    Nobody calls the person again before the pause of the program's rules, at whatever call; a number that is
    wrong is dialled for them no more; who is gone or declines is asked no more. A call back at a time when
    nobody is called there waits for the next one. Raises Overtaken when there
    are attempts by now that were not seen, and Refused when a colleague has the call, for a time to call
    back that is past or more than 60 days ahead, and for a long note.
    """
    check_attempt(made, now=now)
    hold(session, Invitation.id == call.invitation_id)
    claim_call(session, call, by=by, system_now=system_now, seen=made.seen)
    session.add(
        CallAttempt(
            call_id=call.id,
            user_id=by,
            at=now,
            outcome=made.outcome,
            note=clean_note(made.note),
            call_back_at=made.call_back_at,
            sheet_key=made.sheet_key,
        )
    )
    call.attempts += 1
    call.weight += 1
    call.outcome = made.outcome
    call.claimed_by_id = call.claimed_until = None
    _go_on(session, call, made, now=now, by=by)
    session.flush()
    let_go(session, call, by=by)
    _see_to_the_person(session, call, made.outcome, now=now, by=by)


def check_attempt(made: Attempt, *, now: datetime) -> None:
    """Raise Refused for a time to call back that cannot be, and for a long note."""
    back, note = made.call_back_at, clean_note(made.note)
    if made.outcome is CallOutcome.CALL_BACK and (back is None or back <= now):
        raise Refused("Say when to call back, at a time that is still to come.")
    if back is not None and back > now + CALL_BACK_WITHIN:
        raise Refused(f"Call back within {CALL_BACK_WITHIN.days} days; say an earlier time.")
    if len(note) > NOTE_LIMIT:
        raise Refused(f"The note is {len(note) - NOTE_LIMIT} characters too long; shorten it.")


def clean_note(note: str) -> str:
    """A typed note as it is kept: without NUL, which PostgreSQL refuses."""
    return note.replace("\0", "")


def _go_on(session: Session, call: Call, made: Attempt, *, now: datetime, by: int) -> None:
    """When the call goes on, and whose it is then; or that it is over."""
    rules = rules_for(session, call.invitation_id)
    pause = rules.pause_after(made.outcome)
    if made.call_back_at is not None and made.outcome is CallOutcome.CALL_BACK:
        call.not_before = next_chance(session, call, made.call_back_at, now=now)
        call.owner_id, call.owner_until = by, call.not_before + KEPT_FOR
    elif pause is not None and call.attempts < rules.attempts:
        call.not_before = now + pause
    else:
        call.state, call.closed_at = CallState.DONE, now
        call.reason = TRIED_OFTEN if pause is not None else made.outcome.value


def _see_to_the_person(session: Session, call: Call, outcome: CallOutcome, *, now: datetime, by: int) -> None:
    """What an outcome means for the person beyond this call: for other waves, and for their number."""
    if outcome is CallOutcome.DECLINED:
        which = Invitation.id == call.invitation_id
        end_asking(session, which, state=InvitationState.DECLINED, reason="declined", now=now)
        return
    contact_id, phone = dialled(session, call)
    if outcome is CallOutcome.GONE:
        theirs = Invitation.contact_id == contact_id
        end_asking(session, theirs, state=InvitationState.DECLINED, reason=outcome.value, now=now)
    elif outcome is CallOutcome.WRONG_NUMBER and phone:
        row = {"contact_id": contact_id, "phone": phone, "by_id": by, "at": now}
        insert_new(session, WrongNumber, [row], unique=["contact_id", "phone"])
        over = {"state": CallState.CANCELLED, "closed_at": now, "reason": outcome.value}
        run(session, update(Call).where(_others(call, contact_id)).values(**over))
    elif call.state is CallState.OPEN:
        later = and_(_others(call, contact_id), Call.not_before < call.not_before)
        run(session, update(Call).where(later).values(not_before=call.not_before))


def _others(call: Call, contact_id: int) -> ColumnElement[bool]:
    """The open calls with the same person in other waves."""
    theirs = select(Invitation.id).where(Invitation.contact_id == contact_id)
    return and_(Call.invitation_id.in_(theirs), Call.id != call.id, Call.state == CallState.OPEN)
