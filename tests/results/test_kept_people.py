"""What is kept of accounts and contacts goes when they change."""

import gc
from weakref import ref

import pytest
from sqlalchemy.orm import Session

from surveyd.base.changes import ACCOUNTS, CONTACTS, count_change
from surveyd.people.access import Scope, scope_of
from surveyd.people.contacts import NewContact, add_contact
from surveyd.people.models import User
from surveyd.results import shelf
from surveyd.results.people_columns import contacts_of
from surveyd.results.slices import Slice
from surveyd.results.whole_shapes import Part
from surveyd.results.wholes import whole_of
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import HAPPY, open_wave


@pytest.fixture
def scope(writer: Transaction) -> Scope:
    """What Mona sees of a wave in which Anna has answered."""
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.answer(asking.ask(asking.people.anna.id), HAPPY)
        return scope_of(session.get_one(User, asking.people.mona.id))


def look(session: Session, scope: Scope) -> tuple[Part, ...]:
    whole = whole_of(session, Slice(), scope=scope)
    assert (whole.account_codes >= 0).all()
    assert whole.seen is not None
    return whole.parts


@pytest.mark.parametrize("topic", [ACCOUNTS, CONTACTS])
def test_after_ten_changes_one_set_is_kept(
    scope: Scope, reader: Transaction, writer: Transaction, topic: str
) -> None:
    seen = []
    for _ in range(10):
        with writer() as session:
            count_change(session, topic)
        with reader() as session:
            (part,) = look(session, scope)
            assert look(session, scope) == (part,)
            seen.append(ref(part.contacts if topic == CONTACTS else part.accounts))
            del part
    gc.collect()
    assert [one() is not None for one in seen] == [False] * 9 + [True]


def test_a_contact_who_is_added_by_hand_is_counted(reader: Transaction, writer: Transaction) -> None:
    """Also where somebody with a higher id was seen before: of two at once the lower id may end last."""
    with writer() as session:
        people = open_wave(session, NOW).people
        facts = NewContact(people.nordwind, "Bernd Lang", "bernd@nordwind.test", language="de")
        low = add_contact(session, facts, now=NOW)
        low_id, low.id = low.id, low.id + 10
        session.flush()
    with reader() as session:
        assert contacts_of(session).ids.tolist()[-1] == low_id + 10
    with writer() as session:
        other = add_contact(session, NewContact(people.nordwind, "Zoe", "zoe@nordwind.test"), now=NOW)
        other.id = low_id
        session.flush()
    with reader() as session:
        assert low_id in contacts_of(session).ids.tolist()
    shelf.forget()
