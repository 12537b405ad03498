"""The outbox: every mail is a row before it is a mail."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import Rows
from surveyd.base.statements import insert_once, spelled
from surveyd.distribution import papers
from surveyd.distribution.invitations import run
from surveyd.distribution.locks import in_order
from surveyd.distribution.models import OWED, Message, MessageState, Wave
from surveyd.distribution.stationery import contexts
from surveyd.distribution.tallies import mails_by_state
from surveyd.people.models import Contact

SINGLE = 0
WAVE = 1
PRIORITIES = (SINGLE, WAVE)
IS_OWED = Message.state.in_([spelled(state) for state in OWED])
"""Spelled out as in the partial index, so that what has been sent is not looked at."""
MAY_MISS_WINDOW = and_(
    Message.stale_at.is_not(None),
    Message.state.in_([spelled(MessageState.QUEUED), spelled(MessageState.UNCERTAIN)]),
)
"""Spelled out, too: an index has when the sending window of these shuts."""
CANCELLED_BY_HAND = "cancelled by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """One mail to queue, complete: `context` is all that its template needs besides its links.

    The dedup key says which mail this is; a second row with the same key is never made.
    """

    dedup_key: str
    name: str
    language: str
    recipient: str
    due_at: datetime
    created_at: datetime
    recipient_name: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    program_id: int | None = None
    wave_id: int | None = None
    invitation_id: int | None = None
    touch_id: int | None = None
    contact_id: int | None = None
    user_id: int | None = None
    step: str = ""
    stale_at: datetime | None = None
    priority: int = SINGLE
    paper_id: int | None = None
    """The PDF that goes with it; the mail waits until it is made."""


COLUMNS = tuple(column.name for column in fields(NewMessage))
QUEUE = insert_once(Message, "dedup_key")


def queue(rows: Rows, messages: Sequence[NewMessage], *, mail_domain: str) -> None:
    """Write the mails as rows; the Message-ID is fixed here. Keys that are there are passed over.

    What a mail to a contact is written on is fixed here, too: see `stationery`.
    """
    made = [
        {
            **{name: getattr(message, name) for name in COLUMNS},
            "context": context,
            "awaits_paper": message.paper_id is not None,
            "message_id": f"{secrets.token_hex(16)}@{mail_domain}",
            "state": MessageState.QUEUED,
            "attempts": 0,
            "copies": 0,
            "reason": "",
        }
        for message, context in zip(messages, contexts(rows, messages), strict=True)
    ]
    QUEUE.each(rows, made)
    awaited = {message.paper_id for message in messages if message.paper_id is not None}
    if awaited:
        papers.let_mails_go(rows, *awaited)


@dataclass(frozen=True, slots=True)
class OutboxSummary:
    """A count for each state, how much is owed, and for how many seconds the oldest."""

    counts: dict[str, int]
    owed: int
    oldest_s: int


def summary(session: Session, *, now: datetime) -> OutboxSummary:
    """The sums at program time `now`; what is due later is owed, but not old."""
    counts = {state.value: 0 for state in MessageState}
    counts |= {state.value: count for state, count in mails_by_state(session).items()}
    oldest = oldest_owed(session)
    age = (now - oldest).total_seconds() if oldest else 0
    return OutboxSummary(counts, sum(counts[state.value] for state in OWED), max(0, int(age)))


def oldest_owed(session: Session, *which: ColumnElement[bool]) -> datetime | None:
    """When the oldest of the owed mails was due, in program time; None without one.

    `which` may narrow them by columns of `Message` and, for a search, of `Contact`.
    """
    # Each priority by itself: that is how the index has them.
    owed = select(Message.due_at).outerjoin(Contact, Contact.id == Message.contact_id).where(IS_OWED, *which)
    each = [
        owed.where(Message.priority == priority).order_by(Message.due_at).limit(1).scalar_subquery()
        for priority in PRIORITIES
    ]
    return min(filter(None, session.execute(select(*each)).one()), default=None)


def release_claims(session: Session, wave_id: int) -> None:
    """Take a wave's claims back from whoever holds them: what has not begun waits."""
    claimed = (
        Message.wave_id == wave_id,
        Message.lease_by.is_not(None),
        Message.state.in_([MessageState.QUEUED, MessageState.UNCERTAIN]),
    )
    freed = update(Message).where(in_order(Message, *claimed), *claimed)
    run(session, freed.values(lease_by=None, lease_until=None))


def release_held(
    session: Session,
    *,
    now: datetime,
    message_id: int | None = None,
    among: Select[*tuple[Any, ...]] | None = None,
) -> int:
    """A person's word that held mails may go: one, those whose ids `among` selects, or all.

    Returns how many were let go; a mail that is not held any more is left as it is.
    """
    which = [Message.state == MessageState.HELD]
    if message_id is not None:
        which.append(Message.id == message_id)
    if among is not None:
        which.append(Message.id.in_(among))
    free = {"state": MessageState.QUEUED, "due_at": now, "stale_at": None, "reason": ""}
    return run(session, update(Message).where(in_order(Message, *which), *which).values(**free))


def cancel_held(session: Session, message_id: int) -> bool:
    """A person's word that a held mail shall never go; False when it is not held any more."""
    this = (Message.id == message_id, Message.state == MessageState.HELD)
    never = {"state": MessageState.CANCELLED, "reason": CANCELLED_BY_HAND}
    return bool(run(session, update(Message).where(*this).values(**never)))


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One mail as the ledger has it; `contact` is the contact's external id."""

    id: int
    contact: str | None
    wave: str | None
    step: str
    name: str
    state: str
    copies: int
    attempts: int
    message_id: str
    due_at: datetime
    sent_at: datetime | None
    reason: str


def list_messages(
    session: Session, *, states: Sequence[str] = (), wave: str | None = None, limit: int | None = None
) -> list[OutboxRow]:
    """The rows by id, newest first when there is a limit."""
    query = (
        select(
            Message.id,
            Contact.external_id,
            Wave.slug,
            Message.step,
            Message.name,
            Message.state,
            Message.copies,
            Message.attempts,
            Message.message_id,
            Message.due_at,
            Message.sent_at,
            Message.reason,
        )
        .outerjoin(Contact, Contact.id == Message.contact_id)
        .outerjoin(Wave, Wave.id == Message.wave_id)
        .order_by(Message.id.desc() if limit else Message.id)
        .limit(limit)
    )
    if states:
        query = query.where(Message.state.in_(states))
    if wave is not None:
        query = query.where(Wave.slug == wave)
    return [OutboxRow(*tuple(row)) for row in session.execute(query)]
