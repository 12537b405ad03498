"""Time as a case counts it: Monday to Friday, 09:00 to 17:00 on the wall clock of one zone.

Instants are aware, in UTC. Whatever the clocks do, an hour is an hour: a day on which they change inside
working hours is as much shorter or longer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from surveyd.base.clock import from_local, zone_named

START, END = time(9), time(17)
HOURS_A_DAY = 8
TWO_WORKING_DAYS = 2 * HOURS_A_DAY
FIVE_WORKING_DAYS = 5 * HOURS_A_DAY
SATURDAY = 5
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when something is to be done: so many working hours of that zone, and when they are over."""

    hours: int
    time_zone: str
    due_at: datetime

    def left(self, now: datetime) -> float:
        """How many of the working hours are left; negative when it is late by so many."""
        return hours_between(now, self.due_at, zone_named(self.time_zone))

    def is_over(self, now: datetime) -> bool:
        return self.due_at < now


def deadline_after(given_at: datetime, hours: int, *, zones: Iterable[str]) -> Deadline:
    """The deadline `hours` working hours after `given_at`, by the first of `zones` that is one, else UTC."""
    name = next((zone for zone in zones if _is_zone(zone)), "UTC")
    return Deadline(hours, name, due_after(given_at, hours, zone_named(name)))


def due_after(given_at: datetime, hours: int, zone: ZoneInfo) -> datetime:
    """The first instant at which `hours` working hours, more than none, have passed since `given_at`."""
    day, left = given_at.astimezone(zone).date(), hours * HOUR
    while True:
        begin, end = _working_day(day, zone)
        begin = max(begin, given_at)
        if begin + left <= end:
            return (begin + left).astimezone(UTC)
        left -= max(end - begin, timedelta())
        day += DAY


def hours_between(a: datetime, b: datetime, zone: ZoneInfo) -> float:
    """How many working hours lie between two instants; negative when `b` comes first."""
    if b < a:
        return -hours_between(b, a, zone)
    day, last = a.astimezone(zone).date(), b.astimezone(zone).date()
    worked = timedelta()
    while day <= last:
        begin, end = _working_day(day, zone)
        worked += max(min(end, b) - max(begin, a), timedelta())
        day += DAY
    return worked / HOUR


def _is_zone(name: str) -> bool:
    try:
        return bool(name) and zone_named(name) is not None
    except ValueError:
        return False


@lru_cache(maxsize=8192)
def _working_day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When work begins and ends that day; the same instant twice when nobody works."""
    begin = from_local(datetime.combine(day, START), zone)
    # A zone may leave out a whole day when it moves across the date line.
    if day.weekday() >= SATURDAY or begin.astimezone(zone).date() != day:
        return begin, begin
    return begin, from_local(datetime.combine(day, END), zone)
