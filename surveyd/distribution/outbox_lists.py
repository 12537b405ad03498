"""The outbox as pages show it: counted by state, narrowed, searched, sorted, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.distribution.gaps import count_held_touches
from surveyd.distribution.models import OWED, Message, MessageState, Wave
from surveyd.distribution.watch import IS_OWED
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
    """The mails that `wish` asks for in every state, whichever state it asks for; in two statements.

    Those of the whole outbox are counted by indexes alone.
    """
    oldest, counted = select(func.min(Message.due_at)).select_from(Message), select(Message.state)
    if wish.search or wish.filters.get("wave"):
        oldest, counted = _joined(oldest), _joined(counted)
    due = oldest.where(IS_OWED, *_narrowed(wish)).correlate(None).scalar_subquery().label("oldest")
    counted = counted.add_columns(func.count().label("mails"), due)
    rows = session.execute(counted.where(*_narrowed(wish)).group_by(Message.state)).all()
    return OutboxCounts(
        {row.state: row.mails for row in rows},
        next((row.oldest for row in rows), None),
        0 if not touches_too(wish) else count_held_touches(session, **_of_touches(wish)),
    )


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
        which.append(Wave.slug == wish.filters["wave"])
    if wish.filters.get("step"):
        which.append(Message.step == wish.filters["step"])
    if wish.filters.get("name"):
        which.append(Message.name == wish.filters["name"])
    return which


def _in_state(wish: Wanted) -> list[ColumnElement[bool]]:
    asked = wish.filters.get("state", "")
    return [Message.state.in_([state for state in MessageState if state == asked])] if asked else []


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
