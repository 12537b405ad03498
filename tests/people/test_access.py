"""Who sees whom: the cast looks at accounts, contacts, cases and calls."""

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.people.access import (
    NOBODY,
    SYSTEM,
    Scope,
    scope_of,
    visible_accounts,
    visible_assigned,
    visible_by_account,
    visible_calls,
    visible_contacts,
)
from surveyd.people.accounts import find_account, matching
from surveyd.people.contacts import contacts_of, count_contacts, find_contact
from surveyd.people.models import Account, Contact, StaffRole, User
from tests.fixtures.apps import NOW
from tests.fixtures.cast import Cast, make_cast

BOTH, NORTH, SOUTH, NONE = {"Nordwind", "Südwerk"}, {"Nordwind"}, {"Südwerk"}, set[str]()
SEEN = {
    "admin": BOTH,
    "executive": BOTH,
    "leader": NORTH,
    "mona": NORTH,
    "milo": SOUTH,
    "outsider": NONE,
    "support": NONE,
}


@pytest.fixture
def people(session: Session) -> Cast:
    return make_cast(session, NOW)


def scope(session: Session, people: Cast, who: str) -> Scope:
    return scope_of(session.get_one(User, getattr(people, who).id))


def names(session: Session, condition: ColumnElement[bool]) -> set[str]:
    return set(session.scalars(select(Account.name).where(condition)))


@pytest.mark.parametrize("who", SEEN)
def test_each_role_sees_its_accounts_and_their_contacts(session: Session, people: Cast, who: str) -> None:
    mine = scope(session, people, who)
    assert names(session, visible_accounts(mine)) == SEEN[who]
    assert names(session, visible_by_account(mine, Account.id)) == SEEN[who]
    of_contacts = select(Account.name).join(Contact).where(visible_contacts(mine))
    assert set(session.scalars(of_contacts)) == SEEN[who]
    assert names(session, matching(mine, "")) == SEEN[who]
    assert count_contacts(session, scope=mine) == 2 * ("Nordwind" in SEEN[who]) + ("Südwerk" in SEEN[who])


@pytest.mark.parametrize("who", SEEN)
def test_a_foreign_id_is_as_absent_as_an_unknown_one(session: Session, people: Cast, who: str) -> None:
    mine = scope(session, people, who)
    for key, name, contact in [
        (people.nordwind, "Nordwind", people.anna.id),
        (people.sudwerk, "Südwerk", people.sofie.id),
    ]:
        if name in SEEN[who]:
            assert find_account(session, key, scope=mine).name == name
            assert find_contact(session, contact, scope=mine).account_id == key
            assert contacts_of(session, key, scope=mine)
        else:
            with pytest.raises(NotFound):
                find_account(session, key, scope=mine)
            with pytest.raises(NotFound):
                find_contact(session, contact, scope=mine)
            assert contacts_of(session, key, scope=mine) == ()


def test_an_assigned_row_is_seen_by_its_owner(session: Session, people: Cast) -> None:
    # Accounts stand in for cases here: they carry an account's id and an owner.
    for who, expected in (SEEN | {"support": SOUTH, "outsider": NONE, "leader": NORTH}).items():
        session.get_one(Account, people.sudwerk).manager_id = people.support.id
        session.flush()
        condition = visible_assigned(scope(session, people, who), Account.id, Account.manager_id)
        assert names(session, condition) == (NONE if who == "milo" else expected)
    assert names(session, visible_assigned(SYSTEM, Account.id, Account.manager_id)) == BOTH
    assert names(session, visible_assigned(NOBODY, Account.id, Account.manager_id)) == NONE


def test_support_sees_the_whole_call_list_and_the_others_their_part(session: Session, people: Cast) -> None:
    for who, expected in (SEEN | {"support": BOTH}).items():
        assert names(session, visible_calls(scope(session, people, who), Account.id)) == expected
    assert names(session, visible_calls(NOBODY, Account.id)) == NONE


def test_support_sees_no_revenue(session: Session, people: Cast) -> None:
    seeing = {who for who in SEEN if scope(session, people, who).sees_revenue}
    assert seeing == set(SEEN) - {"support"}
    assert not NOBODY.sees_revenue


def test_nobody_and_the_inactive_see_nothing(session: Session, people: Cast) -> None:
    gone = session.get_one(User, people.admin.id)
    gone.active = False
    for mine in (scope_of(None), scope_of(gone)):
        assert names(session, visible_accounts(mine)) == NONE
        assert names(session, visible_assigned(mine, Account.id, Account.manager_id)) == NONE


def test_a_leader_of_no_region_does_not_see_accounts_of_none(session: Session, people: Cast) -> None:
    session.get_one(Account, people.sudwerk).region = ""
    session.flush()
    lost = User(id=99, email="x@company.test", role=StaffRole.REGIONAL_LEADER, region="", active=True)
    assert names(session, visible_accounts(scope_of(lost))) == NONE
