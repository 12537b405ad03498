"""Amounts in several currencies made comparable, as columns: for sorting, and for what counts as large."""

from sqlalchemy import BigInteger, ColumnElement, FromClause, case, cast, func, literal, select

from surveyd.people.models import Account
from surveyd.people.rate_models import ReportingCurrency

MOST = 9 * 10**18
"""The largest key that a column of 64 bits holds, with some room."""
BEHIND = 10**17
"""What a sum without a rate is put back by: it is more than any revenue has in cents."""
UNKNOWN = -2 * BEHIND


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
