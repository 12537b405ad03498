"""When each step of one contact is due: in their time, on a working day there, with room at their account."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from surveyd.base.clock import from_local, zone_named
from surveyd.distribution.cadence import Cadence, DaysOff, Step, Window, due_at
from surveyd.distribution.crowds import Crowd, local_day
from surveyd.distribution.days_off import Calendars

Plan = tuple[tuple[Step, datetime], ...]
"""The steps that come before the close, each with its moment; none when not even the first one does."""


@dataclass(frozen=True, slots=True)
class Who:
    """One contact as far as a plan needs them. `country` is their account's, empty when it is not known."""

    contact_id: int
    account_id: int
    time_zone: str
    country: str


@dataclass(slots=True)
class Plans:
    """The plans of one wave from `begins` on: reminders and calls count from each one's own first day.

    With a `limit`, people of one account who have no room on a day go on the next working day that has some.
    """

    cadence: Cadence
    begins: datetime
    closes_at: datetime | None
    window: Window
    calendars: Calendars
    program_id: int
    limit: int | None = None
    crowd: Crowd = field(default_factory=Crowd)
    _known: dict[tuple[str, str], Plan] = field(default_factory=dict)

    def of(self, who: Who) -> Plan:
        """One contact's steps. The same contacts in the same order get the same plans."""
        if self.limit is None:
            place = (who.time_zone, who.country)
            if place not in self._known:
                self._known[place] = self._plan(who)
            return self._known[place]
        return self._plan(who)

    def _plan(self, who: Who) -> Plan:
        zone, off = zone_named(who.time_zone), self.calendars.of(self.program_id, who.country)
        plan: list[tuple[Step, datetime]] = []
        first = self.begins
        for step in self.cadence.steps:
            window = step.window or self.window
            due = self._with_room(who, due_at(first, step.day, zone, window, off), zone, window, off)
            if not plan:
                first = due
            if self.closes_at is not None and due >= self.closes_at:
                break
            plan.append((step, due))
        if self.limit is not None:
            for _, due in plan:
                self.crowd.plan(who.account_id, local_day(due, zone), who.contact_id)
        return tuple(plan)

    def _with_room(self, who: Who, due: datetime, zone: ZoneInfo, window: Window, off: DaysOff) -> datetime:
        """`due`, or the same time of the first working day after it that has room for one more."""
        if self.limit is None:
            return due
        wall = due.astimezone(zone).time().replace(tzinfo=None)
        while not self.crowd.has_room(who.account_id, local_day(due, zone), who.contact_id, limit=self.limit):
            due = next_opening(local_day(due, zone), zone, window, off, wall=wall)
            if self.closes_at is not None and due >= self.closes_at:
                break
        return due


def next_opening(day: date, zone: ZoneInfo, window: Window, off: DaysOff, *, wall: time = time()) -> datetime:
    """The first moment after `day` at which the window is open, not before `wall` on the day that follows."""
    return window.opens(from_local(datetime.combine(day + timedelta(days=1), wall), zone), zone, off)
