"""Parent accounts: where a group stands, what it is worth, and how much of it a reader sees."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from surveyd.base.keyset import Wanted
from surveyd.people.access import SYSTEM, Scope, scope_of
from surveyd.people.families import Parent
from surveyd.people.models import Account, AccountStatus, User
from surveyd.reports.account import AccountView, account_view
from surveyd.reports.accounts import AccountList, account_list
from surveyd.results.revenue import Money
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave

Collect = Callable[[], AbstractContextManager[list[str]]]
AT_RISK: dict[str, int | str] = {"recommend": 0, "satisfied": 1, "better": 1, "renew": 1}


@pytest.fixture
def asking(session: Session) -> Asking:
    """Südwerk belongs to Nordwind; Anna (decides) of Nordwind is happy, Aziz and Sofie of Südwerk at risk."""
    asking = open_wave(session, NOW)
    people = asking.people
    session.get_one(Account, people.sudwerk).parent_id = people.nordwind
    asking.answer(asking.ask(people.anna.id), HAPPY)
    asking.answer(asking.ask(people.aziz.id), UNHAPPY, now=NOW + timedelta(hours=1))
    asking.answer(asking.ask(people.sofie.id), AT_RISK, now=NOW + timedelta(hours=2))
    session.flush()
    return asking


def child(asking: Asking, name: str, parent_id: int | None, **facts: object) -> Account:
    account = Account(external_id=name, name=name, parent_id=parent_id, created_at=NOW, updated_at=NOW)
    for field, value in facts.items():
        setattr(account, field, value)
    asking.session.add(account)
    asking.session.flush()
    return account


def view_of(asking: Asking, account_id: int, scope: Scope = SYSTEM) -> AccountView:
    return account_view(asking.session, account_id, scope=scope, now=NOW)


def listed(asking: Asking, scope: Scope = SYSTEM, **filters: str) -> AccountList:
    wanted = Wanted(sort="name", filters=filters)
    return account_list(asking.session, scope=scope, now=NOW, wanted=wanted)


def test_all_voices_of_a_group_speak_together(asking: Asking) -> None:
    people = asking.people
    child(asking, "Empty", people.sudwerk, revenue_cents=5_00, currency="USD")
    child(asking, "Unknown", people.nordwind)
    child(asking, "Gone", people.nordwind, status=AccountStatus.LAPSED, revenue_cents=1, currency="EUR")

    view = view_of(asking, people.nordwind)

    group = view.group
    assert group is not None
    # Anna 3 x 100, Aziz 1 x 25, Sofie 2 x 0, by weights of 6.
    assert group.view.standing.attitude == pytest.approx(325 / 6)
    assert (group.accounts, group.unknown, group.has_more, group.left_out) == (4, 1, False, 0)
    assert group.revenue == (Money("EUR", 9_400_000_00, 2), Money("USD", 5_00, 1))
    assert group.view.reason == (
        "Split: decision makers say truly loyal, buyers say high risk, users say trapped."
    )
    assert [(one.name, one.view.state) for one in group.members] == [
        ("Südwerk", "high_risk"),
        ("Empty", "not_asked"),
        ("Unknown", "not_asked"),
    ]
    # The account alone: (3 x 100 + 25) / 4.
    assert view.standing.standing.attitude == pytest.approx(325 / 4)
    assert view.parent is None
    below = view_of(asking, people.sudwerk)
    assert below.parent == Parent(people.nordwind, "Nordwind")
    assert below.group is not None and below.group.accounts == 2


def test_a_reader_is_told_that_there_is_more_and_not_what(asking: Asking) -> None:
    people = asking.people
    mona = scope_of(asking.session.get_one(User, people.mona.id))
    milo = scope_of(asking.session.get_one(User, people.milo.id))

    group = view_of(asking, people.nordwind, mona).group
    assert group is not None
    assert (group.accounts, group.has_more, group.members) == (1, True, ())
    assert group.view.standing.voices == 2
    assert group.revenue == (Money("EUR", 9_000_000_00, 1),)
    assert view_of(asking, people.sudwerk, milo).parent == Parent(None, "")
    assert view_of(asking, people.sudwerk, milo).group is None


def test_parents_that_lead_back_to_themselves_are_shown(asking: Asking) -> None:
    people = asking.people
    asking.session.get_one(Account, people.nordwind).parent_id = people.sudwerk
    asking.session.flush()

    for account_id in (people.nordwind, people.sudwerk):
        group = view_of(asking, account_id).group
        assert group is not None and group.accounts == 2
    assert len(listed(asking, group="with", parent=str(people.nordwind)).lines) == 2


def test_a_large_group_is_listed_elsewhere(asking: Asking) -> None:
    for number in range(20):
        child(asking, f"Plant {number:02}", asking.people.nordwind)

    group = view_of(asking, asking.people.nordwind).group

    assert group is not None
    assert (group.accounts, len(group.members), group.left_out) == (22, 12, 9)
    assert group.members[0].name == "Südwerk"


def test_the_list_shows_groups_on_wish(asking: Asking) -> None:
    people = asking.people
    child(asking, "Alone", None)

    assert [line.group for line in listed(asking).lines] == [None, None, None]
    alone, nordwind, sudwerk = listed(asking, group="with").lines
    assert (alone.group, sudwerk.group) == (None, None)
    assert nordwind.group is not None and nordwind.group.view.standing.voices == 3
    assert [line.name for line in listed(asking, group="parents").lines] == ["Nordwind"]
    of_one = listed(asking, parent=str(people.nordwind))
    assert [line.name for line in of_one.lines] == ["Nordwind", "Südwerk"]
    assert of_one.parent == "Nordwind"


@pytest.mark.parametrize("parent", ["x", "0", "9" * 30, "4711", "-1"])
def test_a_group_of_nobody_has_no_accounts(asking: Asking, parent: str) -> None:
    found = listed(asking, parent=parent)

    assert (found.lines, found.parent) == ((), "")


def test_a_foreign_parent_gives_nothing_away(asking: Asking) -> None:
    milo = scope_of(asking.session.get_one(User, asking.people.milo.id))

    found = listed(asking, milo, parent=str(asking.people.nordwind))

    assert (found.lines, found.parent) == ((), "")


def test_groups_take_no_more_statements_the_more_there_are(asking: Asking, statements: Collect) -> None:
    with statements() as few:
        listed(asking, group="with")
    for number in range(10):
        parent = child(asking, f"Head {number}", asking.people.nordwind)
        asking.answer(asking.ask_somebody(number, account_id=parent.id), HAPPY)
        child(asking, f"Plant {number}", parent.id)
    asking.session.expunge_all()

    with statements() as said:
        assert len(listed(asking, group="with").lines) == 22
    assert len(said) == len(few), "\n".join(said)
