"""Rates of exchange: entered with their date, kept for good, and applied where amounts are compared."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from sqlalchemy import Float, Select, Subquery, cast, func, literal, select, union_all
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.people.amounts import read_currency
from surveyd.people.audit import record
from surveyd.people.cells import clean
from surveyd.people.comparable import UNIT
from surveyd.people.models import Account, User
from surveyd.people.rate_models import CurrencyRate, ReportingCurrency

LEAST, MOST = Fraction(1, 10**9), 10**6
TYPED = re.compile(r"(\d{1,9})(?:([.,])(\d{1,12}))?", re.ASCII)
FIRST_DAY = date(1999, 1, 1)
FURTHEST_ZONE = timedelta(hours=14)
HOW = "write it as 0.9182"
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of `currency` was worth on `day`, in units of the reporting currency."""

    currency: str
    worth: Fraction
    day: date


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates in force. `reporting` is empty until an admin chooses a currency; then there are none."""

    reporting: str
    rates: tuple[Rate, ...]

    @property
    def worth(self) -> Mapping[str, Fraction]:
        """What one unit of each currency is worth; 1 for the reporting currency itself."""
        own = {self.reporting: Fraction(1)} if self.reporting else {}
        return {rate.currency: rate.worth for rate in self.rates} | own


@dataclass(frozen=True, slots=True)
class RateLine:
    """One rate as it was entered; `in_force` if amounts are converted by it today."""

    currency: str
    reporting: str
    worth: Fraction
    day: date
    by: str
    at: datetime
    in_force: bool


@dataclass(frozen=True, slots=True)
class UsedCurrency:
    """A currency that accounts have revenue in: how many of them, and whether it can be converted."""

    currency: str
    accounts: int
    has_rate: bool


def read_rate(text: str) -> int:
    """A rate in trillionths. Raises ValueError, the reason as the end of a sentence."""
    found = TYPED.fullmatch(clean(text))
    if not found:
        raise ValueError(f"is no rate above 0; {HOW}")
    whole, mark, fraction = found[1], found[2], found[3] or ""
    if mark == "," and len(fraction) == 3 and whole.strip("0"):
        raise ValueError("may be thousands or a fraction; write it with a point, as 1.234")
    trillionths = int(whole) * UNIT + int(fraction.ljust(12, "0"))
    if not trillionths:
        raise ValueError(f"is no rate above 0; {HOW}")
    if not LEAST <= Fraction(trillionths, UNIT) <= MOST:
        raise ValueError("is too small or too large for a rate; is it the other way round?")
    return trillionths


def set_reporting(session: Session, currency: str, *, by: int | None, now: datetime) -> bool:
    """Convert sums into `currency` from now on; False if they are already. Raises Refused for no currency."""
    code = _currency(currency)
    if code == reporting_currency(session):
        return False
    row = ReportingCurrency(currency=code, by_id=by, at=now)
    session.add(row)
    session.flush()
    facts = {"currency": code}
    record(session, action="choose", thing="reporting_currency", thing_id=row.id, by=by, now=now, facts=facts)
    return True


def add_rate(
    session: Session, currency: str, trillionths: int, *, day: date, by: int | None, now: datetime
) -> bool:
    """Enter what one unit of `currency` was worth on `day` in the reporting currency; False if it stands so.

    An earlier rate is kept; of one day the later entry counts. Raises Refused without a reporting currency,
    for that currency itself, and for a day that is to come.
    """
    code, reporting = _currency(currency), reporting_currency(session)
    if not reporting:
        raise Refused("Choose the currency that sums are converted into first.")
    if code == reporting:
        raise Refused(f"Sums are converted into {code}: enter rates of the other currencies.")
    if not FIRST_DAY <= day <= (now + FURTHEST_ZONE).date():
        raise Refused("A rate has the day on which it was published, which is not to come.")
    stands = select(CurrencyRate).where(
        CurrencyRate.currency == code, CurrencyRate.reporting == reporting, CurrencyRate.day == day
    )
    last = session.scalar(stands.order_by(CurrencyRate.id.desc()).limit(1))
    if last is not None and last.trillionths == trillionths:
        return False
    row = CurrencyRate(currency=code, reporting=reporting, trillionths=trillionths, day=day, by_id=by, at=now)
    session.add(row)
    session.flush()
    facts: dict[str, str | int] = {"currency": code, "reporting": reporting, "day": day.isoformat()}
    record(session, action="enter", thing="currency_rate", thing_id=row.id, by=by, now=now, facts=facts)
    return True


def reporting_currency(session: Session) -> str:
    """The currency that sums are converted into, empty before one is chosen."""
    return session.scalar(_reporting()) or ""


def rates_in_force(session: Session) -> Rates:
    """The rates that amounts are converted by today. One statement."""
    ranked, chosen = _ranked(), _reporting().subquery("chosen")
    rows = session.execute(
        select(chosen.c.currency.label("reporting"), ranked)
        .select_from(chosen)
        .outerjoin(ranked, ranked.c.place == 1)
        .order_by(ranked.c.currency)
    ).all()
    return Rates(
        rows[0].reporting if rows else "",
        tuple(Rate(row.currency, Fraction(row.trillionths, UNIT), row.day) for row in rows if row.place),
    )


def rate_history(session: Session, *, most: int = SHOWN) -> tuple[RateLine, ...]:
    """What was entered, the latest first, into whichever currency. One statement."""
    ranked = _ranked()
    rows = session.execute(
        select(CurrencyRate, User.name, User.email, ranked.c.place)
        .outerjoin(User, User.id == CurrencyRate.by_id)
        .outerjoin(ranked, ranked.c.id == CurrencyRate.id)
        .order_by(CurrencyRate.id.desc())
        .limit(most)
    )
    return tuple(
        RateLine(
            rate.currency,
            rate.reporting,
            Fraction(rate.trillionths, UNIT),
            rate.day,
            name or email or "",
            rate.at,
            place == 1,
        )
        for rate, name, email, place in rows
    )


def used_currencies(session: Session) -> tuple[UsedCurrency, ...]:
    """The currencies of the accounts' revenue, by name. One statement."""
    factors = worth_now()
    rows = session.execute(
        select(Account.currency, func.count(), func.count(factors.c.worth))
        .outerjoin(factors, factors.c.currency == Account.currency)
        .where(Account.revenue_cents.is_not(None))
        .group_by(Account.currency)
        .order_by(Account.currency)
    )
    return tuple(UsedCurrency(currency, accounts, known > 0) for currency, accounts, known in rows)


