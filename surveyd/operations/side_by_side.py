"""Two contacts or two accounts side by side: what differs, and what stays unless somebody chooses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.database import Base
from surveyd.base.errors import NotFound
from surveyd.base.statements import table_of
from surveyd.closed_loop.models import Case
from surveyd.distribution.models import Invitation, Suppression
from surveyd.people.access import Scope
from surveyd.people.columns import DIMENSION
from surveyd.people.duplicate_models import SameKind
from surveyd.people.models import Account, AccountStatus, Contact, RelationshipRole, User
from surveyd.responses.models import Response

REVENUE = "revenue"
FIELDS: dict[SameKind, tuple[str, ...]] = {
    SameKind.CONTACT: (
        *("name", "email", "phone", "account_id", "role"),
        *("language", "time_zone", "consent", "active"),
    ),
    SameKind.ACCOUNT: (
        *("name", "status", "tier", REVENUE, "renewal_date", "manager_id", "country", "region"),
        *("business_unit", "branch", "channel", "product_line"),
    ),
}
"""What is chosen field by field; an account's own dimensions come behind these."""
NOTHING = (None, "", RelationshipRole.UNKNOWN)
WORST = (False, AccountStatus.LAPSED)
"""What yields to the other's: who is still there anywhere is there."""
MODELS: dict[SameKind, type[Contact] | type[Account]] = {
    SameKind.CONTACT: Contact,
    SameKind.ACCOUNT: Account,
}
Thing = Contact | Account


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its row, the names behind its ids, and why mail does not reach it, if so."""

    thing: Thing
    account: str = ""
    manager: str = ""
    suppressed: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of both; `prefers` says whose stays by itself: 0 the first's, 1 the second's."""

    name: str
    values: tuple[Any, Any]
    prefers: int

    @property
    def differs(self) -> bool:
        return bool(self.values[0] != self.values[1])


@dataclass(frozen=True, slots=True)
class History:
    """How much hangs on one of the two."""

    invitations: int
    responses: int
    cases: int
    contacts: int


def both(session: Session, kind: SameKind, ids: Sequence[int], *, scope: Scope) -> tuple[Side, Side]:
    """The two, in the order of `ids`.

    Raises NotFound for one that is not there or goes on as another, and for who does not see all accounts.
    """
    if not scope.sees_all:
        raise NotFound(kind.value, ids[0])
    sides = _contacts(session, ids) if kind is SameKind.CONTACT else _accounts(session, ids)
    for key in ids:
        if key not in sides:
            raise NotFound(kind.value, key)
    return sides[ids[0]], sides[ids[1]]


def fields_of(first: Side, second: Side) -> tuple[Field, ...]:
    """Every field of both, those that differ and those that do not."""
    kind = SameKind.CONTACT if isinstance(first.thing, Contact) else SameKind.ACCOUNT
    names = FIELDS[kind] + _dimensions(first.thing, second.thing)
    return tuple(_field(name, first, second) for name in names)


def history_of(session: Session, kind: SameKind, ids: Sequence[int]) -> tuple[History, History]:
    """What hangs on each of the two, in one statement for each kind of thing."""
    column = f"{kind.value}_id"
    counted = [_counts(session, model, column, ids) for model in (Invitation, Response, Case)]
    counted.append(_counts(session, Contact, column, ids) if kind is SameKind.ACCOUNT else {})
    first, second = (History(*(found.get(key, 0) for found in counted)) for key in ids)
    return first, second


def value_of(thing: Thing, name: str) -> Any:
    """What stands in a field; an amount with its currency, or None."""
    if name == REVENUE and isinstance(thing, Account):
        return None if thing.revenue_cents is None else (thing.revenue_cents, thing.currency)
    if name.startswith(DIMENSION) and isinstance(thing, Account):
        return thing.dimensions.get(name.removeprefix(DIMENSION)) or ""
    return getattr(thing, name)


def give(thing: Thing, name: str, value: Any) -> None:
    """Write a field as `value_of` reads it."""
    if name == REVENUE and isinstance(thing, Account):
        thing.revenue_cents, thing.currency = value or (None, thing.currency)
    elif name.startswith(DIMENSION) and isinstance(thing, Account):
        own = {key: one for key, one in thing.dimensions.items() if key != name.removeprefix(DIMENSION)}
        thing.dimensions = own | ({name.removeprefix(DIMENSION): value} if value else {})
    else:
        setattr(thing, name, value)


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, date) else value


def typed(name: str, value: Any) -> Any:
    """The value that `plain` made plain."""
    if isinstance(value, list):
        return tuple(value)
    return date.fromisoformat(value) if name == "renewal_date" and value else value


def _counts(session: Session, model: type[Base], column: str, ids: Sequence[int]) -> dict[int, int]:
    named = table_of(model).c[column]
    counted = select(named.label("key"), func.count().label("rows")).where(named.in_(ids)).group_by(named)
    return {row.key: row.rows for row in session.execute(counted)}


def _field(name: str, first: Side, second: Side) -> Field:
    values = (value_of(first.thing, name), value_of(second.thing, name))
    return Field(name, values, _prefers(name, values, first, second))


def _prefers(name: str, values: tuple[Any, Any], first: Side, second: Side) -> int:
    """The fuller one's, else the one of whom was heard last; of two addresses the one that mail reaches."""
    for bad in (NOTHING, WORST):
        if (values[0] in bad) != (values[1] in bad):
            return int(values[0] in bad)
    if name == "email" and bool(first.suppressed) != bool(second.suppressed):
        return int(bool(first.suppressed))
    return int(second.thing.updated_at > first.thing.updated_at)


def _dimensions(*things: Thing) -> tuple[str, ...]:
    names = {name for thing in things if isinstance(thing, Account) for name in thing.dimensions}
    return tuple(f"{DIMENSION}{name}" for name in sorted(names, key=str.casefold))


def _contacts(session: Session, ids: Sequence[int]) -> dict[int, Side]:
    rows = session.execute(
        select(Contact, Account.name, Suppression.reason)
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(Suppression, Suppression.address == func.lower(Contact.email))
        .where(Contact.id.in_(ids), Contact.merged_into_id.is_(None))
    )
    return {contact.id: Side(contact, account=name, suppressed=why or "") for contact, name, why in rows}


def _accounts(session: Session, ids: Sequence[int]) -> dict[int, Side]:
    rows = session.execute(
        select(Account, User.name, User.email)
        .outerjoin(User, User.id == Account.manager_id)
        .where(Account.id.in_(ids), Account.merged_into_id.is_(None))
    )
    return {account.id: Side(account, manager=name or email or "") for account, name, email in rows}
