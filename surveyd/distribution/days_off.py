"""Days on which nobody is asked: public holidays where the contact is, and blackout periods of ours.

Holidays are kept in a table, so that whatever plans, rehearses or sends reads the same days.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.metadata import version

import holidays
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.distribution.cadence import DaysOff
from surveyd.distribution.calendar_models import Blackout, Holiday, HolidayYear
from surveyd.people.models import Account

EDITION = version("holidays")
YEARS_AHEAD = 2
NAMES_IN = "en_US"


@dataclass(frozen=True, slots=True)
class Calendars:
    """The days off of every country and program at once."""

    holidays: dict[str, frozenset[date]]
    blackouts: tuple[tuple[int | None, date, date], ...]

    def of(self, program_id: int | None, country: str) -> DaysOff:
        """The days off of one program's contacts in a country; without a program those of all programs."""
        periods = tuple(
            (first, last) for owner, first, last in self.blackouts if owner is None or owner == program_id
        )
        return DaysOff(self.holidays.get(country.upper(), frozenset()), periods)


def calendars(session: Session, *, since: datetime, country: str | None = None) -> Calendars:
    """What is off from the day before `since` on, in two statements; of one `country`, or of all."""
    day = since.date() - timedelta(days=1)
    found: dict[str, set[date]] = {}
    ahead = [Holiday.day >= day, *([] if country is None else [Holiday.country == country.upper()])]
    for place, off in session.execute(select(Holiday.country, Holiday.day).where(*ahead)):
        found.setdefault(place, set()).add(off)
    periods = select(Blackout.program_id, Blackout.first_day, Blackout.last_day).order_by(Blackout.first_day)
    rows = session.execute(periods.where(Blackout.last_day >= day))
    return Calendars(
        {place: frozenset(days) for place, days in found.items()},
        tuple((row.program_id, row.first_day, row.last_day) for row in rows),
    )


def days_off_of(session: Session, program_id: int | None, country: str, *, since: datetime) -> DaysOff:
    """The days off of one program's contacts in a country, from the day before `since` on."""
    return calendars(session, since=since, country=country).of(program_id, country)


def lacks_holidays(session: Session, *, now: datetime) -> list[tuple[str, int]]:
    """The countries of our accounts with the years, this one and two more, that are not known yet."""
    country = func.upper(Account.country)
    used = session.scalars(select(country).where(Account.country != "").distinct()).all()
    years = range(now.year, now.year + YEARS_AHEAD + 1)
    known = select(HolidayYear.country, HolidayYear.year).where(
        HolidayYear.edition == EDITION, HolidayYear.year.in_(years)
    )
    have = {(row.country, row.year) for row in session.execute(known)}
    return [(code, year) for code in sorted(used) for year in years if (code, year) not in have]


def keep_holidays(session: Session, *, now: datetime) -> int:
    """Write down the holidays that are not known yet; returns how many years of countries were. Twice: none.

    A year that a newer edition knows better is written anew. A country that nobody knows has no holidays.
    """
    missing = lacks_holidays(session, now=now)
    for country, year in missing:
        named = _holidays_of(country, year)
        session.execute(
            delete(Holiday).where(
                Holiday.country == country, Holiday.day.between(date(year, 1, 1), date(year, 12, 31))
            )
        )
        days = [{"country": country, "day": day, "name": name[:200]} for day, name in named]
        insert_new(session, Holiday, days, unique=["country", "day"])
        session.execute(delete(HolidayYear).where(HolidayYear.country == country, HolidayYear.year == year))
    years = [{"country": country, "year": year, "edition": EDITION} for country, year in missing]
    insert_new(session, HolidayYear, years, unique=["country", "year"])
    return len(missing)


def holidays_in(session: Session, countries: Collection[str], *, first: date, last: date) -> list[Holiday]:
    """The holidays of some countries from one day to another, by day."""
    within = select(Holiday).where(
        Holiday.country.in_([code.upper() for code in countries]), Holiday.day.between(first, last)
    )
    return list(session.scalars(within.order_by(Holiday.day, Holiday.country)))


def _holidays_of(country: str, year: int) -> Iterable[tuple[date, str]]:
    try:
        return sorted(holidays.country_holidays(country, years=[year], language=NAMES_IN).items())
    except NotImplementedError:
        return ()
