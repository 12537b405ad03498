"""The way in for mail that comes back, whichever door it takes; and what waits because nobody understood it.

Each mail counts once. Without a genuine return path nothing is believed: a Message-ID of ours that stands
inside is only a hint, which a person may follow. What was not understood is kept whole, and after some months
forgotten; of what was understood only the verdict is kept.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

from surveyd.base.errors import NotFound, Refused
from surveyd.base.statements import insert_once
from surveyd.base.tokens import Keys
from surveyd.distribution.bounces import Bounce, BounceKind, read_bounce
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Message
from surveyd.distribution.return_effects import apply_bounce
from surveyd.distribution.return_models import Door, Return, ReturnState, WhyWaiting
from surveyd.distribution.returned_mail import READ_AT_MOST
from surveyd.people.audit import record

KEPT = timedelta(days=90)
"""How long the bytes of a mail that nobody understood are kept."""
FORGOTTEN = timedelta(days=730)
"""After that time the verdict goes as well."""
KEEP = insert_once(Return, "digest")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one returned mail; `effect`: it changed something, `is_new`: it is new."""

    id: int
    kind: BounceKind
    message_id: int | None
    detail: str
    state: ReturnState
    why: str
    is_new: bool

    @property
    def effect(self) -> bool:
        return self.state is ReturnState.APPLIED


def take_return(
    session: Session, raw: bytes, *, keys: Keys, door: Door, envelope_to: str = "", now: datetime
) -> Taken:
    """Read one returned mail, let it have its effect, and keep that it came; the second time nothing happens.

    `envelope_to` is the address that it came to, where the mail server says so. Never raises for what the
    bytes are; nothing is ever answered.
    """
    digest = hashlib.sha256(f"{envelope_to.strip().lower()}\n".encode() + raw).hexdigest()
    there = session.scalar(select(Return).where(Return.digest == digest))
    if there is not None:
        return _taken(there, is_new=False)
    bounce = read_bounce(raw, keys, envelope_to=envelope_to)
    state, why = _apply(session, bounce, now=now)
    row = {
        "digest": digest,
        "at": now,
        "door": door,
        "kind": bounce.kind.value,
        "state": state,
        "why": why,
        "detail": _storable(bounce.detail, 300),
        "subject": _storable(bounce.subject, 200) if state is ReturnState.WAITING else "",
        "message_id": _known(session, bounce.message_id),
        "hint_id": _hinted(session, bounce) if bounce.message_id is None else None,
        "size": len(raw),
        "content": raw[:READ_AT_MOST] if state is ReturnState.WAITING else None,
    }
    is_new = KEEP.first(session, row) is not None
    kept = session.scalars(select(Return).where(Return.digest == digest)).one()
    return _taken(kept, is_new=is_new)


def find_return(session: Session, return_id: int) -> Return:
    """A returned mail with its bytes, if they are kept. Raises NotFound."""
    found = session.get(Return, return_id, options=[undefer(Return.content)])
    if found is None:
        raise NotFound("returned mail", return_id)
    return found


def settle_return(
    session: Session, found: Return, *, believe: BounceKind | None, keys: Keys, by: int, now: datetime
) -> bool:
    """A person has looked at a mail that waited; with `believe` it has that effect on the mail it hints at.

    Returns whether anything changed. Raises Refused when somebody has looked already, or when there is no
    mail that it could be about.
    """
    waits = (Return.id == found.id, Return.state == ReturnState.WAITING)
    about = found.message_id or found.hint_id
    if believe is not None and about is None:
        raise Refused("This mail names none of ours, so it can change nothing; look at it and set it aside.")
    values = {"state": ReturnState.SETTLED, "settled_at": now, "settled_by_id": by, "content": None}
    said = read_bounce(found.content or b"", keys)
    if not run(session, update(Return).where(*waits).values(**values)):
        raise Refused("Somebody has looked at this already.")
    effect = False
    if believe is not None:
        told = replace(said, kind=believe, message_id=about, detail=found.detail or "read by a person")
        effect = apply_bounce(session, told, now=now)
    facts = {"believed": believe.value if believe else "", "message": about or 0}
    record(
        session, action="settle_return", thing="returned_mail", thing_id=found.id, by=by, now=now, facts=facts
    )
    return effect


def has_old(session: Session, *, now: datetime) -> bool:
    """Whether there is something to forget."""
    bytes_left = (Return.at < now - KEPT) & Return.content.is_not(None)
    old = select(Return.id).where(bytes_left | (Return.at < now - FORGOTTEN))
    return session.scalar(old.limit(1)) is not None


def forget_returns(session: Session, *, now: datetime) -> int:
    """Drop the bytes of what waited for months, and verdicts that are years old; returns how many went."""
    old = (Return.at < now - KEPT, Return.content.is_not(None))
    dropped = run(session, update(Return).where(*old).values(content=None, subject=""))
    ids = select(Return.id).where(Return.at < now - FORGOTTEN).limit(1000)
    for one in session.scalars(select(Return).where(Return.id.in_(ids))):
        session.delete(one)
    return dropped


def _apply(session: Session, bounce: Bounce, *, now: datetime) -> tuple[ReturnState, str]:
    if bounce.kind is BounceKind.UNKNOWN and not bounce.detail.startswith("delivered"):
        return ReturnState.WAITING, WhyWaiting.NOT_UNDERSTOOD
    if bounce.kind is BounceKind.UNKNOWN:
        return ReturnState.NOTED, WhyWaiting.NONE
    if bounce.message_id is None:
        return ReturnState.WAITING, WhyWaiting.NO_SIGNATURE
    if _known(session, bounce.message_id) is None:
        return ReturnState.WAITING, WhyWaiting.MAIL_GONE
    effect = apply_bounce(session, bounce, now=now)
    return (ReturnState.APPLIED if effect else ReturnState.NOTED), WhyWaiting.NONE


def _known(session: Session, message_id: int | None) -> int | None:
    return session.scalar(select(Message.id).where(Message.id == message_id)) if message_id else None


def _hinted(session: Session, bounce: Bounce) -> int | None:
    which = Message.message_id.in_(bounce.hints[:20])
    return session.scalar(select(Message.id).where(which).order_by(Message.id.desc()).limit(1))


def _storable(text: str, limit: int) -> str:
    """The text as any database takes it."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:limit]


def _taken(row: Return, *, is_new: bool) -> Taken:
    return Taken(row.id, BounceKind(row.kind), row.message_id, row.detail, row.state, row.why, is_new)
