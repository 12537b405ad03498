"""Claims on the outbox: who works on which mail, and what became of it.

Every step is one conditional UPDATE; its row count says whether it was ours to make.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, Table, and_, bindparam, case, false, or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.prepared import Prepared
from surveyd.base.relay import Delivery, Verdict
from surveyd.distribution import pacing
from surveyd.distribution.bounces import BounceKind, judge_refusal
from surveyd.distribution.invitations import run
from surveyd.distribution.locks import in_order
from surveyd.distribution.models import Invitation, Message, MessageState, Program, Wave
from surveyd.distribution.outbox import IS_OWED
from surveyd.distribution.soft_bounces import note_soft
from surveyd.distribution.suppressions import hold_address, suppress

COPIES_AT_MOST = 4
"""The first copy and three more; then a person decides."""
LETTER = "letter"
"""The mail of which no second copy goes out without a person's word: in doubt it is held at once."""
ATTEMPTS_AT_MOST = 12
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240))
DOUBT_PAUSE = timedelta(minutes=1)
# The table itself: these statements run once a mail and need nothing of the object layer.
MESSAGES = cast(Table, Message.__table__)
FREE = {"lease_by": None, "lease_until": None}


@dataclass(frozen=True, slots=True)
class Claimed:
    """One mail in a lane's hands, with what it takes to write it."""

    id: int
    name: str
    language: str
    recipient: str
    recipient_name: str
    message_id: str
    context: dict[str, Any]
    contact_id: int | None
    invitation_id: int | None
    wave_id: int | None
    program_id: int | None
    copies: int
    attempts: int
    created_at: datetime
    paper_id: int | None
    rate: int | None
    token_digest: str | None
    sender_name: str | None
    sender: str | None
    reply_to: str | None


def claim(
    session: Session, by: str, *, limit: int, now: datetime, system_now: datetime, lease: timedelta
) -> list[Claimed]:
    """Take the next mails that are due at program time `now`, that nobody works on and no limit holds up."""
    at = system_now.timestamp()
    now_full = pacing.full(session, at=at)
    if now_full.house:
        return []
    candidates = (
        select(Message.id)
        .outerjoin(Wave, Wave.id == Message.wave_id)
        .where(
            # For the index that has them in this order.
            IS_OWED,
            Message.state.in_([MessageState.QUEUED, MessageState.UNCERTAIN]),
            Message.due_at <= now,
            Message.awaits_paper == false(),
            or_(Message.lease_until.is_(None), Message.lease_until < system_now),
            or_(Message.stale_at.is_(None), Message.stale_at > system_now),
            or_(Wave.id.is_(None), Wave.paused_at.is_(None)),
            *pacing.not_held_up(now_full, at=at),
        )
        .order_by(Message.priority, Message.due_at, Message.id)
        .limit(limit)
        .with_for_update(of=Message, skip_locked=True)
    )
    ids = list(session.scalars(candidates))
    if not ids:
        return []
    run(
        session,
        update(Message).where(Message.id.in_(ids)).values(lease_by=by, lease_until=system_now + lease),
    )
    rows = (
        select(
            *(getattr(Message, name) for name in Claimed.__slots__[:15]),
            Wave.rate,
            Invitation.token_digest,
            Program.sender_name,
            Program.sender,
            Program.reply_to,
        )
        .outerjoin(Wave, Wave.id == Message.wave_id)
        .outerjoin(Invitation, Invitation.id == Message.invitation_id)
        .outerjoin(Program, Program.id == Message.program_id)
        .where(Message.id.in_(ids))
        .order_by(Message.priority, Message.due_at, Message.id)
    )
    return [Claimed(*tuple(row)) for row in session.execute(rows)]


MINE = (
    MESSAGES.c.id == bindparam("the_id"),
    MESSAGES.c.lease_by == bindparam("by"),
    # A host that was away begins nothing on a lease that has run out: it would be in doubt at once.
    MESSAGES.c.lease_until >= bindparam("at"),
    # Not in_(): its list would be spelled out again for every mail.
    or_(MESSAGES.c.state == MessageState.QUEUED, MESSAGES.c.state == MessageState.UNCERTAIN),
)
FREE_TO_BEGIN = select(MESSAGES.c.id).where(*MINE).with_for_update(skip_locked=True, key_share=True)
BEGIN = Prepared(
    update(MESSAGES)
    .where(MESSAGES.c.id == FREE_TO_BEGIN.scalar_subquery())
    .values(
        state=MessageState.SENDING,
        begun_at=bindparam("at"),
        attempts=MESSAGES.c.attempts + 1,
        copies=MESSAGES.c.copies + 1,
    )
)
SENT = Prepared(
    update(MESSAGES)
    .where(
        MESSAGES.c.id == bindparam("the_id"),
        MESSAGES.c.lease_by == bindparam("by"),
        MESSAGES.c.state == MessageState.SENDING,
    )
    .values(state=MessageState.SENT, sent_at=bindparam("at"), reason="", **FREE)
)


