"""Finding accounts, and paging through contacts by key: nobody twice, nobody missing."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.people.access import NOBODY, SYSTEM, scope_of
from surveyd.people.accounts import matching
from surveyd.people.contacts import count_contacts, page_of_contacts
from surveyd.people.models import Account, Contact, User
from tests.fixtures.cast import make_cast


def add(session: Session, names: list[str], now: datetime) -> None:
    for number, name in enumerate(names):
        stamps = {"created_at": now, "updated_at": now}
        account = Account(external_id=f"A{number}", name=name, **stamps)
        session.add(account)
        session.flush()
        session.add(Contact(external_id=f"C{number}", account_id=account.id, name=name, **stamps))
    session.flush()


def test_pages_follow_each_other_by_name_and_key(session: Session, now: datetime) -> None:
    add(session, ["Birch", "Alder", "Birch", "Cedar", "Birch"], now)
    contacts, after = [], None
    while True:
        some = page_of_contacts(session, scope=SYSTEM, after=after, limit=2)
        contacts += [contact.external_id for contact in some.contacts]
        if (after := some.after) is None:
            break
    assert contacts == ["C1", "C0", "C2", "C4", "C3"]


def test_no_page_has_anything_without_rows_or_scope(session: Session, now: datetime) -> None:
    assert page_of_contacts(session, scope=SYSTEM).contacts == ()
    add(session, ["Alder"], now)
    assert page_of_contacts(session, scope=NOBODY).contacts == ()
    assert page_of_contacts(session, scope=SYSTEM, limit=1).after is None


@pytest.mark.parametrize(
    ("search", "found"),
    [("ald", {"Alder"}), ("ALD", {"Alder"}), ("A1", {"100%_oak"}), ("%", {"100%_oak"}), ("_", {"100%_oak"})],
)
def test_a_search_takes_text_as_text(session: Session, now: datetime, search: str, found: set[str]) -> None:
    add(session, ["Alder", "100%_oak"], now)
    assert set(session.scalars(select(Account.name).where(matching(SYSTEM, search)))) == found
    assert not session.scalars(select(Account).where(matching(NOBODY, search))).all()


def test_contacts_are_found_by_address_too(session: Session, now: datetime) -> None:
    make_cast(session, now)
    page = page_of_contacts(session, scope=SYSTEM, search="sofie@")
    assert [contact.name for contact in page.contacts] == ["Sofie Sommer"]
    assert count_contacts(session, scope=SYSTEM, search="nordwind.test") == 2


def test_a_key_outside_the_scope_opens_no_page(session: Session, now: datetime) -> None:
    cast = make_cast(session, now)
    mona = scope_of(session.get_one(User, cast.mona.id))
    with pytest.raises(NotFound):
        page_of_contacts(session, scope=mona, after=cast.sofie.id)
