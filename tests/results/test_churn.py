"""Churn: what an admin enters counts, else what became of the accounts of a year ago, else nothing."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.people.models import Account, AccountStatus, AuditEntry
from surveyd.results.churn import Origin, churn_history, churn_rates, enter_churn
from surveyd.scoring.exposure import Churn, Outcome, State
from surveyd.scoring.unsaid import Unsaid
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking

BEGINS, ENDS = date(2025, 1, 1), date(2025, 12, 31)
SEEN = [Outcome(State.AT_RISK, 20, 6), Outcome(State.SECURE, 180, 4), Outcome(State.SILENT, 0, 0)]


def enter(session: Session, outcomes: list[Outcome], begins: date = BEGINS, ends: date = ENDS) -> None:
    enter_churn(session, outcomes, begins=begins, ends=ends, by=None, now=NOW)


def lapse(session: Session, name: str) -> None:
    account = session.scalars(select(Account).where(Account.name == name)).one()
    account.status = AccountStatus.LAPSED
    session.flush()


@pytest.fixture
def year_old(asking: Asking) -> Asking:
    """A wave of a year ago: four loyal customers, two trapped, one silent."""
    asking.wave.day_zero = NOW - timedelta(days=365)
    for number in range(4):
        asking.answer(asking.ask_somebody(number), HAPPY)
    for number in (10, 11):
        asking.answer(asking.ask_somebody(number), UNHAPPY)
    asking.ask_somebody(20)
    return asking


def test_without_figures_there_are_no_rates(session: Session, asking: Asking) -> None:
    found = churn_rates(session, now=NOW)

    assert found.origin is Origin.NOWHERE
    assert isinstance(found.rates, Unsaid)


def test_what_was_entered_last_counts_and_nothing_is_lost(session: Session) -> None:
    enter(session, [Outcome(State.SECURE, 10, 1)])
    enter(session, SEEN)

    found = churn_rates(session, now=NOW)

    assert (found.origin, found.accounts, found.churned) == (Origin.ENTERED, 200, 10)
    assert isinstance(found.rates, Churn)
    assert found.rates.of(State.AT_RISK) == Fraction(13, 60)
    assert [one.accounts for one in churn_history(session)] == [200, 10]
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.thing, entry.facts) == (
        "enter",
        "churn_figures",
        {"accounts": 200, "left": 10},
    )


@pytest.mark.parametrize(
    ("outcomes", "begins", "ends", "said"),
    [
        ([], BEGINS, ENDS, "how many accounts"),
        ([Outcome(State.SECURE, 0, 0)], BEGINS, ENDS, "how many accounts"),
        ([Outcome(State.SECURE, 10**9, 0)], BEGINS, ENDS, "check the figures"),
        (SEEN, ENDS, BEGINS, "begins before"),
        (SEEN, BEGINS, BEGINS, "begins before"),
        (SEEN, BEGINS, date(2026, 4, 1), "it is over"),
        (SEEN, date(1, 1, 1), ENDS, "begins before"),
    ],
)
def test_figures_that_cannot_be_are_refused(
    session: Session, outcomes: list[Outcome], begins: date, ends: date, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        enter(session, outcomes, begins, ends)
    assert churn_history(session) == ()


def test_a_year_after_a_wave_its_lapsed_accounts_are_counted(session: Session, year_old: Asking) -> None:
    lapse(session, "Customer 3")
    lapse(session, "Customer 10")
    lapse(session, "Customer 20")

    found = churn_rates(session, now=NOW)

    assert (found.origin, found.wave, found.ends) == (Origin.LOADED, "2026H1", NOW.date())
    outcomes = {one.state: (one.accounts, one.churned) for one in found.outcomes}
    assert outcomes == {State.SECURE: (4, 1), State.VULNERABLE: (2, 1), State.SILENT: (1, 1)}
    assert isinstance(found.rates, Churn)
    assert found.rates.of(State.SECURE) == (1 + 10 * Fraction(3, 7)) / 14


def test_figures_of_two_years_are_told_for_one(session: Session) -> None:
    enter(session, SEEN, begins=date(2024, 1, 2))

    found = churn_rates(session, now=NOW)

    assert isinstance(found.rates, Churn)
    assert float(found.rates.of(State.AT_RISK)) == pytest.approx(1 - (47 / 60) ** 0.5)
    assert float(found.rates.overall) == pytest.approx(0.05), "the share that has left is told as it is"


def test_where_nobody_is_marked_lapsed_nobody_may_be_marking(session: Session, year_old: Asking) -> None:
    assert churn_rates(session, now=NOW).origin is Origin.NOWHERE


def test_a_younger_wave_says_nothing_about_a_year(session: Session, year_old: Asking) -> None:
    lapse(session, "Customer 3")

    assert churn_rates(session, now=NOW - timedelta(days=1)).origin is Origin.NOWHERE


def test_what_is_entered_goes_before_what_is_loaded(session: Session, year_old: Asking) -> None:
    lapse(session, "Customer 3")
    enter(session, SEEN)

    assert churn_rates(session, now=NOW).origin is Origin.ENTERED
