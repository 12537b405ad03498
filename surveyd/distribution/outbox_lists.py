"""The outbox as pages show it: counted by state, narrowed, searched, sorted, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false, func, or_, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.base.statements import spelled
from surveyd.distribution.gaps import count_held_touches
from surveyd.distribution.models import OWED, STOPPED, Message, MessageState, Wave
from surveyd.distribution.outbox import IS_OWED, oldest_owed
from surveyd.distribution.tallies import T, mails_by_state
from surveyd.people.models import Contact

SORTS = ("made", "due", "to", "tries")
FILTERS = ("state", "wave", "step", "name")


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One mail as the list shows it; `to` is the person's name, or the address of one without."""

    id: int
    to: str
    address: str
    contact: str
    wave: str
    step: str
    name: str
    state: MessageState
    copies: int
    attempts: int
    due_at: datetime
    sent_at: datetime | None
    reason: str
    awaits_paper: bool


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """Some mails; `after` is the key of the next page, empty on the last."""

    lines: tuple[OutboxLine, ...]
    after: str


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """The mails of a filter by state, when the oldest owed one was due, and the held touches beside them."""

    states: dict[MessageState, int]
    oldest: datetime | None
    held_touches: int

    @property
    def owed(self) -> int:
        return sum(self.states.get(state, 0) for state in OWED)

    @property
    def held(self) -> int:
        return self.states.get(MessageState.HELD, 0)


def list_outbox(session: Session, wish: Wanted) -> OutboxPage:
    """A page of the mails that `wish` asks for, in one statement. Raises Refused for a broken key."""
    query = _joined(
        select(
            Message.id,
            func.coalesce(Contact.name, Message.recipient_name).label("to"),
            Message.recipient,
            func.coalesce(Contact.external_id, "").label("contact"),
            func.coalesce(Wave.slug, "").label("wave"),
            Message.step,
            Message.name,
            Message.state,
            Message.copies,
            Message.attempts,
            Message.due_at,
            Message.sent_at,
            Message.reason,
            Message.awaits_paper,
        )
    ).where(*_narrowed(wish), *_in_state(wish))
    by = {
        "made": Message.id,
        "due": Message.due_at,
        "to": func.lower(func.coalesce(Contact.name, Message.recipient_name)),
        "tries": Message.attempts,
    }[wish.column]
    page = slice_of(session, query, Order(by, Message.id, wish.descends), after=wish.after)
    return OutboxPage(tuple(map(_line, page.rows)), page.after)


def count_outbox(session: Session, wish: Wanted) -> OutboxCounts:
    """The mails that `wish` asks for in every state, whichever state it asks for; in three statements.

    They are tallied, whatever the filter; what is searched for is counted.
    """
    states = _searched(session, wish) if wish.search else mails_by_state(session, *_tallied(wish))
    is_owed = any(states.get(state) for state in OWED)
    return OutboxCounts(
        states,
        oldest_owed(session, *_narrowed(wish)) if is_owed else None,
        0 if not touches_too(wish) else count_held_touches(session, **_of_touches(wish)),
    )


def _searched(session: Session, wish: Wanted) -> dict[MessageState, int]:
    counted = _joined(select(Message.state, func.count().label("mails"))).where(*_narrowed(wish))
    return {row.state: row.mails for row in session.execute(counted.group_by(Message.state))}


def _tallied(wish: Wanted) -> list[ColumnElement[bool]]:
    """The filter as conditions on what is tallied."""
    which: list[ColumnElement[bool]] = []
    if wish.filters.get("wave"):
        which.append(T.wave_id.in_(select(Wave.id).where(Wave.slug == wish.filters["wave"])))
    return which + [T[name] == wish.filters[name] for name in ("step", "name") if wish.filters.get(name)]


def ids_of(wish: Wanted) -> Select[*tuple[Any, ...]]:
    """A select of the ids of all mails that `wish` asks for, in whatever state."""
    return _joined(select(Message.id)).where(*_narrowed(wish))


def touches_too(wish: Wanted) -> bool:
    """Whether a filter fits held touches as well: they have no name and nobody to search for yet."""
    return not wish.search and not wish.filters.get("name")


def _of_touches(wish: Wanted) -> Mapping[str, str]:
    return {"wave": wish.filters.get("wave", ""), "step": wish.filters.get("step", "")}


def _joined(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return query.outerjoin(Contact, Contact.id == Message.contact_id).outerjoin(
        Wave, Wave.id == Message.wave_id
    )


def _narrowed(wish: Wanted) -> list[ColumnElement[bool]]:
    which: list[ColumnElement[bool]] = []
    if wish.search:
        words = (Contact.name, Message.recipient, Message.recipient_name)
        found = (column.icontains(wish.search, autoescape=True) for column in words)
        which.append(or_(*found, Contact.external_id == wish.search))
    if wish.filters.get("wave"):
        which.append(Message.wave_id.in_(select(Wave.id).where(Wave.slug == wish.filters["wave"])))
    if wish.filters.get("step"):
        which.append(Message.step == wish.filters["step"])
    if wish.filters.get("name"):
        which.append(Message.name == wish.filters["name"])
    return which


def _in_state(wish: Wanted) -> list[ColumnElement[bool]]:
    asked = wish.filters.get("state", "")
    if not asked:
        return []
    if asked not in list(MessageState):
        return [false()]
    # The indexes that have some of the states are found by their conditions.
    stopped = [Message.state.in_([spelled(state) for state in STOPPED])] if asked in STOPPED else []
    owed = [IS_OWED] if asked in OWED else []
    return [*stopped, *owed, Message.state == spelled(MessageState(asked))]


def _line(row: Row[*tuple[Any, ...]]) -> OutboxLine:
    return OutboxLine(
        id=row.id,
        to=row.to or row.recipient,
        address=row.recipient,
        contact=row.contact,
        wave=row.wave,
        step=row.step,
        name=row.name,
        state=row.state,
        copies=row.copies,
        attempts=row.attempts,
        due_at=row.due_at,
        sent_at=row.sent_at,
        reason=row.reason,
        awaits_paper=row.awaits_paper,
    )
