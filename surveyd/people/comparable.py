"""Amounts in several currencies made comparable, as columns: for sorting, and for what counts as large."""

from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, FromClause, ScalarSelect, case, cast, func, literal, select

from surveyd.base.statements import table_of
from surveyd.people.models import Account
from surveyd.people.rate_models import CurrencyRate, ReportingCurrency

MOST = 9 * 10**18
"""The largest key that a column of 64 bits holds, with some room."""
BEHIND = 10**17
"""What a sum without a rate is put back by: it is more than any revenue has in cents."""
UNKNOWN = -2 * BEHIND
UNIT = 10**12
"""A rate is kept in trillionths, so that the smallest of today's units still has several digits."""

_chosen, _rate = table_of(ReportingCurrency), table_of(CurrencyRate)


def comparable_cents(worth: FromClause) -> ColumnElement[int]:
    """A whole number to sort `Account` rows by, joined to `rates.worth_now()`: larger is more revenue.

    Converted amounts come first; behind them what has no rate, by its own amount; last what is not known.
    Before a reporting currency is chosen, amounts are compared as they stand.
    """
    exact = Account.revenue_cents * worth.c.worth
    converted = case((exact > MOST, literal(MOST, BigInteger)), else_=cast(func.round(exact), BigInteger))
    chosen = select(ReportingCurrency.id).limit(1).exists()
    return case(
        (Account.revenue_cents.is_(None), literal(UNKNOWN, BigInteger)),
        (worth.c.worth.is_not(None), converted),
        (chosen, Account.revenue_cents - BEHIND),
        else_=Account.revenue_cents,
    )


def reporting_at(at: ColumnElement[datetime | None]) -> ScalarSelect[str]:
    """The currency that sums were converted into at an instant, as a column; NULL before one was chosen."""
    last = select(_chosen.c.currency).where(_chosen.c.at <= at).order_by(_chosen.c.id.desc())
    return last.limit(1).scalar_subquery()


def rate_between(currency: ColumnElement[str], reporting: ScalarSelect[str]) -> ScalarSelect[int]:
    """The latest rate between two currencies in trillionths, as a column; NULL for none."""
    between = select(_rate.c.trillionths).where(_rate.c.currency == currency, _rate.c.reporting == reporting)
    return between.order_by(_rate.c.day.desc(), _rate.c.id.desc()).limit(1).scalar_subquery()


def converted(cents: int | None, currency: str, *, reporting: str | None, rate: int | None) -> int | None:
    """An amount in the reporting currency, as it stands where there is none; None without a rate."""
    if cents is None or not reporting or currency == reporting:
        return cents
    return None if rate is None else cents * rate // UNIT
