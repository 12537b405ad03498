"""The list of users."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.people.access import Scope
from surveyd.people.models import StaffRole, User

SORTS = {"name": func.lower(User.name), "email": User.email, "role": User.role}
FILTERS = ("role", "active")
ACTIVE, OFF = "yes", "no"


@dataclass(frozen=True, slots=True)
class UserLine:
    """One user; without a password nobody can sign in as them yet."""

    id: int
    name: str
    email: str
    role: StaffRole
    region: str
    active: bool
    has_password: bool


@dataclass(frozen=True, slots=True)
class UserPage:
    """One page of the list; `active` and `all` count everybody, `after` is the next page's key."""

    users: tuple[UserLine, ...]
    after: str
    active: int
    all: int


def page_of_users(session: Session, wanted: Wanted, *, scope: Scope) -> UserPage:
    """The users as `wanted` says. Raises NotFound for who may not see all."""
    if not scope.sees_all:
        raise NotFound("list of users", "-")
    query: Select[*tuple[Any, ...]] = select(
        User.id, User.name, User.email, User.role, User.region, User.active, User.password.is_not(None)
    )
    if wanted.search:
        named = User.name.icontains(wanted.search, autoescape=True)
        query = query.where(or_(named, User.email.icontains(wanted.search, autoescape=True)))
    if wanted.filters["role"] in set(StaffRole):
        query = query.where(User.role == wanted.filters["role"])
    if wanted.filters["active"] in (ACTIVE, OFF):
        query = query.where(User.active.is_(wanted.filters["active"] == ACTIVE))
    page = slice_of(session, query, Order(SORTS[wanted.column], User.id, wanted.descends), after=wanted.after)
    count = func.count()
    active, everybody = session.execute(select(count.filter(User.active), count).select_from(User)).one()
    return UserPage(tuple(UserLine(*tuple(row)[:7]) for row in page.rows), page.after, active, everybody)
