"""Invitations that an event asks for: once each, under the rules of every wave."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import Conflict, NotFound, Refused
from surveyd.distribution import triggers, waves
from surveyd.distribution.models import Invitation, Touch, Wave, WaveState
from surveyd.distribution.suppressions import opt_out
from surveyd.distribution.trigger_models import Trigger, TriggerSource
from surveyd.distribution.triggers import Asked
from surveyd.people.models import Account, Contact
from tests.fixtures.apps import NOW
from tests.fixtures.asking import OFFICE, Asking, open_wave

KEY = "crm-4711"


@pytest.fixture
def asking(session: Session) -> Asking:
    """A program with a wave in which nobody is asked."""
    return open_wave(session, NOW)


def ask(asking: Asking, contact_id: int, key: str = KEY) -> Asked:
    return triggers.ask(
        asking.session,
        asking.program,
        contact_id,
        source=TriggerSource.API,
        key=key,
        keys=OFFICE.keys,
        now=NOW,
    )


def count(session: Session, table: type[Invitation | Touch | Trigger | Wave]) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_somebody_is_invited_into_the_wave_of_the_month(asking: Asking) -> None:
    asked = ask(asking, asking.people.anna.id)

    assert (asked.rule, asked.is_first) == ("", True)
    wave = waves.find_wave(asking.session, asked.wave)
    assert (asked.wave, wave.state) == (f"relationship-triggered-{NOW:%Y-%m}", WaveState.OPEN)
    steps = asking.session.scalars(
        select(Touch.step).where(Touch.invitation_id == asked.invitation_id).order_by(Touch.id)
    )
    assert steps.all() == ["invitation", "reminder", "call"]
    # Whoever is asked on the last day of the month still has all steps before the close.
    assert wave.closes_at is not None and wave.closes_at > NOW.replace(day=28) + timedelta(days=35)


def test_the_same_key_again_changes_nothing(asking: Asking) -> None:
    first = ask(asking, asking.people.anna.id)
    touches = count(asking.session, Touch)
    again = ask(asking, asking.people.anna.id)

    assert (again.invitation_id, again.rule, again.is_first) == (first.invitation_id, "", False)
    assert (count(asking.session, Touch), count(asking.session, Trigger)) == (touches, 1)


def test_a_key_stands_for_one_request(asking: Asking) -> None:
    ask(asking, asking.people.anna.id)

    with pytest.raises(Conflict, match="another request"):
        ask(asking, asking.people.aziz.id)
    assert count(asking.session, Invitation) == 1


def test_nobody_is_asked_twice_by_two_events(asking: Asking) -> None:
    ask(asking, asking.people.anna.id)
    second = ask(asking, asking.people.anna.id, key="crm-4712")

    assert second.rule == "asked_already"
    assert count(asking.session, Invitation) == 1


def test_the_rest_period_and_opt_outs_hold(asking: Asking) -> None:
    asking.ask(asking.people.anna.id)  # by a wave of the calendar, just now
    opt_out(asking.session, asking.people.aziz.id, now=NOW)

    assert ask(asking, asking.people.anna.id).rule == "rested"
    assert ask(asking, asking.people.aziz.id, key="crm-2").rule == "opted_out"
    assert count(asking.session, Invitation) == 1
    assert ask(asking, asking.people.aziz.id, key="crm-2").is_first is False


@pytest.mark.parametrize("key", ["", "k" * 121])
def test_a_key_has_some_characters(asking: Asking, key: str) -> None:
    with pytest.raises(Refused, match="1 to 120"):
        ask(asking, asking.people.anna.id, key=key)


def test_an_unknown_contact_is_not_found(asking: Asking) -> None:
    with pytest.raises(NotFound):
        ask(asking, 999_999)
    assert count(asking.session, Wave) == 1


class TestRenewals:
    def test_contacts_are_asked_once_for_each_date(self, asking: Asking) -> None:
        session, today = asking.session, NOW.date()
        triggers.set_renewal(session, asking.program, 60, now=NOW, by=None)
        renew(asking, today + timedelta(days=60))
        assert triggers.has_near_renewals(session, now=NOW)

        assert triggers.ask_renewals(session, keys=OFFICE.keys, now=NOW) == 2
        assert triggers.ask_renewals(session, keys=OFFICE.keys, now=NOW) == 0
        assert not triggers.has_near_renewals(session, now=NOW)
        assert triggers.ask_renewals(session, keys=OFFICE.keys, now=NOW + timedelta(days=1)) == 0
        asked = session.scalars(select(Invitation.contact_id).order_by(Invitation.contact_id)).all()
        assert asked == [asking.people.anna.id, asking.people.aziz.id]

        # The contract is renewed for a year: the next date asks again, and the rest period is over then.
        renew(asking, today + timedelta(days=425))
        a_year_on = NOW + timedelta(days=366)
        assert triggers.ask_renewals(session, keys=OFFICE.keys, now=a_year_on) == 2
        assert count(session, Invitation) == 4

    @pytest.mark.parametrize(("days", "asked"), [(-1, 0), (0, 2), (59, 2), (60, 2), (61, 0)])
    def test_the_days_before_are_counted(self, asking: Asking, days: int, asked: int) -> None:
        triggers.set_renewal(asking.session, asking.program, 60, now=NOW, by=None)
        renew(asking, NOW.date() + timedelta(days=days))

        assert triggers.ask_renewals(asking.session, keys=OFFICE.keys, now=NOW) == asked

    def test_who_is_inactive_is_passed_over(self, asking: Asking) -> None:
        triggers.set_renewal(asking.session, asking.program, 60, now=NOW, by=None)
        renew(asking, NOW.date())
        anna = asking.session.get_one(Contact, asking.people.anna.id)
        anna.active = False
        asking.session.flush()

        assert triggers.ask_renewals(asking.session, keys=OFFICE.keys, now=NOW) == 1

    def test_it_is_set_changed_and_taken_away(self, asking: Asking) -> None:
        session, program = asking.session, asking.program
        for days in (30, 60, None, None):
            triggers.set_renewal(session, program, days, now=NOW, by=None)
            assert triggers.renewal_of(session, program) == days
        renew(asking, NOW.date())
        assert triggers.ask_renewals(session, keys=OFFICE.keys, now=NOW) == 0
        with pytest.raises(Refused, match="0 to 365"):
            triggers.set_renewal(session, program, 366, now=NOW, by=None)


def renew(asking: Asking, day: date) -> None:
    asking.session.execute(
        update(Account).where(Account.id == asking.people.nordwind).values(renewal_date=day)
    )
