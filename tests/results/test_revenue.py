"""Revenue by where the accounts stand: every account once, and no currency added to another."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from fractions import Fraction

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.people.access import NOBODY, SYSTEM, Reach, Scope
from surveyd.people.models import Account, AccountStatus, Contact, RelationshipRole
from surveyd.people.rates import Rate, Rates, add_rate, read_rate, set_reporting
from surveyd.results.revenue import (
    NOT_ASKED,
    SILENT,
    STATES,
    AccountGroup,
    Money,
    StateRevenue,
    account_groups,
    matrix_points,
    revenue_at_risk,
    revenue_by_state,
    told_in,
)
from surveyd.scoring.exposure import State, count
from surveyd.scoring.loyalty import Segment
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking

Collect = Callable[[], AbstractContextManager[list[str]]]
LEAVING: dict[str, int | str] = UNHAPPY | {"renew": 1, "alternatives": 5}


def by_state(session: Session, asking: Asking, scope: Scope = SYSTEM) -> dict[str, StateRevenue]:
    return {found.state: found for found in revenue_by_state(groups(session, asking, scope))}


def groups(session: Session, asking: Asking, scope: Scope = SYSTEM) -> tuple[AccountGroup, ...]:
    return account_groups(session, asking.wave.id, scope=scope)


def account_of(session: Session, number: int) -> Account:
    return session.scalars(select(Account).where(Account.external_id == f"ACC-{number}")).one()


def test_every_state_is_there_before_anybody_is_asked(asking: Asking, session: Session) -> None:
    found = by_state(session, asking)

    assert tuple(found) == STATES
    assert found[NOT_ASKED].accounts == 2
    assert sum(one.accounts for one in found.values()) == 2


def test_each_account_has_one_state_and_the_sums_are_the_whole(asking: Asking, session: Session) -> None:
    asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    asking.ask(asking.people.sofie.id)
    for number in range(6):
        asking.answer(asking.ask_somebody(number), (HAPPY, LEAVING, {"recommend": 9})[number % 3])
    whole = session.execute(select(func.sum(Account.revenue_cents))).scalar_one()

    found = by_state(session, asking)

    assert {name: one.accounts for name, one in found.items()} == {
        "truly_loyal": 2,
        "accessible": 0,
        "trapped": 1,
        "high_risk": 2,
        "unclassified": 2,
        SILENT: 1,
        NOT_ASKED: 0,
    }
    assert sum(money.cents for one in found.values() for money in one.sums) == whole


def test_currencies_stay_apart_and_missing_revenue_is_counted(asking: Asking, session: Session) -> None:
    for number in range(4):
        asking.answer(asking.ask_somebody(number), HAPPY)
    account_of(session, 0).currency = "CHF"
    account_of(session, 1).revenue_cents = None
    account_of(session, 2).revenue_cents = 0
    session.flush()

    loyal = by_state(session, asking)["truly_loyal"]

    assert (loyal.accounts, loyal.unknown) == (4, 1)
    assert loyal.sums == (Money("CHF", 100_000, 1), Money("EUR", 100_000, 2))


def test_a_lapsed_account_counts_where_it_was_asked(asking: Asking, session: Session) -> None:
    asking.answer(asking.ask_somebody(1), HAPPY)
    account_of(session, 1).status = AccountStatus.LAPSED
    session.get_one(Account, asking.people.sudwerk).status = AccountStatus.LAPSED
    session.flush()

    found = by_state(session, asking)

    assert found["truly_loyal"].accounts == 1
    assert found[NOT_ASKED].accounts == 1


def test_a_decision_maker_at_high_risk_puts_the_whole_account_at_risk(
    asking: Asking, session: Session
) -> None:
    decider = asking.ask_somebody(1)
    session.scalars(
        select(Contact).where(Contact.external_id == "N-1")
    ).one().role = RelationshipRole.DECISION_MAKER
    asking.answer(decider, LEAVING)
    for number in range(2, 9):
        asking.answer(asking.ask_somebody(number, account_id=account_of(session, 1).id), HAPPY)
    asking.answer(asking.ask_somebody(20), LEAVING)

    at_risk = revenue_at_risk(groups(session, asking))

    assert by_state(session, asking)["high_risk"].accounts == 1
    assert (at_risk.accounts, at_risk.sums) == (2, (Money("EUR", 200_000, 2),))


def test_everybody_sums_what_they_may_see(asking: Asking, session: Session) -> None:
    asking.answer(asking.ask(asking.people.anna.id), HAPPY)
    asking.answer(asking.ask(asking.people.sofie.id), HAPPY)

    north = by_state(session, asking, Scope(Reach.REGION, 1, "North"))
    nothing = by_state(session, asking, NOBODY)

    assert [one.accounts for one in north.values()] == [1, 0, 0, 0, 0, 0, 0]
    assert sum(one.accounts for one in nothing.values()) == 0
    assert matrix_points(session, asking.wave.id, scope=NOBODY) == ()
    assert revenue_at_risk(groups(session, asking, NOBODY)).accounts == 0


def test_the_matrix_shows_the_largest_of_each_currency_first(asking: Asking, session: Session) -> None:
    for number in range(5):
        asking.answer(asking.ask_somebody(number), HAPPY)
    for number, (cents, currency) in enumerate(
        [(5, "JPY"), (900, "EUR"), (800, "EUR"), (1, "JPY"), (None, "")]
    ):
        account = account_of(session, number)
        account.revenue_cents, account.currency = cents, currency
    session.flush()

    points = matrix_points(session, asking.wave.id, scope=SYSTEM, most=3)

    assert {point.name for point in points} == {"Customer 0", "Customer 1", "Customer 4"}
    assert {point.segment for point in points} == {Segment.TRULY_LOYAL}
    assert {(point.attitude, point.intent) for point in points} == {(100.0, 100.0)}


def test_who_may_not_see_revenue_gets_points_without_it(asking: Asking, session: Session) -> None:
    asking.answer(asking.ask(asking.people.anna.id), HAPPY)
    seen = matrix_points(session, asking.wave.id, scope=SYSTEM)

    assert [point.revenue_cents for point in seen] != [None]
    assert all(point.revenue_cents is None for point in matrix_points(session, asking.wave.id, scope=NOBODY))


def test_who_left_an_axis_out_has_no_point(asking: Asking, session: Session) -> None:
    asking.answer(asking.ask_somebody(1), {"recommend": 10})

    assert matrix_points(session, asking.wave.id, scope=SYSTEM) == ()


def test_more_accounts_take_no_more_statements(asking: Asking, session: Session, statements: Collect) -> None:
    for number in range(30):
        asking.answer(asking.ask_somebody(number), HAPPY, now=NOW + timedelta(minutes=1))

    with statements() as said:
        assert sum(group.accounts for group in groups(session, asking)) == 32
        assert len(matrix_points(session, asking.wave.id, scope=SYSTEM)) == 30
    assert len(said) == 4, "and the policy in force before each"


@pytest.mark.parametrize("most", [1, 10])
def test_no_more_points_than_asked_for(asking: Asking, session: Session, most: int) -> None:
    for number in range(12):
        asking.answer(asking.ask_somebody(number), HAPPY)

    assert len(matrix_points(session, asking.wave.id, scope=SYSTEM, most=most)) == most


def test_the_states_of_revenue_are_one_for_each_account(asking: Asking, session: Session) -> None:
    decider = asking.ask_somebody(1)
    session.scalars(
        select(Contact).where(Contact.external_id == "N-1")
    ).one().role = RelationshipRole.DECISION_MAKER
    asking.answer(decider, LEAVING)
    for number in range(2, 9):
        asking.answer(asking.ask_somebody(number, account_id=account_of(session, 1).id), HAPPY)
    asking.answer(asking.ask_somebody(20), HAPPY)
    asking.ask_somebody(21)

    found = {one.state: one for one in count([group.holding for group in groups(session, asking)])}

    assert [found[state].accounts for state in State] == [1, 0, 0, 1, 0, 1, 2]
    assert found[State.AT_RISK].accounts == 1, "loyal but for the one who decides"


def test_sums_are_told_in_one_currency_where_there_are_rates(session: Session) -> None:
    rates = Rates("EUR", (Rate("CHF", Fraction(3, 2), NOW.date()),))
    sums = (Money("CHF", 101, 1), Money("EUR", 7, 2), Money("JPY", 900, 1))

    assert told_in(sums, rates) == (Money("EUR", 158, 3), Money("JPY", 900, 1))
    assert told_in(sums, Rates("", ())) == sums
    assert told_in((), rates) == ()


def test_the_matrix_compares_converted_amounts(asking: Asking, session: Session) -> None:
    for number, (cents, currency) in enumerate([(500, "EUR"), (400, "CHF"), (900_000, "JPY")]):
        asking.answer(asking.ask_somebody(number), HAPPY)
        account = account_of(session, number)
        account.revenue_cents, account.currency = cents, currency
    set_reporting(session, "EUR", by=None, now=NOW)
    add_rate(session, "CHF", read_rate("2"), day=NOW.date(), by=None, now=NOW)

    found = {
        point.name: (point.size, point.sized_in)
        for point in matrix_points(session, asking.wave.id, scope=SYSTEM)
    }

    assert found == {"Customer 0": (500, ""), "Customer 1": (800, ""), "Customer 2": (900_000, "JPY")}
