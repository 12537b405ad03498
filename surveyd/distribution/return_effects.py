"""What a returned mail changes: at most one effect for each mail of ours, and the same the second time."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.distribution.absences import known_addresses, pause_for
from surveyd.distribution.away import read_away
from surveyd.distribution.bounces import Bounce, BounceKind
from surveyd.distribution.models import Message, MessageState
from surveyd.distribution.soft_bounces import note_soft
from surveyd.distribution.suppressions import opt_out, suppress

COMPLAINED_WITHIN = timedelta(days=90)
MOST_COMPLAINERS = 50
Effect = Callable[[Session, Message, Bounce, datetime], bool]


def apply_bounce(session: Session, bounce: Bounce, *, now: datetime) -> bool:
    """Let a bounce have its effect; False when it has none. The second time changes nothing.

    An automatic reply is no bounce: it has no effect on address or person, and moves what is planned.
    """
    message = session.get(Message, bounce.message_id) if bounce.message_id is not None else None
    effect = EFFECTS.get(bounce.kind)
    return message is not None and effect is not None and effect(session, message, bounce, now)


def _gone(session: Session, message: Message, bounce: Bounce, now: datetime) -> bool:
    message.state, message.reason = MessageState.FAILED, f"bounced: {bounce.detail}"[:300]
    suppress(
        session, message.recipient, reason="bounced", now=now, message_id=message.id, detail=bounce.detail
    )
    return True


def _for_now(session: Session, message: Message, bounce: Bounce, now: datetime) -> bool:
    """It is noted; several suppress the address. A mail system that still tries says nothing final."""
    message.reason = f"soft bounce: {bounce.detail}"[:300]
    if bounce.final:
        note_soft(session, message.id, message.recipient, detail=bounce.detail, now=now)
    return True


def _unwelcome(session: Session, message: Message, bounce: Bounce, now: datetime) -> bool:
    """Refused for what it is or whom it is from: that is ours to mend, and no word on the address."""
    message.reason = f"refused: {bounce.detail}"[:300]
    return True


def _complained(session: Session, message: Message, bounce: Bounce, now: datetime) -> bool:
    done = False
    for one in [message, *_others(session, message, bounce, now)]:
        if one.contact_id is not None:
            opt_out(session, one.contact_id, now=now)
            suppress(session, one.recipient, reason="complaint", now=now, message_id=one.id)
            done = True
    return done


def _others(session: Session, message: Message, bounce: Bounce, now: datetime) -> list[Message]:
    """Whom one report names beside the recipient of its own mail: a provider may put several into one.

    They are believed as far as the same program mailed them of late: one return path of ours was genuine.
    """
    named = [one for one in bounce.recipients if one != message.recipient.lower()][:MOST_COMPLAINERS]
    if not named or message.program_id is None:
        return []
    address = func.lower(Message.recipient)
    query = select(Message).where(
        address.in_(named),
        Message.program_id == message.program_id,
        Message.contact_id.is_not(None),
        Message.sent_at > now - COMPLAINED_WITHIN,
    )
    latest = {one.recipient.lower(): one for one in session.scalars(query.order_by(Message.id))}
    return list(latest.values())


def _asked_to_stop(session: Session, message: Message, bounce: Bounce, now: datetime) -> bool:
    if message.contact_id is None:
        return False
    opt_out(session, message.contact_id, now=now)
    return True


def _away(session: Session, message: Message, bounce: Bounce, now: datetime) -> bool:
    """What is planned waits; as a word on the address or on what they want it has no effect."""
    if message.invitation_id is not None and message.touch_id is not None:
        away = read_away(bounce.said, on=now.date(), not_these=known_addresses(session, message))
        pause_for(session, message, away, subject=bounce.subject, now=now)
    return False


EFFECTS: dict[BounceKind, Effect] = {
    BounceKind.HARD: _gone,
    BounceKind.SOFT: _for_now,
    BounceKind.REFUSED: _unwelcome,
    BounceKind.COMPLAINT: _complained,
    BounceKind.OPT_OUT: _asked_to_stop,
    BounceKind.AUTO_REPLY: _away,
}
