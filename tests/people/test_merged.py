"""Lists that name a contact or an account that went on as another one: they reach whoever goes on."""

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.people.contacts import NewContact, add_contact
from surveyd.people.duplicate_models import Merge, SameKind
from surveyd.people.imports import Preview
from surveyd.people.merged import contact_called, goes_on_as
from surveyd.people.models import Account, Contact
from tests.people.test_imports import ACCOUNTS, CONTACTS, account, contact, counts, load

PEOPLE = "id,account,name,email,phone\nC1,A1,Anna,anna@alder.test,\nC2,A2,Ana,ana@birch.test,\n"
FIRMS = "id,name,country,region\nA1,Alder,DE,North\nA2,Alder AG,DE,South\n"


@pytest.fixture
def merged(session: Session, now: datetime) -> None:
    """C2 goes on as C1, who took their address; A2 goes on as A1."""
    load(session, ACCOUNTS, FIRMS, now)
    load(session, CONTACTS, PEOPLE, now)
    for kind, gone, kept in (
        (SameKind.CONTACT, contact(session, "C2"), contact(session, "C1")),
        (SameKind.ACCOUNT, account(session, "A2"), account(session, "A1")),
    ):
        gone.merged_into_id = kept.id
        session.add(Merge(kind=kind, gone_id=gone.id, kept_id=kept.id, own={}, taken={}, moved={}, at=now))
    row = session.scalars(select(Merge).where(Merge.kind == SameKind.CONTACT)).one()
    row.own, row.taken = {"email": "anna@alder.test"}, {"email": "ana@birch.test"}
    contact(session, "C1").email = "ana@birch.test"
    session.flush()


def people(session: Session, text: str, now: datetime) -> Preview:
    return load(session, CONTACTS, text, now)


@pytest.mark.usefixtures("merged")
class TestLists:
    def test_the_same_lists_change_nothing(self, session: Session, now: datetime) -> None:
        # C2's account goes on, so that its row says so once.
        assert counts(people(session, PEOPLE, now)) == (0, 1, 1, 0)
        assert counts(people(session, PEOPLE, now)) == (0, 0, 2, 0)
        assert counts(load(session, ACCOUNTS, FIRMS, now)) == (0, 0, 2, 0)
        assert contact(session, "C1").email == "ana@birch.test"
        assert session.execute(select(func.count()).select_from(Contact)).scalar_one() == 2

    def test_what_a_list_changes_of_the_old_id_reaches_who_goes_on(
        self, session: Session, now: datetime
    ) -> None:
        people(session, PEOPLE.replace("ana@birch.test,", "ana@birch.test,+49 30 901820"), now)
        assert contact(session, "C1").phone == "+4930901820"
        assert contact(session, "C1").account_id == account(session, "A1").id

    def test_something_new_of_the_kept_id_is_taken(self, session: Session, now: datetime) -> None:
        people(session, PEOPLE.replace("anna@alder.test", "anna@new.test"), now)
        assert contact(session, "C1").email == "anna@new.test"

    def test_new_contacts_of_the_old_account_come_to_the_other(self, session: Session, now: datetime) -> None:
        for name, key in (("C3", "A2"), ("C4", "Alder AG")):
            people(session, f"id,account,name\n{name},{key},New\n", now)
            assert contact(session, name).account_id == account(session, "A1").id

    def test_the_old_account_as_a_parent_is_the_other(self, session: Session, now: datetime) -> None:
        text = "id,name,parent\nA3,Child,A2\nA1,Alder,A2\n"
        load(session, ACCOUNTS, text, now)
        assert account(session, "A3").parent_id == account(session, "A1").id
        assert account(session, "A1").parent_id is None
        assert counts(load(session, ACCOUNTS, text, now)) == (0, 0, 2, 0)

    def test_dimensions_of_the_old_account_are_added(self, session: Session, now: datetime) -> None:
        account(session, "A1").dimensions = {"Fleet": "12"}
        session.flush()
        load(session, ACCOUNTS, "id,name,Plant\nA2,Alder AG,Ulm\n", now, Plant="dimension:Plant")
        assert account(session, "A1").dimensions == {"Fleet": "12", "Plant": "Ulm"}


@pytest.mark.usefixtures("merged")
def test_callers_with_an_old_id_or_address_reach_who_goes_on(session: Session, now: datetime) -> None:
    kept, gone = contact(session, "C1").id, contact(session, "C2").id
    assert contact_called(session, "C2") == contact_called(session, "C1") == kept
    assert contact_called(session, "nobody") is None
    assert (goes_on_as(session, gone), goes_on_as(session, kept), goes_on_as(session, 98_765)) == (
        kept,
        kept,
        98_765,
    )
    facts = NewContact(contact(session, "C2").account_id, "Ana", "ana@birch.test")
    assert add_contact(session, facts, now=now).id == kept
    assert session.scalar(select(Account.id).where(Account.external_id == "A2")) is not None
