"""The list of cases as a reader wants it: narrowed, sorted and counted by the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, func, literal, or_, select, true
from sqlalchemy.orm import Session

from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.closed_loop.case_fates import Fate, fate_of
from surveyd.closed_loop.case_lists import CaseLine, case_line, case_rows
from surveyd.closed_loop.models import Case, CaseState
from surveyd.closed_loop.rules import Reason
from surveyd.distribution.models import Wave
from surveyd.people.access import Scope, visible_accounts, visible_assigned
from surveyd.people.models import Account, Contact, User
from surveyd.responses.models import Response

SORTS = ("due", "priority", "opened", "account")
FILTERS = ("state", "owner", "reason", "region", "age", "wave", "fate")
ME, NOBODY = "me", "nobody"
LONGEST_ID = 18


class Shown(StrEnum):
    """Which cases a list shows; without a wish those that are not closed."""

    OPEN = "open"
    OVERDUE = "overdue"
    CONTACTED = "contacted"
    CLOSED = "closed"
    ALL = "all"


class Age(StrEnum):
    """How long ago a case was opened, in days of 24 hours."""

    FRESH = "fresh"
    WEEK = "week"
    OLD = "old"


FRESH, WEEK = timedelta(days=2), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class CaseList:
    """One page of a list, and how many cases the whole list has, and how many of them are overdue."""

    lines: tuple[CaseLine, ...]
    after: str
    count: int
    overdue: int


@dataclass(frozen=True, slots=True)
class StateRow:
    """How many cases of one kind there are, by age: under two days, up to seven, over seven."""

    shown: Shown
    counts: tuple[tuple[Age, int], ...]

    @property
    def total(self) -> int:
        return sum(count for _, count in self.counts)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a list can be narrowed to: the owners of visible cases by id and name, and the regions."""

    owners: tuple[tuple[int, str], ...]
    regions: tuple[str, ...]


def search_cases(session: Session, *, scope: Scope, wanted: Wanted, now: datetime) -> CaseList:
    """Return the wanted page of the cases that the scope may see. Raises Refused for a broken key."""
    where = [visible_assigned(scope, Case.account_id, Case.owner_id), *_narrowed(scope, wanted, now)]
    page = slice_of(session, case_rows().where(*where), _order(wanted), after=wanted.after)
    counted = select(func.count(), func.count(case((_is_overdue(now), 1)))).select_from(Case)
    counted = counted.join(Account, Account.id == Case.account_id).join(
        Contact, Contact.id == Case.contact_id
    )
    count, overdue = session.execute(counted.where(*where)).one()
    return CaseList(tuple(case_line(row) for row in page.rows), page.after, count, overdue)


def cases_by_age(session: Session, *, scope: Scope, now: datetime) -> tuple[StateRow, ...]:
    """Return how many visible cases are not contacted yet, of these overdue, and contacted, each by age."""
    kind = case((_is_overdue(now), literal(Shown.OVERDUE.value)), else_=cast(Case.state, String))
    age = case(
        (Case.opened_at > now - FRESH, literal(Age.FRESH.value)),
        (Case.opened_at > now - WEEK, literal(Age.WEEK.value)),
        else_=literal(Age.OLD.value),
    )
    seen = visible_assigned(scope, Case.account_id, Case.owner_id)
    rows = session.execute(
        select(kind.label("kind"), age.label("age"), func.count().label("cases"))
        .where(Case.state != CaseState.CLOSED, seen)
        .group_by("kind", "age")
    )
    found = {(row.kind, row.age): row.cases for row in rows}
    return tuple(
        StateRow(shown, tuple((age, sum(found.get((kind, age), 0) for kind in kinds)) for age in Age))
        for shown, kinds in (
            (Shown.OPEN, (Shown.OPEN, Shown.OVERDUE)),
            (Shown.OVERDUE, (Shown.OVERDUE,)),
            (Shown.CONTACTED, (Shown.CONTACTED,)),
        )
    )


def choices(session: Session, *, scope: Scope) -> Choices:
    """Return what the cases of the scope can be narrowed to."""
    seen = visible_assigned(scope, Case.account_id, Case.owner_id)
    owners = session.execute(
        select(User.id, User.name, User.email)
        .where(User.id.in_(select(Case.owner_id).where(seen)))
        .order_by(User.name, User.id)
    )
    regions: list[str] = []
    if scope.sees_all:
        here = select(Account.region).where(visible_accounts(scope), Account.region != "").distinct()
        regions = list(session.scalars(here.order_by(Account.region)))
    return Choices(tuple((row.id, row.name or row.email) for row in owners), tuple(regions))


def _order(wanted: Wanted) -> Order:
    by: dict[str, ColumnElement[Any]] = {
        "due": Case.due_at.expression,
        "priority": Case.priority.expression,
        "opened": Case.opened_at.expression,
        "account": Account.name.expression,
    }
    return Order(by[wanted.column], Case.id.expression, wanted.descends)


def _narrowed(scope: Scope, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    filters = wanted.filters
    return [
        _matching(wanted.search),
        _in_state(filters.get("state", ""), now),
        _owned_by(filters.get("owner", ""), scope),
        _because_of(filters.get("reason", "")),
        _of_age(filters.get("age", ""), now),
        Account.region == region if (region := filters.get("region", "")) else true(),
        _of_wave(filters.get("wave", "")),
        _gone(filters.get("fate", ""), now),
    ]


def _is_overdue(now: datetime) -> ColumnElement[bool]:
    return and_(Case.state == CaseState.OPEN, Case.due_at < now)


def _matching(search: str) -> ColumnElement[bool]:
    if not search:
        return true()
    named = or_(
        Contact.name.icontains(search, autoescape=True), Account.name.icontains(search, autoescape=True)
    )
    is_id = search.isascii() and search.isdigit() and len(search) <= LONGEST_ID
    return or_(named, Case.id == int(search)) if is_id else named


def _in_state(state: str, now: datetime) -> ColumnElement[bool]:
    match state:
        case Shown.ALL:
            return true()
        case Shown.OVERDUE:
            return _is_overdue(now)
        case Shown.OPEN | Shown.CONTACTED | Shown.CLOSED:
            return Case.state == CaseState(state)
        case _:
            return Case.state != CaseState.CLOSED


def _owned_by(owner: str, scope: Scope) -> ColumnElement[bool]:
    if owner == ME:
        return Case.owner_id == scope.user_id
    if owner == NOBODY:
        return Case.owner_id.is_(None)
    if owner.isascii() and owner.isdigit() and len(owner) <= LONGEST_ID:
        return Case.owner_id == int(owner)
    return true()


def _because_of(reason: str) -> ColumnElement[bool]:
    # The list of reasons is short text in both databases, and a reason is quoted in it.
    if reason not in {each.value for each in Reason}:
        return true()
    return cast(Case.reasons, String).contains(f'"{reason}"', autoescape=True)


def _of_wave(slug: str) -> ColumnElement[bool]:
    if not slug:
        return true()
    answers = select(Response.id).join(Wave, Wave.id == Response.wave_id).where(Wave.slug == slug)
    return Case.response_id.in_(answers)


def _gone(fate: str, now: datetime) -> ColumnElement[bool]:
    return fate_of(now) == fate if fate in set(Fate) else true()


def _of_age(age: str, now: datetime) -> ColumnElement[bool]:
    match age:
        case Age.FRESH:
            return Case.opened_at > now - FRESH
        case Age.WEEK:
            return and_(Case.opened_at <= now - FRESH, Case.opened_at > now - WEEK)
        case Age.OLD:
            return Case.opened_at <= now - WEEK
        case _:
            return true()
