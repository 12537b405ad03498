"""The users: people on our side who sign in."""

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.people.audit import record
from surveyd.people.cells import read_address, read_text
from surveyd.people.models import StaffRole, User
from surveyd.people.passwords import check_password, hash_password


def add_user(
    session: Session,
    email: str,
    *,
    role: StaffRole,
    now: datetime,
    by: int | None,
    name: str = "",
    region: str = "",
    password: str | None = None,
) -> User:
    """Add a user, flushed, with the address in lower case and the password hashed.

    Without a password nobody can sign in as this user until one is set. Raises Refused for a bad or known
    address, a regional leader without a region, and a password that is short or common.
    """
    email = _address(email)
    region = _text(region, "region", 80)
    if role is StaffRole.REGIONAL_LEADER and not region:
        raise Refused("A regional leader needs a region; name it as the accounts do.")
    if password is not None:
        check_password(password, email=email)
    if find_user(session, email):
        raise Refused(f"There is already a user {email!r}.")
    user = User(
        email=email,
        name=_text(name, "name", 200),
        role=role,
        region=region,
        password=hash_password(password) if password is not None else None,
        fs_uniquifier=uuid.uuid4().hex,
        active=True,
        created_at=now,
    )
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        raise Refused(f"There is already a user {email!r}.") from error
    record(session, action="add", thing="user", thing_id=user.id, by=by, now=now, facts={"role": role.value})
    return user


def find_user(session: Session, email: str) -> User | None:
    """The user with this address, in whatever case it is typed; None when there is none."""
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def end_sessions(session: Session, user_id: int) -> None:
    """Sign the user out everywhere: every session, and every copy of an old cookie, is worth nothing now."""
    session.execute(update(User).where(User.id == user_id).values(fs_uniquifier=uuid.uuid4().hex))


def list_users(session: Session) -> list[User]:
    """All users, by address."""
    return list(session.scalars(select(User).order_by(User.email)))


def _address(email: str) -> str:
    try:
        address = read_address(email).lower()
    except ValueError as error:
        raise Refused(f"The address {email!r} {error}.") from error
    if not address:
        raise Refused("A user needs an e-mail address.")
    return address


def _text(value: str, what: str, limit: int) -> str:
    try:
        return read_text(value, limit)
    except ValueError as error:
        raise Refused(f"The {what} {error}.") from error
