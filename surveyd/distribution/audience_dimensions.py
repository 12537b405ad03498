"""What an audience can be narrowed by: everything that accounts and contacts differ in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, literal, select, union_all
from sqlalchemy.orm import Session

from surveyd.base.database import dialect_of
from surveyd.people.models import Account, Contact, User
from surveyd.scoring.loyalty import Segment

OF_ACCOUNTS = (
    "country",
    "region",
    "business_unit",
    "branch",
    "channel",
    "product_line",
    "tier",
    "manager",
    "currency",
)
OF_CONTACTS = ("role", "language", "time_zone", "consent")
CUSTOM = "dimension:"
"""What the name of a dimension begins with that the company has added itself."""
SEGMENT = "segment"
"""Where the account stood by its last answers; packages above know how to ask for it."""
SEGMENTS = tuple(segment.value for segment in Segment)
MOST_STRATA = 2
LONGEST_NAME, LONGEST_VALUE = 200, 300
MOST_CHOICES = 60
"""So many values of a dimension are offered; others can be written by the command."""

InSegment = Callable[[Session, Sequence[str]], ColumnElement[bool]]
_ABOVE: dict[str, InSegment] = {}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a dimension, empty for unknown, what people call it, and how many have it.

    They are accounts, or contacts where the dimension is one of contacts.
    """

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Choices:
    """The values of one dimension, most common first; `more` are there that are not listed."""

    name: str
    values: tuple[Value, ...]
    more: int


def know_segments(condition: InSegment) -> None:
    """Take in how accounts are found by their last segment: the app says so when it is put together."""
    _ABOVE[SEGMENT] = condition


def is_dimension(name: str) -> bool:
    """Whether an audience can be narrowed by this name."""
    own = name.startswith(CUSTOM) and len(CUSTOM) < len(name) <= LONGEST_NAME and name.isprintable()
    return own or name in (*OF_ACCOUNTS, *OF_CONTACTS, SEGMENT)


def is_stratum(name: str) -> bool:
    """Whether a sample can be drawn by the values of this dimension."""
    return is_dimension(name) and name != SEGMENT


def is_of_contacts(name: str) -> bool:
    """Whether people of one account may differ in it."""
    return name in OF_CONTACTS


def column_of(name: str) -> ColumnElement[str]:
    """The value of a dimension for a row of `Account` and `Contact`, empty where it is unknown."""
    if name == "manager":
        return func.coalesce(cast(Account.manager_id, String), "")
    if name == "role":
        return cast(Contact.role, String)
    if name.startswith(CUSTOM):
        own: ColumnElement[Any] = Account.dimensions[name.removeprefix(CUSTOM)].as_string()
        return func.coalesce(own, "")
    column: ColumnElement[str] = getattr(Contact if name in OF_CONTACTS else Account, name).expression
    return column


def condition_of(session: Session, name: str, values: Sequence[str]) -> ColumnElement[bool]:
    """Whether a row of `Account` and `Contact` has one of the values of a dimension."""
    if name == SEGMENT:
        return _ABOVE[SEGMENT](session, values)
    return column_of(name).in_(values)


def manager_names(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """The names of account managers by their id, as filters write it."""
    known = [int(user_id) for user_id in ids if user_id.isdecimal() and len(user_id) < 19]
    return {str(user_id): name for user_id, name in session.execute(_managers().where(User.id.in_(known)))}


def choices_of(session: Session) -> tuple[Choices, ...]:
    """What there is to narrow an audience by, in three statements; a dimension without values is left out."""
    managing = _managers().where(User.id.in_(select(Account.manager_id)))
    names = {str(user_id): name for user_id, name in session.execute(managing)}
    counted: dict[str, list[Value]] = {}
    for name, value, count in [*session.execute(_standard()), *session.execute(_own(session))]:
        label = names.get(value, value) if name == "manager" else value
        counted.setdefault(name, []).append(Value(value, label, count))
    own = sorted(name for name in counted if name.startswith(CUSTOM) and is_dimension(name))
    known = [name for name in (*OF_ACCOUNTS, *own, *OF_CONTACTS) if _is_told(counted.get(name, []))]
    return (*(_choices(name, counted[name]) for name in known), _segments())


def _is_told(values: Sequence[Value]) -> bool:
    """Whether anybody has a value: what is unknown of everybody narrows nothing."""
    return any(each.value for each in values)


def _choices(name: str, values: list[Value]) -> Choices:
    ordered = sorted(values, key=lambda each: (each.value == "", -each.count, each.label.casefold()))
    return Choices(name, tuple(ordered[:MOST_CHOICES]), max(0, len(ordered) - MOST_CHOICES))


def _segments() -> Choices:
    return Choices(SEGMENT, tuple(Value(each, each, 0) for each in SEGMENTS), 0)


def _managers() -> Any:
    return select(User.id, func.coalesce(func.nullif(User.name, ""), User.email))


def _standard() -> Any:
    parts = []
    for name in (*OF_ACCOUNTS, *OF_CONTACTS):
        value = column_of(name)
        table = Contact if name in OF_CONTACTS else Account
        part = select(literal(name).label("name"), value.label("value"), func.count().label("count"))
        parts.append(part.select_from(table).group_by(value))
    return union_all(*parts)


def _own(session: Session) -> Any:
    each = func.json_each if dialect_of(session) == "sqlite" else func.jsonb_each_text
    pair = each(Account.dimensions).table_valued("key", "value").alias("pair")
    name = literal(CUSTOM).concat(pair.c.key)
    value = cast(pair.c.value, String)
    return (
        select(name, value, func.count()).select_from(Account).join(pair, literal(True)).group_by(name, value)
    )
