"""Which accounts count as large: where the first fifth of them begins, by revenue."""

from sqlalchemy import BigInteger, ColumnElement, cast, func, select
from sqlalchemy.orm import Session

from surveyd.people.comparable import comparable_cents
from surveyd.people.models import Account, AccountStatus
from surveyd.people.rates import reporting_currency, worth_now

TOP_SHARE = 5
"""One account in five, by revenue, counts as large."""


def large_revenue(session: Session) -> int | None:
    """The least revenue, in cents, of the top fifth of accounts as known now; None for too few of them.

    It is in the reporting currency where one is chosen; what has no rate cannot be compared then.
    """
    worth = worth_now()
    cents: ColumnElement[int | None] = Account.revenue_cents.expression
    known = select(cents)
    if reporting_currency(session):
        cents = cast(comparable_cents(worth), BigInteger)
        known = select(cents).join(worth, worth.c.currency == Account.currency)
    is_there = (Account.status == AccountStatus.ACTIVE, Account.merged_into_id.is_(None))
    known = known.where(*is_there, Account.revenue_cents.is_not(None))
    count = session.execute(select(func.count()).select_from(known.subquery())).scalar_one()
    ordered = known.order_by(cents.desc()).offset(max(0, count // TOP_SHARE - 1)).limit(1)
    return session.execute(ordered).scalar_one_or_none() if count >= TOP_SHARE else None
