"""Invitations: one person asked once, and what ends the asking.

Whatever ends it (an answer, an opt-out, a close) takes back in the same transaction what is still
planned, queued or on the call list, so that nobody is touched after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Update

from surveyd.base.database import Rows
from surveyd.base.errors import Refused
from surveyd.base.prepared import Prepared
from surveyd.base.statements import spelled, table_of
from surveyd.distribution.call_entries import BEGUN
from surveyd.distribution.call_models import Call, CallOutcome, CallState
from surveyd.distribution.locks import in_order
from surveyd.distribution.models import (
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Touch,
    TouchState,
    Wave,
    WaveState,
)
from surveyd.distribution.seal_models import Seal

PENDING_TOUCH = (TouchState.PLANNED, TouchState.HELD)
STOPPABLE = (MessageState.QUEUED, MessageState.UNCERTAIN, MessageState.HELD)

# Every respondent's request runs these, so they stand ready.
_invitation, _touch, _message, _call = (table_of(model) for model in (Invitation, Touch, Message, Call))
_this = bindparam("of_invitation", type_=_invitation.c.id.type)
_at = bindparam("at", type_=_invitation.c.answered_at.type)
_seal = table_of(Seal)
# Everybody in a sealed wave stays where they were; the answer is kept beside it.
_answered_state = case(
    (exists().where(_seal.c.wave_id == _invitation.c.wave_id), _invitation.c.state),
    else_=spelled(InvitationState.ANSWERED),
)
START = Prepared(
    update(_invitation)
    .where(_invitation.c.id == _this, _invitation.c.started_at.is_(None))
    .values(started_at=_at)
)
ANSWERED = Prepared(
    update(_invitation)
    .where(_invitation.c.id == _this, _invitation.c.answered_at.is_(None))
    .values(
        started_at=func.coalesce(_invitation.c.started_at, _at),
        answered_at=_at,
        state=_answered_state,
    )
)
_planned = or_(*(_touch.c.state == spelled(state) for state in PENDING_TOUCH))
_stoppable = or_(*(_message.c.state == spelled(state) for state in STOPPABLE))
_open = _call.c.state == CallState.OPEN
CANCEL_TOUCHES = Prepared(
    update(_touch)
    .where(_touch.c.invitation_id == _this, _planned)
    .values(state=TouchState.CANCELLED, reason="answered")
)
CANCEL_MAILS = Prepared(
    update(_message)
    .where(_message.c.touch_id.in_(select(_touch.c.id).where(_touch.c.invitation_id == _this)), _stoppable)
    .values(state=MessageState.CANCELLED, reason="answered", lease_by=None, lease_until=None)
)
HASTEN_CALLS = Prepared(
    update(_call)
    .where(_call.c.invitation_id == _this, _open, _call.c.weight >= 0)
    .values(weight=_call.c.weight - BEGUN)
)
CLOSE_CALLS = Prepared(
    update(_call)
    .where(_call.c.invitation_id == _this, _open)
    .values(state=CallState.DONE, outcome=CallOutcome.COMPLETED, closed_at=_at, reason="answered")
)


@dataclass(frozen=True, slots=True)
class ToCome:
    """What an invitation still has ahead: how many planned touches, a mail that can be stopped, a call."""

    touches: int
    has_mail: bool
    has_call: bool


def to_come(invitation_id: ColumnElement[int]) -> tuple[ColumnElement[Any], ...]:
    """The columns of a `ToCome`, for a SELECT that is handed this invitation's id."""
    touches = select(func.count()).where(_touch.c.invitation_id == invitation_id, _planned)
    mails = select(_message.c.id).join(_touch, _touch.c.id == _message.c.touch_id)
    calls = select(_call.c.id).where(_call.c.invitation_id == invitation_id, _open)
    return (
        touches.scalar_subquery().label("touches"),
        mails.where(_touch.c.invitation_id == invitation_id, _stoppable).exists().label("has_mail"),
        calls.exists().label("has_call"),
    )


def check_asking(invitation: Invitation, wave: Wave, now: datetime) -> None:
    """Raise Refused unless the person is still asked: neither answered nor closed. Who declined may go on."""
    if invitation.state is InvitationState.ANSWERED:
        raise Refused("The answers are sent already; nothing else is needed.")
    over = invitation.state in (InvitationState.CLOSED, InvitationState.CANCELLED)
    # The sweep that closes the wave comes a little after its last moment.
    over = over or (wave.closes_at is not None and now >= wave.closes_at)
    if over or wave.state not in (WaveState.PREPARING, WaveState.OPEN):
        raise Refused("The survey is closed; nobody is asked by it any more.")


