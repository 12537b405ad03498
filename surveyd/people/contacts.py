"""The contacts: finding one, those of an account, and paging through those that a person may see."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from surveyd.base.changes import CONTACTS, count_change
from surveyd.base.errors import NotFound
from surveyd.people.access import Scope, visible_contacts
from surveyd.people.models import Contact

PAGE = 50
OURS = "surveyd"
"""What the id of a contact begins with that came in here and not from the company's own lists."""


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact as somebody named it: address and number are checked already (see `people.cells`)."""

    account_id: int
    name: str
    email: str
    phone: str = ""
    language: str = ""
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class ContactPage:
    """Some contacts in the order of their names; `after` is the key of the next page, None on the last."""

    contacts: tuple[Contact, ...]
    after: int | None


def find_contact(session: Session, contact_id: int, *, scope: Scope) -> Contact:
    """The contact with this id. Raises NotFound, also for one outside the scope."""
    contact = session.scalar(select(Contact).where(Contact.id == contact_id, visible_contacts(scope)))
    if contact is None:
        raise NotFound("contact", contact_id)
    return contact


def add_contact(session: Session, facts: NewContact, *, now: datetime) -> Contact:
    """Add a contact to an account, or return the one that it has with this address, if any; flushed.

    Its id is ours until an import brings the company's own.
    """
    address = func.lower(Contact.email) == facts.email.lower()
    there = select(Contact).where(Contact.account_id == facts.account_id, address).order_by(Contact.id)
    found = session.scalars(there.limit(1)).one_or_none() if facts.email else None
    if found is not None:
        return found
    contact = Contact(
        external_id=f"{OURS}-{secrets.token_hex(8)}",
        account_id=facts.account_id,
        name=facts.name,
        email=facts.email,
        phone=facts.phone,
        language=facts.language,
        time_zone=facts.time_zone,
        created_at=now,
        updated_at=now,
    )
    session.add(contact)
    session.flush()
    # Of two at once the one with the lower id may end last, which no highest id tells.
    count_change(session, CONTACTS)
    return contact


def contacts_of(session: Session, account_id: int, *, scope: Scope) -> tuple[Contact, ...]:
    """The contacts of one account by name; none when the account is outside the scope."""
    query = select(Contact).where(Contact.account_id == account_id, visible_contacts(scope))
    return tuple(session.scalars(query.order_by(Contact.name, Contact.id)))


def page_of_contacts(
    session: Session, *, scope: Scope, search: str = "", after: int | None = None, limit: int = PAGE
) -> ContactPage:
    """The contacts behind the one with id `after`, by name; `search` looks at names, addresses and ids.

    Raises NotFound when `after` is no contact of the scope.
    """
    query = select(Contact).where(_matching(scope, search)).order_by(Contact.name, Contact.id)
    if after is not None:
        last = find_contact(session, after, scope=scope)
        behind = and_(Contact.name == last.name, Contact.id > last.id)
        query = query.where(or_(Contact.name > last.name, behind))
    found = session.scalars(query.limit(limit + 1)).all()
    return ContactPage(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)


def count_contacts(session: Session, *, scope: Scope, search: str = "") -> int:
    """How many contacts of the scope match."""
    count = select(func.count()).select_from(Contact).where(_matching(scope, search))
    return session.execute(count).scalar_one()


def _matching(scope: Scope, search: str) -> ColumnElement[bool]:
    text = search.strip()
    if not text:
        return visible_contacts(scope)
    named = Contact.name.icontains(text, autoescape=True)
    addressed = Contact.email.icontains(text, autoescape=True)
    return and_(visible_contacts(scope), or_(named, addressed, Contact.external_id == text))
