"""Revenue by state as a page tells it: one sum where there are rates, the others apart, nothing dropped."""

from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy.orm import Session

from surveyd.people.rates import Rate, Rates
from surveyd.reports.exposure import KINDS, NAMES, ExposureReport, exposure_report
from surveyd.results.churn import Origin, enter_churn
from surveyd.results.revenue import AccountGroup, Money
from surveyd.scoring.exposure import Outcome, State
from tests.fixtures.apps import NOW

DAY = date(2026, 3, 9)
NONE = Rates("", ())
EUR = Rates("EUR", (Rate("CHF", Fraction(2), DAY), Rate("USD", Fraction(1, 2), date(2026, 1, 1))))
GROUPS = (
    AccountGroup("high_risk", "trapped", True, "EUR", 2, 2, 500),
    AccountGroup("truly_loyal", "truly_loyal", True, "CHF", 1, 1, 100),
    AccountGroup("truly_loyal", "truly_loyal", False, "CHF", 3, 2, 300),
    AccountGroup("silent", "accessible", False, "EUR", 2, 1, 50),
    AccountGroup("silent", "silent", False, "JPY", 1, 1, 9_000),
    AccountGroup("not_asked", "not_asked", False, "", 4, 0, 0),
)


def report(session: Session, rates: Rates) -> ExposureReport:
    return exposure_report(session, GROUPS, rates=rates, now=NOW)


def test_every_state_has_its_words_and_its_mark() -> None:
    assert set(NAMES) == set(KINDS) == {state.value for state in State}


def test_with_rates_there_is_one_sum_and_what_stands_apart(session: Session) -> None:
    found = report(session, EUR)

    assert [one.currency for one in found.sums] == ["EUR", "JPY"]
    assert [one.currency for one in found.apart] == ["JPY"]
    whole = found.sums[0].exposure
    assert (whole.cents, found.sums[0].at_risk.cents) == (500 + 200 + 600 + 50, 700)
    assert [rate.currency for rate in found.rates] == ["CHF"], (
        "a rate that nothing was converted by says nothing"
    )
    assert found.oldest and found.oldest.day == DAY
    assert (found.accounts, found.unknown, found.quiet) == (13, 6, 2)
    assert found.quiet_sums == (Money("EUR", 50, 0),)


def test_without_rates_each_currency_is_a_sum_of_its_own(session: Session) -> None:
    found = report(session, NONE)

    assert {one.currency: one.exposure.cents for one in found.sums} == {"EUR": 550, "CHF": 400, "JPY": 9_000}
    assert (found.apart, found.rates, found.oldest) == ((), (), None)
    assert sum(one.exposure.accounts for one in found.sums) + found.unknown == found.accounts


def test_a_loss_is_expected_from_our_own_churn_alone(session: Session) -> None:
    assert report(session, EUR).churn.origin is Origin.NOWHERE
    assert report(session, EUR).sums[0].expected is None

    outcomes = [Outcome(State.AT_RISK, 10, 10), Outcome(State.SECURE, 10, 0)]
    enter_churn(session, outcomes, begins=DAY - timedelta(days=364), ends=DAY, by=None, now=NOW)

    loss = report(session, EUR).sums[0].expected
    assert loss
    assert loss.of(State.AT_RISK) == round(700 * 0.75)
    assert loss.cents == 525 + 150 + 25


def test_nobody_has_no_sums(session: Session) -> None:
    found = exposure_report(session, (), rates=EUR, now=NOW)

    assert (found.sums, found.accounts, found.quiet_sums) == ((), 0, ())
    assert [one.state for one in found.states] == [
        State.AT_RISK, State.VULNERABLE, State.LEAVING, State.SILENT, State.SECURE,
    ]  # fmt: skip
