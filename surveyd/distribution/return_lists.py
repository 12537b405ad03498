"""Mails that came back, as staff see them: those that wait for a person first, and one with its words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.distribution.bounces import BounceKind
from surveyd.distribution.models import Message
from surveyd.distribution.return_models import Return, ReturnState
from surveyd.distribution.returned_mail import take_apart
from surveyd.distribution.returns import find_return

SORTS, FILTERS = ("at",), ("state", "kind")
SHOWN_AT_MOST = 20_000
SHOWN_HEADERS = ("From", "To", "Subject", "Date", "Auto-Submitted", "Content-Type")


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """One mail that came back. `about_id` is the mail that it names, `recipient` whom that was for.

    `is_hint` says that nothing proves it: only a Message-ID of ours stood inside.
    """

    id: int
    at: datetime
    kind: str
    state: ReturnState
    why: str
    detail: str
    subject: str
    about_id: int | None
    recipient: str
    is_hint: bool


@dataclass(frozen=True, slots=True)
class ReturnPage:
    """Some mails; `after` is the key of the next page. `waiting` is how many wait for a person."""

    lines: tuple[ReturnLine, ...]
    after: str
    waiting: int
    kinds: dict[str, int]


@dataclass(frozen=True, slots=True)
class Words:
    """What a returned mail says, as far as it is kept: its own headers, and its beginning as it came."""

    headers: tuple[tuple[str, str], ...]
    text: str
    is_cut: bool


def list_returns(session: Session, wish: Wanted) -> ReturnPage:
    """A page of the mails that `wish` asks for, the newest first, in two statements.

    Raises Refused for a broken key.
    """
    page = slice_of(
        session, _lines().where(*_narrowed(wish)), Order(Return.id, Return.id, True), after=wish.after
    )
    counted = select(Return.kind, Return.state, func.count().label("mails"))
    kinds: dict[str, int] = {}
    waiting = 0
    for row in session.execute(counted.group_by(Return.kind, Return.state)):
        kinds[row.kind] = kinds.get(row.kind, 0) + row.mails
        waiting += row.mails if row.state is ReturnState.WAITING else 0
    return ReturnPage(tuple(map(_line, page.rows)), page.after, waiting, kinds)


def one_return(session: Session, return_id: int) -> tuple[ReturnLine, Words | None]:
    """A returned mail and its words, None once they are forgotten. Raises NotFound."""
    found = find_return(session, return_id)
    line = _line(session.execute(_lines().where(Return.id == return_id)).one())
    if found.content is None:
        return line, None
    mail = take_apart(found.content)
    headers = tuple((name, mail.header(name)) for name in SHOWN_HEADERS if mail.header(name))
    text = found.content.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return line, Words(headers, text[:SHOWN_AT_MOST], len(text) > SHOWN_AT_MOST)


def _lines() -> Select[*tuple[Any, ...]]:
    about = func.coalesce(Return.message_id, Return.hint_id)
    facts = (Return.id, Return.at, Return.kind, Return.state, Return.why, Return.detail, Return.subject)
    hint = Return.message_id.is_(None).label("is_hint")
    query = select(
        *facts, about.label("about_id"), hint, func.coalesce(Message.recipient, "").label("recipient")
    )
    return query.outerjoin(Message, Message.id == about)


def _narrowed(wish: Wanted) -> list[ColumnElement[bool]]:
    which: list[ColumnElement[bool]] = []
    if wish.filters.get("state"):
        states = [state for state in ReturnState if state == wish.filters["state"]]
        which.append(Return.state.in_(states))
    if wish.filters.get("kind"):
        kinds = [kind.value for kind in BounceKind if kind == wish.filters["kind"]]
        which.append(Return.kind.in_(kinds))
    return which


def _line(row: Row[*tuple[Any, ...]]) -> ReturnLine:
    return ReturnLine(
        id=row.id,
        at=row.at,
        kind=row.kind,
        state=row.state,
        why=row.why,
        detail=row.detail,
        subject=row.subject,
        about_id=row.about_id,
        recipient=row.recipient,
        is_hint=bool(row.is_hint) and row.about_id is not None,
    )
