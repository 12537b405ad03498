"""One mail's whole story: what it is, for whom, why, what happened to it, and what it says."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import TemplateError
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.distribution.mails import Links, Words
from surveyd.distribution.models import Message, MessageState, Program, Suppression, Touch, Wave
from surveyd.distribution.stationery import Drawer, words_of
from surveyd.people.models import Account, Contact, User

HIDDEN = "hidden-in-the-preview"
"""Stands where a personal link has its token: too short to be one, so that nothing opens by it."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the address is on the list of those that must not be mailed; `ours` when this mail put it there."""

    reason: str
    detail: str
    at: datetime
    ours: bool


@dataclass(frozen=True, slots=True)
class Story:
    """One row of the outbox with everything around it. `path` is the page that a mail to staff leads to.

    `due_at`, `created_at`, `planned_at` and `sent_at` are program time; `begun_at`, `stale_at` and
    `lease_until` are system time.
    """

    id: int
    name: str
    step: str
    language: str
    state: MessageState
    to: str
    address: str
    contact: str
    account_id: int | None
    account: str
    is_staff: bool
    wave_id: int | None
    wave: str
    program_id: int | None
    program: str
    planned_at: datetime | None
    created_at: datetime
    due_at: datetime
    stale_at: datetime | None
    lease_by: str
    lease_until: datetime | None
    begun_at: datetime | None
    sent_at: datetime | None
    attempts: int
    copies: int
    reason: str
    message_id: str
    dedup_key: str
    awaits_paper: bool
    path: str
    stop: Stop | None


def tell_story(session: Session, message_id: int) -> Story:
    """The story of the mail of that id, in one statement. Raises NotFound."""
    row = session.execute(
        select(Message, Contact, Account, User, Wave, Program, Touch, Suppression)
        .outerjoin(Contact, Contact.id == Message.contact_id)
        .outerjoin(Account, Account.id == Contact.account_id)
        .outerjoin(User, User.id == Message.user_id)
        .outerjoin(Wave, Wave.id == Message.wave_id)
        .outerjoin(Program, Program.id == Message.program_id)
        .outerjoin(Touch, Touch.id == Message.touch_id)
        .outerjoin(Suppression, Suppression.address == func.lower(Message.recipient))
        .where(Message.id == message_id)
    ).one_or_none()
    if row is None:
        raise NotFound("mail", message_id)
    return _story(row)


def preview(session: Session, message_id: int, *, base_url: str) -> Words | None:
    """What the mail says, with every personal link made dead; None when it cannot be written.

    Raises NotFound.
    """
    message = session.get(Message, message_id)
    if message is None:
        raise NotFound("mail", message_id)
    path = message.context.get("path")
    links = Links(
        survey=f"{base_url}/s/{HIDDEN}" if message.invitation_id is not None else "",
        opt_out=f"{base_url}/u/{HIDDEN}" if message.contact_id is not None else "",
        page=f"{base_url}{path}" if path else f"{base_url}/{HIDDEN}",
    )
    try:
        drawer = Drawer()
        drawer.learn(session, [message.context])
        stationery = drawer.stationery(message.context)
        return words_of(message.name, message.language, message.context, links, stationery)
    except (TemplateError, ValueError, TypeError, KeyError):
        return None


def _story(row: Row[*tuple[Any, ...]]) -> Story:
    message, contact, account, user = row.Message, row.Contact, row.Account, row.User
    return Story(
        id=message.id,
        name=message.name,
        step=message.step,
        language=message.language,
        state=message.state,
        to=(contact or user).name if contact or user else message.recipient_name or message.recipient,
        address=message.recipient,
        contact=contact.external_id if contact else "",
        account_id=account.id if account else None,
        account=account.name if account else "",
        is_staff=user is not None,
        wave_id=message.wave_id,
        wave=row.Wave.slug if row.Wave else "",
        program_id=message.program_id,
        program=row.Program.slug if row.Program else "",
        planned_at=row.Touch.due_at if row.Touch else None,
        created_at=message.created_at,
        due_at=message.due_at,
        stale_at=message.stale_at,
        lease_by=message.lease_by or "",
        lease_until=message.lease_until,
        begun_at=message.begun_at,
        sent_at=message.sent_at,
        attempts=message.attempts,
        copies=message.copies,
        reason=message.reason,
        message_id=message.message_id,
        dedup_key=message.dedup_key,
        awaits_paper=message.awaits_paper,
        path=str(message.context.get("path", "")),
        stop=_stop(row.Suppression, message.id),
    )


def _stop(found: Suppression | None, message_id: int) -> Stop | None:
    if found is None:
        return None
    return Stop(found.reason, found.detail, found.at, found.message_id == message_id)
