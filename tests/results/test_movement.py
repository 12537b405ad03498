"""Who moved where between two waves."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from fractions import Fraction

import pytest
from sqlalchemy.orm import Session

from surveyd.distribution.models import Wave, WaveState
from surveyd.people.access import NOBODY, SYSTEM, Reach, Scope
from surveyd.people.models import Account
from surveyd.people.rates import Rate, Rates
from surveyd.results.movement import Move, account_moves, people_moves
from surveyd.results.revenue import NOT_ASKED, SILENT, Money, account_groups
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking

Collect = Callable[[], AbstractContextManager[list[str]]]


def next_wave(asking: Asking) -> Asking:
    """Half a year later, the same people."""
    wave = Wave(
        program_id=asking.program.id,
        slug="2026H2",
        version_id=asking.wave.version_id,
        state=WaveState.OPEN,
        scheduled_at=NOW,
        day_zero=NOW + timedelta(days=180),
        closes_at=NOW + timedelta(days=215),
    )
    asking.session.add(wave)
    asking.session.flush()
    return Asking(asking.session, NOW, asking.program, wave, asking.people)


def moves_of(session: Session, before_id: int, wave_id: int, *, scope: Scope) -> tuple[Move, ...]:
    return account_moves(account_groups(session, wave_id, scope=scope, before_id=before_id))


@pytest.fixture
def later(asking: Asking) -> Asking:
    """Anna was happy and no longer is, Aziz fell silent, Sofie speaks for the first time and is happy."""
    people = asking.people
    asking.answer(asking.ask(people.anna.id), HAPPY)
    asking.answer(asking.ask(people.aziz.id), HAPPY)
    asking.ask(people.sofie.id)
    second = next_wave(asking)
    second.answer(second.ask(people.anna.id), UNHAPPY)
    second.ask(people.aziz.id)
    second.answer(second.ask(people.sofie.id), HAPPY)
    return second


def test_people_move(asking: Asking, later: Asking, session: Session) -> None:
    found = people_moves(session, asking.wave.id, later.wave.id, scope=SYSTEM)

    assert set(found) == {
        Move("truly_loyal", "trapped", 1),
        Move("truly_loyal", SILENT, 1),
        Move(SILENT, "truly_loyal", 1),
    }


def test_accounts_move_with_their_revenue(asking: Asking, later: Asking, session: Session) -> None:
    nordwind = session.get_one(Account, asking.people.nordwind)
    session.get_one(Account, asking.people.sudwerk).revenue_cents = None
    session.flush()

    found = moves_of(session, asking.wave.id, later.wave.id, scope=SYSTEM)

    assert nordwind.revenue_cents is not None
    assert set(found) == {
        Move("truly_loyal", "trapped", 1, 0, (Money("EUR", nordwind.revenue_cents, 1),)),
        Move(SILENT, "truly_loyal", 1, 1, ()),
    }


def test_who_was_asked_once_only_did_not_move(asking: Asking, later: Asking, session: Session) -> None:
    later.answer(later.ask_somebody(1), HAPPY)
    asking.answer(asking.ask_somebody(2), HAPPY)

    assert sum(move.count for move in people_moves(session, asking.wave.id, later.wave.id, scope=SYSTEM)) == 3
    assert sum(move.count for move in moves_of(session, asking.wave.id, later.wave.id, scope=SYSTEM)) == 2


def test_a_leader_sees_the_moves_of_the_region(asking: Asking, later: Asking, session: Session) -> None:
    north, waves = Scope(Reach.REGION, 1, "North"), (asking.wave.id, later.wave.id)

    assert sum(move.count for move in people_moves(session, *waves, scope=north)) == 2
    assert [move.count for move in moves_of(session, *waves, scope=north)] == [1]
    assert people_moves(session, *waves, scope=NOBODY) == moves_of(session, *waves, scope=NOBODY) == ()


def test_more_people_take_no_more_statements(asking: Asking, session: Session, statements: Collect) -> None:
    for number in range(20):
        asking.answer(asking.ask_somebody(number), HAPPY)
    second = next_wave(asking)
    for contact_id in asking.asked:
        second.answer(second.ask(contact_id), UNHAPPY)

    with statements() as said:
        people = people_moves(session, asking.wave.id, second.wave.id, scope=SYSTEM)
        accounts = moves_of(session, asking.wave.id, second.wave.id, scope=SYSTEM)
    assert people == (Move("truly_loyal", "trapped", 20),)
    assert accounts == (Move("truly_loyal", "trapped", 20, 0, (Money("EUR", 2_000_000, 20),)),)
    assert len(said) == 3, "and the policy in force"


def test_everybody_is_counted_where_it_is_asked_for(asking: Asking, later: Asking, session: Session) -> None:
    later.answer(later.ask_somebody(1), HAPPY)
    asking.answer(asking.ask_somebody(2), UNHAPPY)
    waves = (asking.wave.id, later.wave.id)

    found = people_moves(session, *waves, scope=SYSTEM, everybody=True)

    assert {(move.before, move.now) for move in found if not move.is_of_both} == {
        (NOT_ASKED, "truly_loyal"),
        ("trapped", NOT_ASKED),
    }
    assert [move.count for move in found if move.is_heard_twice] == [1]
    groups = account_groups(session, waves[1], scope=SYSTEM, before_id=waves[0])
    assert sum(move.count for move in account_moves(groups, everybody=True)) == 4


def test_moves_tell_revenue_in_one_currency(asking: Asking, later: Asking, session: Session) -> None:
    session.get_one(Account, asking.people.nordwind).currency = "CHF"
    session.flush()
    rates = Rates("EUR", (Rate("CHF", Fraction(2), NOW.date()),))
    groups = account_groups(session, later.wave.id, scope=SYSTEM, before_id=asking.wave.id)

    found = {(move.before, move.now): move.sums for move in account_moves(groups, rates=rates)}

    assert found["truly_loyal", "trapped"] == (Money("EUR", 18_000_000_00, 1),)