def start(rows: Rows, invitation_id: int, *, now: datetime) -> None:
    """Mark the first POST of a respondent; later ones change nothing.

    Whoever has begun comes before others of the call list.
    """
    if START.change(rows, {"of_invitation": invitation_id, "at": now}):
        HASTEN_CALLS.change(rows, {"of_invitation": invitation_id})


def answer(rows: Rows, invitation_id: int, *, now: datetime) -> bool:
    """Take the one answer of an invitation, started or not: True for the first caller, False for all others.

    Of several at once the database lets one through and makes the others wait for its commit. What is read
    behind it is what was committed before.
    """
    return ANSWERED.change(rows, {"of_invitation": invitation_id, "at": now}) == 1


def take_back(rows: Rows, invitation_id: int, *, to_come: ToCome, now: datetime) -> None:
    """Take back what an answered invitation has ahead, as `to_come` was read behind `answer`."""
    this = {"of_invitation": invitation_id}
    released = to_come.touches > 0 and CANCEL_TOUCHES.change(rows, this) < to_come.touches
    # A touch that went out while we waited for it is a mail or a call by now.
    if to_come.has_mail or released:
        CANCEL_MAILS.change(rows, this)
    if to_come.has_call or released:
        CLOSE_CALLS.change(rows, {**this, "at": now})


def hold(session: Session, which: ColumnElement[bool]) -> None:
    """Let nobody else change the unanswered invitations that `which` names until this transaction ends.

    Everybody begins with the invitation and goes on to touches, mails and calls, in this order: nobody waits
    in a circle. What is read behind it is what was committed before. On SQLite a writer is alone anyway.
    """
    asked = select(Invitation.id).where(which, Invitation.state != InvitationState.ANSWERED)
    held = asked.order_by(Invitation.id).with_for_update(key_share=True).subquery()
    session.execute(select(func.count()).select_from(held))


def end_asking(
    session: Session, which: ColumnElement[bool], *, state: InvitationState, reason: str, now: datetime
) -> int:
    """End the invitations that `which`, a condition, names; returns how many mails stop.

    Those that wait get `state`. What is planned or on the call list ends for all of them: somebody who had
    declined or opted out may have asked for a call since.
    """
    hold(session, which)
    waiting = (which, Invitation.state == InvitationState.WAITING)
    run(session, update(Invitation).where(*waiting).values(state=state))
    ids = select(Invitation.id).where(which)
    stopped = withdraw(session, Touch.invitation_id.in_(ids), reason=reason)
    run(
        session,
        update(Call)
        .where(Call.invitation_id.in_(ids), Call.state == CallState.OPEN)
        .values(state=CallState.CANCELLED, closed_at=now, reason=reason),
    )
    return stopped


def end_waiting(session: Session, wave_id: int, *, state: InvitationState, reason: str, now: datetime) -> int:
    """End all that a wave still has ahead; returns how many mails were stopped."""
    return end_asking(session, Invitation.wave_id == wave_id, state=state, reason=reason, now=now)


def withdraw(session: Session, which: ColumnElement[bool], *, reason: str) -> int:
    """Cancel the planned touches that `which`, a condition, names, and their mails that have not begun.

    A mail that has begun is out of our hands. Returns how many mails were stopped.
    """
    planned = (which, Touch.state.in_(PENDING_TOUCH))
    ended = update(Touch).where(in_order(Touch, *planned), *planned)
    run(session, ended.values(state=TouchState.CANCELLED, reason=reason))
    # A touch that went out while we waited for it is a mail by now.
    touches: Select[Any] = select(Touch.id).where(which)
    theirs = (Message.touch_id.in_(touches), Message.state.in_(STOPPABLE))
    stopped = update(Message).where(in_order(Message, *theirs), *theirs)
    return run(
        session,
        stopped.values(state=MessageState.CANCELLED, reason=reason, lease_by=None, lease_until=None),
    )


def run(rows: Rows, statement: Update, facts: Mapping[str, object] | None = None) -> int:
    """Run a conditional UPDATE and say how many rows it changed: that is how races are decided here."""
    result = rows.execute(statement, facts, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
