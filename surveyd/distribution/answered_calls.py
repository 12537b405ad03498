"""Attempts at calls that are done because the questions were answered, in the call or another way."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome
from surveyd.distribution.invitations import run


def log_completed(session: Session, call: Call, *, now: datetime, by: int, note: str = "") -> None:
    """Write down the attempt in which the questions were answered; that closed the call already."""
    _log(session, call, CallOutcome.COMPLETED, now=now, by=by, note=note)


def log_late(
    session: Session, call: Call, outcome: CallOutcome, *, now: datetime, by: int, note: str
) -> None:
    """Write down an attempt at a call whose questions were answered another way meanwhile.

    The call stays done. The same attempt a second time counts once.
    """
    session.refresh(call, with_for_update=True)
    same = (CallAttempt.user_id == by, CallAttempt.outcome == outcome, CallAttempt.note == note)
    tried = select(CallAttempt.id).where(CallAttempt.call_id == call.id, *same).limit(1)
    if session.execute(tried).first() is None:
        _log(session, call, outcome, now=now, by=by, note=note)


def _log(session: Session, call: Call, outcome: CallOutcome, *, now: datetime, by: int, note: str) -> None:
    session.add(CallAttempt(call_id=call.id, user_id=by, at=now, outcome=outcome, note=note))
    run(session, update(Call).where(Call.id == call.id).values(attempts=Call.attempts + 1))
    session.flush()