def worth_now() -> Subquery:
    """A table of what one unit of each currency is worth: columns currency, worth (a float).

    It has one row for each currency with a rate and for the reporting currency; none before one is chosen.
    """
    ranked = _ranked()
    worth = (cast(ranked.c.trillionths, Float) / float(UNIT)).label("worth")
    own = select(ReportingCurrency.currency, literal(1.0, Float).label("worth")).where(
        ReportingCurrency.id == select(func.max(ReportingCurrency.id)).scalar_subquery()
    )
    return union_all(select(ranked.c.currency, worth).where(ranked.c.place == 1), own).subquery("worth_now")


def _reporting() -> Select[str]:
    return select(ReportingCurrency.currency).order_by(ReportingCurrency.id.desc()).limit(1)


def _ranked() -> Subquery:
    """The rates into the reporting currency, each with its place in its currency: 1 is in force."""
    place = func.row_number().over(
        partition_by=CurrencyRate.currency, order_by=(CurrencyRate.day.desc(), CurrencyRate.id.desc())
    )
    return (
        select(
            CurrencyRate.id,
            CurrencyRate.currency,
            CurrencyRate.trillionths,
            CurrencyRate.day,
            place.label("place"),
        )
        .where(CurrencyRate.reporting == _reporting().scalar_subquery())
        .subquery("ranked_rates")
    )


def _currency(text: str) -> str:
    try:
        code = read_currency(text)
    except ValueError as error:
        raise Refused(f"{text!r} {error}.") from error
    if not code:
        raise Refused("Name a currency by its code, such as EUR.")
    return code
