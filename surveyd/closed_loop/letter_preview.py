"""A letter as one real person would get it, before anybody does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.base.errors import NotFound
from surveyd.closed_loop.letter_reach import answered, recipients, silent
from surveyd.closed_loop.letter_sending import words_for
from surveyd.closed_loop.letters import content_now
from surveyd.closed_loop.models import Audience, Letter
from surveyd.distribution.claims import LETTER
from surveyd.distribution.mails import Links, Words, render
from surveyd.distribution.models import Invitation
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.models import Account, Contact
from surveyd.responses.models import Response

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody whom the wave asked. `segment` is empty for who did not answer; `rule` leaves them out."""

    contact_id: int
    name: str
    account: str
    segment: str
    rule: str


@dataclass(frozen=True, slots=True)
class Preview:
    """One person's letter; its links lead nowhere."""

    reader: Reader
    words: Words


def readers(session: Session, letter: Letter, *, scope: Scope, search: str = "") -> list[Reader]:
    """The first twenty people by name whose name or account has these words in it, answers first.

    Who did not answer is among them if the letter has a text for them.
    """
    has_silent = content_now(session, letter).has(Audience.SILENT)
    reached = or_(answered(), silent()) if has_silent else answered()
    query = recipients(letter.wave_id).where(reached, visible_by_account(scope, Invitation.account_id))
    if search:
        query = query.where(
            or_(
                Contact.name.icontains(search, autoescape=True),
                Account.name.icontains(search, autoescape=True),
            )
        )
    query = query.order_by(Response.id.is_(None), Contact.name, Contact.id).limit(SHOWN)
    return _readers(session.execute(query).all())


def preview(
    session: Session, letter: Letter, contact_id: int, *, scope: Scope, now: datetime, base_url: str
) -> Preview:
    """The letter as it stands, approved or not, for one person.

    Raises NotFound for somebody whom the wave did not ask, and Refused when there is no text for them.
    """
    seen = visible_by_account(scope, Invitation.account_id)
    row = session.execute(recipients(letter.wave_id).where(Contact.id == contact_id, seen)).one_or_none()
    if row is None:
        raise NotFound("contact of this wave", contact_id)
    today = now.astimezone(zone_named(row.time_zone)).date()
    context, language = words_for(row, content_now(session, letter), written_on=today.isoformat())
    links = Links(opt_out=f"{base_url}/u/not-in-a-preview")
    return Preview(_readers([row])[0], render(LETTER, language, context, links))


def find_contact(session: Session, letter: Letter, key: str, *, scope: Scope) -> int:
    """The id of a contact whom the wave asked, by id or external id. Raises NotFound."""
    by_id = int(key) if key.isascii() and key.isdigit() and len(key) < 19 else 0
    rows = session.execute(
        recipients(letter.wave_id).where(
            or_(Contact.id == by_id, Contact.external_id == key),
            visible_by_account(scope, Invitation.account_id),
        )
    ).all()
    # An external id may look like the id of somebody else: what a person typed is rather the former.
    if not rows:
        raise NotFound("contact of this wave", key)
    return int(next((row.contact_id for row in rows if row.contact_id != by_id), rows[0].contact_id))


def _readers(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Reader]:
    return [Reader(row.contact_id, row.contact, row.account, row.segment or "", row.rule) for row in rows]
