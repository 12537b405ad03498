"""Rates of exchange: entered with their date, never overwritten, and applied where amounts are compared."""

from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.distribution.large_accounts import large_revenue
from surveyd.people.comparable import UNIT, comparable_cents, converted
from surveyd.people.models import Account, AuditEntry
from surveyd.people.rate_models import CurrencyRate
from surveyd.people.rates import (
    add_rate,
    rate_history,
    rates_in_force,
    read_rate,
    set_reporting,
    used_currencies,
    worth_now,
)
from tests.fixtures.cast import Cast, make_cast

DAY = date(2026, 3, 9)


def enter(session: Session, currency: str, rate: str, now: datetime, day: date = DAY) -> bool:
    return add_rate(session, currency, read_rate(rate), day=day, by=None, now=now)


def account(session: Session, number: int, cents: int | None, currency: str, now: datetime) -> None:
    session.add(
        Account(
            external_id=f"ACC-{number}",
            name=f"Customer {number}",
            revenue_cents=cents,
            currency=currency,
            created_at=now,
            updated_at=now,
        )
    )
    session.flush()


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("0.9182", Fraction(9182, 10000)),
        (" 1,0823 ", Fraction(10823, 10000)),
        ("0,918", Fraction(918, 1000)),
        ("1.234", Fraction(1234, 1000)),
        ("0.00000091", Fraction(91, 10**8)),
        ("1000000", Fraction(10**6)),
    ],
)
def test_a_rate_is_read_as_it_is_written(text: str, rate: Fraction) -> None:
    assert Fraction(read_rate(text), UNIT) == rate


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "0.000", "-1.2", "+1", "NaN", "inf", "Infinity", "1e308", "1e-3", "1,234", "1.2.3",
        "1,000.5", "0x10", "٣.٥", "1 000", "0.0000000001", "1000001", "9" * 400, "1.0823 EUR", "1.\0",
    ],
)  # fmt: skip
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_rate(text)


def test_before_a_currency_is_chosen_nothing_is_converted(session: Session, now: datetime) -> None:
    assert rates_in_force(session).worth == {}
    with pytest.raises(Refused, match="Choose the currency"):
        enter(session, "CHF", "1.08", now)


def test_the_latest_day_counts_and_of_one_day_the_later_entry(session: Session, now: datetime) -> None:
    set_reporting(session, "EUR", by=None, now=now)

    assert enter(session, "CHF", "1.08", now)
    assert enter(session, "CHF", "1.01", now, DAY - timedelta(days=300))
    assert enter(session, "chf", "1.09", now), "a correction of the same day"
    assert not enter(session, "CHF", "1.09", now), "it stands so already"

    found = rates_in_force(session)
    assert [(rate.currency, rate.worth, rate.day) for rate in found.rates] == [
        ("CHF", Fraction(109, 100), DAY)
    ]
    assert found.worth == {"CHF": Fraction(109, 100), "EUR": 1}
    history = rate_history(session)
    assert [(float(line.worth), line.in_force) for line in history] == [
        (1.09, True),
        (1.01, False),
        (1.08, False),
    ]
    assert session.scalar(select(func.count()).select_from(CurrencyRate)) == 3


def test_rates_into_another_currency_are_kept_and_wait(session: Session, now: datetime) -> None:
    set_reporting(session, "EUR", by=None, now=now)
    enter(session, "CHF", "1.08", now)

    assert set_reporting(session, "USD", by=None, now=now)
    assert rates_in_force(session).worth == {"USD": 1}
    set_reporting(session, "EUR", by=None, now=now)
    assert not set_reporting(session, "€", by=None, now=now)
    assert rates_in_force(session).worth == {"CHF": Fraction(108, 100), "EUR": 1}


@pytest.mark.parametrize(
    ("currency", "day", "said"),
    [
        ("EUR", DAY, "other currencies"),
        ("XXQ", DAY, "no currency"),
        ("", DAY, "Name a currency"),
        ("CHF", date(2026, 3, 12), "to come"),
        ("CHF", date(1900, 1, 1), "to come"),
    ],
)
def test_what_cannot_be_a_rate_changes_nothing(
    session: Session, now: datetime, currency: str, day: date, said: str
) -> None:
    set_reporting(session, "EUR", by=None, now=now)
    with pytest.raises(Refused, match=said):
        enter(session, currency, "1.08", now, day)
    assert rates_in_force(session).rates == ()


def test_who_entered_what_stands_in_the_trail(session: Session, now: datetime) -> None:
    cast: Cast = make_cast(session, now)
    set_reporting(session, "EUR", by=cast.admin.id, now=now)
    add_rate(session, "CHF", read_rate("1.08"), day=DAY, by=cast.admin.id, now=now)

    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.thing, entry.user_id) for entry in entries] == [
        ("choose", "reporting_currency", cast.admin.id),
        ("enter", "currency_rate", cast.admin.id),
    ]
    assert rate_history(session)[0].by == "Ada Admin"


def test_amounts_are_compared_converted_then_apart_then_unknown(session: Session, now: datetime) -> None:
    for number, (cents, currency) in enumerate(
        [(100, "EUR"), (99, "CHF"), (9_000, "JPY"), (10**16, "USD"), (None, ""), (0, "EUR")]
    ):
        account(session, number, cents, currency, now)

    def ordered() -> list[str]:
        worth = worth_now()
        rows = select(Account.name).outerjoin(worth, worth.c.currency == Account.currency)
        return [
            name[-1] for name in session.scalars(rows.order_by(comparable_cents(worth).desc(), Account.id))
        ]

    assert ordered() == ["3", "2", "0", "1", "5", "4"], "as they stand"
    set_reporting(session, "EUR", by=None, now=now)
    enter(session, "CHF", "1.08", now)
    enter(session, "USD", "1000000", now)
    assert ordered() == ["3", "1", "0", "5", "2", "4"]
    assert {one.currency: (one.accounts, one.has_rate) for one in used_currencies(session)} == {
        "CHF": (1, True),
        "EUR": (2, True),
        "JPY": (1, False),
        "USD": (1, True),
    }


def test_what_is_large_is_compared_in_one_currency(session: Session, now: datetime) -> None:
    for number in range(9):
        account(session, number, 1_000_00 + number, "JPY" if number else "CHF", now)
    assert large_revenue(session) == 1_000_08

    set_reporting(session, "EUR", by=None, now=now)
    enter(session, "CHF", "2", now)
    assert large_revenue(session) is None, "eight of nine cannot be compared"
    enter(session, "JPY", "0.006", now)
    assert large_revenue(session) == 2_000_00


@pytest.mark.parametrize(
    ("cents", "currency", "reporting", "rate", "found"),
    [
        (500, "CHF", None, None, 500),
        (500, "EUR", "EUR", None, 500),
        (500, "CHF", "EUR", 2 * UNIT, 1000),
        (500, "CHF", "EUR", None, None),
        (None, "", "EUR", None, None),
    ],
)
def test_an_amount_in_the_currency_of_a_launch(
    cents: int | None, currency: str, reporting: str | None, rate: int | None, found: int | None
) -> None:
    assert converted(cents, currency, reporting=reporting, rate=rate) == found
