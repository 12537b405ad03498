"""The call backs that were promised, day by day: one's own, or the team's."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.distribution.call_hours import Caller
from surveyd.distribution.call_models import Call, CallOutcome, CallState
from surveyd.distribution.calls import CallRow, call_row, call_rows, call_scope
from surveyd.distribution.days_off import calendars

MOST = 500


def call_backs(
    session: Session, start: datetime, end: datetime, *, caller: Caller, mine: bool
) -> Sequence[CallRow]:
    """The promised calls that are due between two instants, the earliest first, 500 at most.

    `mine` leaves those of the caller: what they promised, and what was handed to them.
    """
    promised = call_rows().where(
        Call.state == CallState.OPEN,
        Call.outcome == CallOutcome.CALL_BACK,
        Call.not_before >= start,
        Call.not_before < end,
        call_scope(caller.scope),
    )
    if mine:
        promised = promised.where(Call.owner_id == caller.user_id)
    rows = session.execute(promised.order_by(Call.not_before, Call.id).limit(MOST)).all()
    off = calendars(session, since=caller.now)
    return [call_row(row, off, now=caller.now, system_now=caller.system_now) for row in rows]


def late_call_backs(session: Session, before: datetime, *, caller: Caller, mine: bool) -> int:
    """How many promised calls were due before `before` and are not made."""
    late = select(func.count()).where(
        Call.state == CallState.OPEN,
        Call.outcome == CallOutcome.CALL_BACK,
        Call.not_before < before,
        call_scope(caller.scope),
    )
    return session.scalars(late.where(Call.owner_id == caller.user_id) if mine else late).one()