def begin(rows: Connection, message_id: int, *, by: str, system_now: datetime) -> bool:
    """Mark a mail as begun, just before it goes out; False when it was withdrawn or taken meanwhile.

    Nor does it wait for a mail that somebody is changing at this moment: it is left for later. The lane has
    written another mail in this transaction, for which that somebody might wait.
    """
    return bool(BEGIN.change(rows, {"the_id": message_id, "by": by, "at": system_now}))


def sent(rows: Connection, message_id: int, *, by: str, now: datetime) -> bool:
    """Write that the relay took a begun mail; False when the lease had run out."""
    return bool(SENT.change(rows, {"the_id": message_id, "by": by, "at": now}))


def settle(session: Session, message: Claimed, delivery: Delivery, *, by: str, now: datetime) -> bool:
    """Write what became of a begun mail; False when the lease had run out and it is somebody else's now."""
    if delivery.verdict is Verdict.ACCEPTED:
        return sent(session.connection(), message.id, by=by, now=now)
    mine = and_(Message.id == message.id, Message.lease_by == by, Message.state == MessageState.SENDING)
    outcome = _outcome(message, delivery, now)
    failed = outcome["state"] is MessageState.FAILED
    if failed:
        hold_address(session, message.recipient, message_id=message.id)
    settled = bool(run(session, update(Message).where(mine).values(**outcome)))
    if settled and failed:
        _note_on_address(session, message, delivery, now=now)
    return settled


def _note_on_address(session: Session, message: Claimed, delivery: Delivery, *, now: datetime) -> None:
    """What a mail that failed for good says of its address: that nobody is there, or that it did not arrive.

    Tries of one mail are one; several mails that were given up count like those that came back.
    """
    detail = delivery.reason
    if delivery.verdict is Verdict.NO_SUCH_ADDRESS:
        suppress(session, message.recipient, reason="bounced", now=now, message_id=message.id, detail=detail)
    elif delivery.is_of_address and judge_refusal(detail) is BounceKind.SOFT:
        note_soft(session, message.id, message.recipient, detail=detail, now=now)


def _outcome(message: Claimed, delivery: Delivery, now: datetime) -> dict[str, Any]:
    if delivery.verdict is Verdict.IN_DOUBT:
        held = message.name == LETTER or message.copies + 1 >= COPIES_AT_MOST
        state = MessageState.HELD if held else MessageState.UNCERTAIN
        return {"state": state, "due_at": now + DOUBT_PAUSE, "reason": delivery.reason, **FREE}
    # Certainly not delivered: this copy does not count.
    values = {"copies": Message.copies - 1, "reason": delivery.reason, **FREE}
    if delivery.verdict is Verdict.UNWRITTEN:
        return values | {"state": MessageState.HELD}
    if delivery.verdict not in (Verdict.LATER, Verdict.NOT_SENT):
        return values | {"state": MessageState.FAILED}
    if message.attempts + 1 >= ATTEMPTS_AT_MOST:
        return values | {
            "state": MessageState.FAILED,
            "reason": f"given up after {ATTEMPTS_AT_MOST} tries: {delivery.reason}"[:300],
        }
    pause = PAUSES[min(message.attempts, len(PAUSES) - 1)]
    state = MessageState.UNCERTAIN if message.copies else MessageState.QUEUED
    return values | {"state": state, "due_at": now + pause}


def expire(session: Session, *, system_now: datetime) -> int:
    """Put mails in doubt that a sender began and then was gone; returns how many.

    It waits for nobody: what somebody holds at this moment is looked at by the next pass.
    """
    over = and_(Message.state == MessageState.SENDING, Message.lease_until < system_now)
    doubtful = case(
        (or_(Message.name == LETTER, Message.copies >= COPIES_AT_MOST), MessageState.HELD.value),
        else_=MessageState.UNCERTAIN.value,
    )
    free = select(Message.id).where(over).with_for_update(skip_locked=True)
    begun = update(Message).where(Message.id.in_(free), over)
    return run(session, begun.values(state=doubtful, reason="the sender stopped in the middle", **FREE))


def renew(session: Session, by: str, *, until: datetime) -> int:
    """Keep a living lane's claims; returns how many were kept.

    It waits for nobody: the lane writes two mails in one transaction, and whoever locked the second and then
    asked for the first would stand in its way for good. What the lane has in hand is kept the next time.
    """
    free = select(Message.id).where(Message.lease_by == by).with_for_update(skip_locked=True)
    return run(session, update(Message).where(Message.id.in_(free)).values(lease_until=until))


def give_back(session: Session, by: str) -> None:
    """Free a lane's claims on mails that it has not begun."""
    unbegun = (Message.lease_by == by, Message.state.in_([MessageState.QUEUED, MessageState.UNCERTAIN]))
    run(session, update(Message).where(in_order(Message, *unbegun), *unbegun).values(**FREE))
