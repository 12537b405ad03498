"""Who may have sent an unsolicited response, and matching it: then it goes through the one door.

Suggestions are guesses by the address and the company that people left; a person decides. Whoever sorts the
queue finds every contact by name, and learns of the account no more than its name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.closed_loop.intake import Office, Receipt, submit
from surveyd.distribution.models import Invitation, Program
from surveyd.distribution.standing_waves import Purpose, invite, standing_wave
from surveyd.people.access import Scope, matchable_accounts
from surveyd.people.audit import record
from surveyd.people.contacts import NewContact, add_contact
from surveyd.people.mailboxes import SHARED_DOMAINS
from surveyd.people.models import Account, Contact
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Response
from surveyd.responses.open_models import OpenLink, OpenVisit, VisitState
from surveyd.responses.open_queue import settle

MOST = 8
CANDIDATES = 200
ALIKE = 0.6
"""From how much of two names is the same on, they may be one company's."""


class Why(StrEnum):
    """Why a contact is suggested, best reason first."""

    SAME_ADDRESS = "same_address"
    SAME_DOMAIN = "same_domain"
    SIMILAR_COMPANY = "similar_company"
    SAME_NAME = "same_name"
    FOUND = "found"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contact to whom the response may belong, and why; what else the account is stays hidden."""

    contact_id: int
    name: str
    email: str
    account: str
    why: Why


class SaidAlready(Refused):
    """The person has a response through this link in this month already: `response_id`."""

    def __init__(self, contact: Contact, response_id: int | None) -> None:
        super().__init__(
            f"{contact.name} has answered through this link in the same month already; keep this answer as a "
            "note on that one, or dismiss it."
        )
        self.contact_id = contact.id
        self.response_id = response_id


def candidates(session: Session, visit_id: int, *, scope: Scope) -> tuple[Candidate, ...]:
    """Whom an unsolicited response may come from, likeliest first, eight at most."""
    visit = session.get(OpenVisit, visit_id)
    if visit is None:
        raise NotFound("unsolicited response", visit_id)
    found: dict[int, Candidate] = {}
    for candidate in _guesses(session, visit, scope):
        found.setdefault(candidate.contact_id, candidate)
    return tuple(list(found.values())[:MOST])


def search_contacts(session: Session, words: str, *, scope: Scope, most: int = MOST) -> tuple[Candidate, ...]:
    """The contacts whose name, address or account holds the words, by name."""
    words = words.strip()
    if not words:
        return ()
    columns = (Contact.name, Contact.email, Account.name)
    holds = or_(*(column.icontains(words, autoescape=True) for column in columns))
    return tuple(_candidate(row, Why.FOUND) for row in _contacts(session, scope, holds, most=most))


def match(
    session: Session, visit_id: int, contact_id: int, *, scope: Scope, office: Office, by: int, now: datetime
) -> Receipt:
    """Give an unsolicited response to a contact: from now on it is a response like any other.

    It keeps its receipt number and the instant at which it was sent. Raises NotFound; SaidAlready when the
    person has one through this link in that month; Refused when somebody was quicker.
    """
    visit = _waiting(session, visit_id)
    contact = session.scalar(
        select(Contact)
        .join(Account, Account.id == Contact.account_id)
        .where(Contact.id == contact_id, Contact.merged_into_id.is_(None), matchable_accounts(scope))
    )
    if contact is None:
        raise NotFound("contact", contact_id)
    invitation_id = _invite(session, visit, contact, office=office)
    given_at = visit.sent_at or now
    receipt = submit(
        session,
        invitation_id,
        answers=visit.answers,
        channel=AnswerChannel.OPEN,
        given_at=given_at,
        now=now,
        office=office,
        receipt=visit.receipt or "",
    )
    settle(session, visit_id, VisitState.MATCHED, response_id=receipt.response_id, by=by, now=now)
    return receipt


def match_to_new(
    session: Session,
    visit_id: int,
    person: NewContact,
    *,
    scope: Scope,
    office: Office,
    by: int,
    now: datetime,
) -> Receipt:
    """Keep a new contact at an account and give them the response. Raises what `match` raises.

    Who has the same e-mail address at that account is taken in place of a new one.
    """
    visit = _waiting(session, visit_id)
    account = session.scalar(
        select(Account).where(Account.id == person.account_id, matchable_accounts(scope))
    )
    if account is None:
        raise NotFound("account", person.account_id)
    contact = add_contact(session, replace(person, language=visit.language), now=now)
    record(session, action="add", thing="contact", thing_id=contact.id, by=by, now=now)
    return match(session, visit_id, contact.id, scope=scope, office=office, by=by, now=now)


def keep_as_note(
    session: Session,
    visit_id: int,
    contact_id: int,
    *,
    response_id: int,
    scope: Scope,
    by: int,
    now: datetime,
) -> None:
    """Keep the response as a note on another one of the same contact; that one stays as it was scored.

    Raises NotFound, also when the response is not theirs, and Refused when somebody was quicker.
    """
    theirs = select(Response.id).join(Account, Account.id == Response.account_id)
    theirs = theirs.where(
        Response.id == response_id, Response.contact_id == contact_id, matchable_accounts(scope)
    )
    if session.execute(theirs).first() is None:
        raise NotFound("response", response_id)
    settle(session, visit_id, VisitState.NOTED, response_id=response_id, by=by, now=now)


def _invite(session: Session, visit: OpenVisit, contact: Contact, *, office: Office) -> int:
    """The invitation of this contact in the standing wave of the link and of the month."""
    link = session.get_one(OpenLink, visit.link_id)
    program = session.get_one(Program, link.program_id)
    sent_at = visit.sent_at or visit.updated_at
    wave = standing_wave(session, program, Purpose(link.slug, visit.version_id), now=sent_at)
    invitation_id = invite(
        session,
        wave,
        contact,
        version_id=visit.version_id,
        language=visit.language,
        keys=office.keys,
        now=sent_at,
    )
    if invitation_id is not None:
        return invitation_id
    earlier = (
        select(Response.id)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(Invitation.wave_id == wave.id, Invitation.contact_id == contact.id)
    )
    raise SaidAlready(contact, session.execute(earlier).scalar_one_or_none())


def _waiting(session: Session, visit_id: int) -> OpenVisit:
    # Locked, so that a second one waits here and then reads what became of it.
    locked = select(OpenVisit).where(OpenVisit.id == visit_id).with_for_update()
    visit = session.scalars(locked, execution_options={"populate_existing": True}).one_or_none()
    if visit is None or visit.state is VisitState.BEGUN:
        raise NotFound("unsolicited response", visit_id)
    if visit.state is not VisitState.WAITING:
        raise Refused("Somebody has settled this response meanwhile; see below what became of it.")
    return visit


def _guesses(session: Session, visit: OpenVisit, scope: Scope) -> Iterator[Candidate]:
    address = visit.email.strip().lower()
    domain = address.rpartition("@")[2]
    if domain and domain not in SHARED_DOMAINS:
        ends = func.lower(Contact.email).endswith(f"@{domain}", autoescape=True)
        rows = _contacts(session, scope, ends)
        yield from _by_address(rows, address, visit.name)
    elif address:
        rows = _contacts(session, scope, func.lower(Contact.email) == address)
        yield from (_candidate(row, Why.SAME_ADDRESS) for row in rows)
    if visit.company.strip():
        yield from _at_similar(session, visit, scope)
    if visit.name.strip():
        rows = _contacts(session, scope, func.lower(Contact.name) == visit.name.strip().lower())
        yield from (_candidate(row, Why.SAME_NAME) for row in rows)


def _by_address(rows: Iterable[Row[*tuple[Any, ...]]], address: str, name: str) -> Iterator[Candidate]:
    """Who has this very address first, then who is called so, then the others at the company."""

    def rank(row: Row[*tuple[Any, ...]]) -> tuple[bool, float]:
        return (row.email.lower() != address, -_likeness(row.name, name))

    for row in sorted(rows, key=rank):
        yield _candidate(row, Why.SAME_ADDRESS if row.email.lower() == address else Why.SAME_DOMAIN)


def _at_similar(session: Session, visit: OpenVisit, scope: Scope) -> Iterator[Candidate]:
    """The contacts of accounts whose name shares its longest word with the company, likeliest first."""
    word = max(visit.company.split(), key=len)
    rows = _contacts(session, scope, Account.name.icontains(word, autoescape=True))
    alike = [(max(_likeness(row.account, visit.company), _likeness(word, row.account)), row) for row in rows]
    alike.sort(key=lambda pair: (-pair[0], -_likeness(pair[1].name, visit.name), pair[1].name))
    yield from (_candidate(row, Why.SIMILAR_COMPANY) for likeness, row in alike if likeness >= ALIKE)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()


def _contacts(
    session: Session, scope: Scope, which: ColumnElement[bool], *, most: int = CANDIDATES
) -> list[Row[*tuple[Any, ...]]]:
    query = (
        select(Contact.id, Contact.name, Contact.email, Account.name.label("account"))
        .join(Account, Account.id == Contact.account_id)
        .where(which, Contact.active, Contact.merged_into_id.is_(None), matchable_accounts(scope))
    )
    return list(session.execute(query.order_by(Contact.name, Contact.id).limit(most)))


def _candidate(row: Row[*tuple[Any, ...]], why: Why) -> Candidate:
    return Candidate(row.id, row.name, row.email, row.account, why)
