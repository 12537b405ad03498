"""The contacts: finding one, those of an account, and paging through those that a person may see."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.changes import CONTACTS, count_change
from surveyd.base.errors import NotFound, Refused
from surveyd.base.statements import table_of
from surveyd.people.access import Scope, visible_contacts
from surveyd.people.models import Contact, RelationshipRole

PAGE = 50
TICK = timedelta(microseconds=1)
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
    role: RelationshipRole = RelationshipRole.UNKNOWN


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What staff may correct of a contact by hand; all of it is checked already (see `people.cells`)."""

    name: str
    email: str
    phone: str
    language: str
    role: RelationshipRole


class AddressTaken(Refused):
    """Another contact of the same account has this address."""


class ChangedMeanwhile(Refused):
    """Somebody else has changed the contact since it was read."""


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
    found = find_by_address(session, facts.account_id, facts.email)
    if found is not None:
        return session.get_one(Contact, found.merged_into_id) if found.merged_into_id else found
    contact = Contact(
        external_id=f"{OURS}-{secrets.token_hex(8)}",
        account_id=facts.account_id,
        name=facts.name,
        email=facts.email,
        phone=facts.phone,
        language=facts.language,
        time_zone=facts.time_zone,
        role=facts.role,
        created_at=now,
        updated_at=now,
    )
    session.add(contact)
    session.flush()
    # Of two at once the one with the lower id may end last, which no highest id tells.
    count_change(session, CONTACTS)
    return contact


def correct_contact(
    session: Session, contact: Contact, facts: ContactFacts, *, seen: datetime, now: datetime
) -> tuple[str, ...]:
    """Correct what differs, and return the names of those fields; nothing differs: nothing changes.

    `seen` is the contact's `updated_at` that the correction was typed on. Raises ChangedMeanwhile when it is
    another one, AddressTaken when a second contact of the account has the address. An import of the company's
    own lists brings their values back.
    """
    wanted = {name: getattr(facts, name) for name in ContactFacts.__slots__}
    changed = {name: value for name, value in wanted.items() if getattr(contact, name) != value}
    if not changed:
        return ()
    other = find_by_address(session, contact.account_id, facts.email, but=contact.id)
    if "email" in changed and other is not None and other.merged_into_id is None:
        raise AddressTaken(f"{other.name} of the same account has this address already.")
    table = table_of(Contact)
    mine = update(table).where(table.c.id == contact.id, table.c.updated_at == seen)
    # Of two corrections in one instant the second one must still see that it is late.
    at = max(now, seen + TICK)
    if session.execute(mine.values(**changed, updated_at=at).returning(table.c.id)).first() is None:
        raise ChangedMeanwhile("Somebody has changed this contact meanwhile; what stands now is shown here.")
    session.refresh(contact)
    count_change(session, CONTACTS)
    return tuple(changed)


def find_by_address(session: Session, account_id: int, email: str, *, but: int = 0) -> Contact | None:
    """The account's first contact with the address, whatever its case; None for none, and for no address."""
    if not email:
        return None
    address = func.lower(Contact.email) == email.lower()
    there = select(Contact).where(Contact.account_id == account_id, address, Contact.id != but)
    # One that was merged into another is found last.
    ordered = there.order_by(Contact.merged_into_id.is_not(None), Contact.id)
    return session.scalars(ordered.limit(1)).one_or_none()


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
