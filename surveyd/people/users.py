"""The users: people on our side who sign in."""

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveyd.base.changes import ACCOUNTS, count_change
from surveyd.base.errors import NotFound, Refused
from surveyd.people.access import Scope
from surveyd.people.audit import record
from surveyd.people.cells import read_address, read_text
from surveyd.people.models import SignInLink, StaffRole, User
from surveyd.people.passwords import check_password, hash_password
from surveyd.people.places import read_zone


def add_user(
    session: Session,
    email: str,
    *,
    role: StaffRole,
    now: datetime,
    by: int | None,
    name: str = "",
    region: str = "",
    time_zone: str = "",
    password: str | None = None,
) -> User:
    """Add a user, flushed, with the address in lower case and the password hashed.

    Without a password nobody can sign in as this user until one is set. Raises Refused for a bad or known
    address, a regional leader without a region, and a password that is short or common.
    """
    email = _address(email)
    region = _region(region, role)
    if password is not None:
        check_password(password, email=email)
    if find_user(session, email):
        raise Refused(f"There is already a user {email!r}.")
    user = User(
        email=email,
        name=_text(name, "name", 200),
        role=role,
        region=region,
        time_zone=_zone(time_zone),
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


def change_user(
    session: Session,
    user: User,
    *,
    name: str,
    role: StaffRole,
    region: str,
    time_zone: str,
    active: bool,
    now: datetime,
    system_now: datetime,
    by: int,
) -> None:
    """Write these facts of a user; one who is switched off is signed out everywhere at once.

    Raises Refused when no active admin would be left, for a regional leader without a region, and for an
    unknown time zone.
    """
    wanted = {
        "name": _text(name, "name", 200),
        "role": role,
        "region": _region(region, role),
        "time_zone": _zone(time_zone),
        "active": active,
    }
    if user.role is StaffRole.ADMIN and user.active and not (active and role is StaffRole.ADMIN):
        _keep_an_admin(session, user.id)
    changed = {field: value for field, value in wanted.items() if getattr(user, field) != value}
    if not changed:
        return
    session.execute(update(User).where(User.id == user.id).values(changed))
    if "name" in changed:
        # Account managers' names are kept with the accounts.
        count_change(session, ACCOUNTS)
    if not active:
        end_sessions(session, user.id)
        spend_links(session, user.id, system_now=system_now)
    # Names are no facts of the trail: it says that one was changed.
    facts = {field: "changed" if field == "name" else str(value) for field, value in changed.items()}
    record(session, action="change", thing="user", thing_id=user.id, by=by, now=now, facts=facts)


def set_password(session: Session, user: User, password: str, *, now: datetime, by: int) -> None:
    """Keep a new password of `user` and end every session. Raises Refused for a short or common one."""
    check_password(password, email=user.email)
    session.execute(update(User).where(User.id == user.id).values(password=hash_password(password)))
    end_sessions(session, user.id)
    record(session, action="set_password", thing="user", thing_id=user.id, by=by, now=now)


def find_user_by_id(session: Session, user_id: int, *, scope: Scope) -> User:
    """The user with this id. Raises NotFound, also for who may neither see all nor is it."""
    user = session.get(User, user_id) if scope.sees_all or scope.user_id == user_id else None
    if user is None:
        raise NotFound("user", user_id)
    return user


def find_user(session: Session, email: str) -> User | None:
    """The user with this address, in whatever case it is typed; None when there is none."""
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def end_sessions(session: Session, user_id: int) -> None:
    """Sign the user out everywhere: every session, and every copy of an old cookie, is worth nothing now."""
    session.execute(update(User).where(User.id == user_id).values(fs_uniquifier=uuid.uuid4().hex))


def spend_links(session: Session, user_id: int, *, system_now: datetime) -> None:
    """Make every open link to set this user's password worth nothing."""
    mine = update(SignInLink).where(SignInLink.user_id == user_id, SignInLink.spent_at.is_(None))
    session.execute(mine.values(spent_at=system_now))


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


def _keep_an_admin(session: Session, leaving_id: int) -> None:
    # The lock lets two admins who demote each other at the same moment go one after the other.
    admins = select(User.id).where(User.role == StaffRole.ADMIN, User.active).order_by(User.id)
    if set(session.scalars(admins.with_for_update())) <= {leaving_id}:
        raise Refused("This is the last active admin. Make somebody else an admin first.")


def _region(region: str, role: StaffRole) -> str:
    region = _text(region, "region", 80)
    if role is StaffRole.REGIONAL_LEADER and not region:
        raise Refused("A regional leader needs a region; name it as the accounts do.")
    return region


def _zone(name: str) -> str:
    try:
        return read_zone(name)
    except ValueError as error:
        raise Refused(f"{name!r} {error}.") from error


def _text(value: str, what: str, limit: int) -> str:
    try:
        return read_text(value, limit)
    except ValueError as error:
        raise Refused(f"The {what} {error}.") from error
