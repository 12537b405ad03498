"""Keys of other programs that call us: shown once, kept as a hash, good for one door, ended by hand."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.base.tokens import token_digest
from surveyd.distribution.invitations import run
from surveyd.distribution.return_models import HookKey, KeyUse
from surveyd.people.audit import record

NAME_LIMIT = 60
BYTES = 32
NOTED_EACH = timedelta(hours=1)
"""How exactly it is kept when a key was last used: not with each mail."""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key that works: what it is called, and when it was last used, to the hour."""

    id: int
    name: str
    made_at: datetime
    used_at: datetime | None


def make_hook_key(
    session: Session, name: str, *, use: KeyUse = KeyUse.RETURNS, by: int | None, now: datetime
) -> str:
    """Make a key and return it: nobody can read it again. Raises Refused without a name for it."""
    said = " ".join(name.replace("\0", "").split())
    if not said or len(said) > NAME_LIMIT:
        raise Refused(f"Give the key a name of at most {NAME_LIMIT} characters: who uses it.")
    key = secrets.token_urlsafe(BYTES)
    row = HookKey(name=said, use=use, digest=token_digest(key), made_at=now, made_by_id=by)
    session.add(row)
    session.flush()
    record(session, action="make_key", thing="hook_key", thing_id=row.id, by=by, now=now)
    return key


def end_hook_key(session: Session, key_id: int, *, by: int | None, now: datetime) -> None:
    """Let a key work no more. Raises NotFound for one that does not."""
    works = (HookKey.id == key_id, HookKey.ended_at.is_(None))
    if not run(session, update(HookKey).where(*works).values(ended_at=now)):
        raise NotFound("key", key_id)
    record(session, action="end_key", thing="hook_key", thing_id=key_id, by=by, now=now)


def hook_keys(session: Session, use: KeyUse = KeyUse.RETURNS) -> tuple[KeyLine, ...]:
    """The keys that work for this door, the oldest first."""
    works = select(HookKey).where(HookKey.ended_at.is_(None), HookKey.use == use).order_by(HookKey.id)
    return tuple(KeyLine(one.id, one.name, one.made_at, one.used_at) for one in session.scalars(works))


def find_hook_key(session: Session, key: str, use: KeyUse = KeyUse.RETURNS) -> int | None:
    """The id of the key that this is, None for one that does not work for this door."""
    works = (HookKey.digest == token_digest(key), HookKey.ended_at.is_(None), HookKey.use == use)
    return session.scalar(select(HookKey.id).where(*works))


def note_use(session: Session, key_id: int, *, now: datetime) -> None:
    """Note that a key was used, once an hour at most."""
    long_ago = (HookKey.used_at.is_(None)) | (HookKey.used_at < now - NOTED_EACH)
    run(session, update(HookKey).where(HookKey.id == key_id, long_ago).values(used_at=now))
