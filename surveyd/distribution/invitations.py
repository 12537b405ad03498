"""Invitations: one person asked once, and what ends the asking.

Whatever ends it (an answer, an opt-out, a close) takes back in the same transaction what is still
planned, queued or on the call list, so that nobody is touched after it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Select, bindparam, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Update

from surveyd.base.database import Rows
from surveyd.base.errors import Refused
from surveyd.base.statements import table_of
from surveyd.distribution.models import (
    Call,
    CallOutcome,
    CallState,
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Touch,
    TouchState,
    Wave,
    WaveState,
)

PENDING_TOUCH = (TouchState.PLANNED, TouchState.HELD)
STOPPABLE = (MessageState.QUEUED, MessageState.UNCERTAIN, MessageState.HELD)

# Every submit runs these: Core statements, made once, since building one costs more than running it; and
# without in_(), whose list would be spelled out again each time.
_invitation, _touch, _message, _call = (table_of(model) for model in (Invitation, Touch, Message, Call))
_this = bindparam("of_invitation", type_=_invitation.c.id.type)
START = (
    update(_invitation)
    .where(_invitation.c.id == _this, _invitation.c.started_at.is_(None))
    .values(started_at=bindparam("at"))
)
ANSWERED = (
    update(_invitation)
    .where(_invitation.c.id == _this, _invitation.c.answered_at.is_(None))
    .values(
        started_at=func.coalesce(_invitation.c.started_at, bindparam("at")),
        answered_at=bindparam("at"),
        state=InvitationState.ANSWERED,
    ),
    update(_message)
    .where(_message.c.touch_id.in_(select(_touch.c.id).where(_touch.c.invitation_id == _this)))
    .where(or_(*(_message.c.state == state for state in STOPPABLE)))
    .values(state=MessageState.CANCELLED, reason="answered", lease_by=None, lease_until=None),
    update(_touch)
    .where(_touch.c.invitation_id == _this, or_(*(_touch.c.state == state for state in PENDING_TOUCH)))
    .values(state=TouchState.CANCELLED, reason="answered"),
    update(_call)
    .where(_call.c.invitation_id == _this, _call.c.state == CallState.OPEN)
    .values(
        state=CallState.DONE, outcome=CallOutcome.COMPLETED, closed_at=bindparam("at"), reason="answered"
    ),
)


def check_asking(invitation: Invitation, wave: Wave) -> None:
    """Raise Refused unless the person is still asked: neither answered nor closed. Who declined may go on."""
    if invitation.state is InvitationState.ANSWERED:
        raise Refused("The answers are sent already; nothing else is needed.")
    over = invitation.state in (InvitationState.CLOSED, InvitationState.CANCELLED)
    if over or wave.state not in (WaveState.PREPARING, WaveState.OPEN):
        raise Refused("The survey is closed; nobody is asked by it any more.")


def start(rows: Rows, invitation_id: int, *, now: datetime) -> None:
    """Mark the first POST of a respondent; later ones change nothing."""
    rows.execute(START, {"of_invitation": invitation_id, "at": now})


def answered(rows: Rows, invitation_id: int, *, now: datetime) -> bool:
    """Take the one answer of an invitation, started or not: True for the first caller, False for all others.

    Of several at once the database lets one through and makes the others wait for its commit.
    """
    facts = {"of_invitation": invitation_id, "at": now}
    won = run(rows, ANSWERED[0], facts)
    if won:
        for statement in ANSWERED[1:]:
            rows.execute(statement, facts)
    return bool(won)


def end_asking(
    session: Session, which: ColumnElement[bool], *, state: InvitationState, reason: str, now: datetime
) -> int:
    """End the waiting invitations that `which`, a condition, names; returns how many mails stop."""
    ids = select(Invitation.id).where(which, Invitation.state == InvitationState.WAITING)
    stopped = withdraw(session, Touch.invitation_id.in_(ids), reason=reason)
    run(
        session,
        update(Call)
        .where(Call.invitation_id.in_(ids), Call.state == CallState.OPEN)
        .values(state=CallState.CANCELLED, closed_at=now, reason=reason),
    )
    run(
        session,
        update(Invitation).where(which, Invitation.state == InvitationState.WAITING).values(state=state),
    )
    return stopped


def end_waiting(session: Session, wave_id: int, *, state: InvitationState, reason: str, now: datetime) -> int:
    """End all that a wave still waits for; returns how many mails were stopped."""
    return end_asking(session, Invitation.wave_id == wave_id, state=state, reason=reason, now=now)


def withdraw(session: Session, which: ColumnElement[bool], *, reason: str) -> int:
    """Cancel the planned touches that `which`, a condition, names, and their mails that have not begun.

    A mail that has begun is out of our hands. Returns how many mails were stopped.
    """
    touches: Select[Any] = select(Touch.id).where(which)
    stopped = run(
        session,
        update(Message)
        .where(Message.touch_id.in_(touches), Message.state.in_(STOPPABLE))
        .values(state=MessageState.CANCELLED, reason=reason, lease_by=None, lease_until=None),
    )
    run(
        session,
        update(Touch)
        .where(which, Touch.state.in_(PENDING_TOUCH))
        .values(state=TouchState.CANCELLED, reason=reason),
    )
    return stopped


def run(rows: Rows, statement: Update, facts: Mapping[str, object] | None = None) -> int:
    """Run a conditional UPDATE and say how many rows it changed: that is how races are decided here."""
    result = rows.execute(statement, facts, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
