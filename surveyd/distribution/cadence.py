"""The cadence of a wave, and the one function that says when a touch may go out.

Program time in, program time out, all in UTC; what is local is worked out here and nowhere else.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from surveyd.base.clock import from_local
from surveyd.base.errors import Refused
from surveyd.distribution.models import Channel

CLOSE_DAY = 35
SATURDAY = 5
LAST_HOUR = 24
HOURS = re.compile(r"[0-9]{1,2}-[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class Step:
    """One planned touch of a wave; `day` counts from day 0. `name` is also the name of its mail."""

    name: str
    channel: Channel
    day: int


STEPS = (
    Step("invitation", Channel.MAIL, 0),
    Step("reminder", Channel.MAIL, 14),
    Step("call", Channel.PHONE, 21),
)
WISHED_REMINDER, WISHED_CALL = "wished_reminder", "wished_call"
"""Steps that a person asked for themselves: they stand in no cadence, and several are numbered."""
NUMBER = re.compile(r"_[0-9]+$")


def numbered_step(step: str, number: int) -> str:
    """The name of a step's `number`-th touch, counted from 1: a name is unique in an invitation."""
    return step if number == 1 else f"{step}_{number}"


def plain_step(step: str) -> str:
    """A step without its number."""
    return NUMBER.sub("", step)


def mail_of(step: str) -> str:
    """The mail that a step sends: a reminder that was asked for is a reminder."""
    return plain_step(step).removeprefix("wished_")


@dataclass(frozen=True, slots=True)
class Window:
    """When people may be contacted: local hours [start, end), 0 to 24, on working days or on all days."""

    start: int = 8
    end: int = 18
    workdays_only: bool = True

    def opens(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """The first instant from `instant` on at which the window is open in `zone`."""
        day = instant.astimezone(zone).date()
        for _ in range(10):
            if not (self.workdays_only and day.weekday() >= SATURDAY):
                begin = from_local(datetime.combine(day, time(self.start)), zone)
                opened = max(instant, begin)
                # A window that lies in the hour which a clock change skips does not open that day.
                if opened < self._shuts_on(datetime.combine(day, time()), zone):
                    return opened
            day += timedelta(days=1)
        raise AssertionError("a window opens within ten days")

    def shuts(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """When the window that is open at `instant` shuts."""
        midnight = datetime.combine(instant.astimezone(zone).date(), time())
        return self._shuts_on(midnight, zone)

    def _shuts_on(self, midnight: datetime, zone: ZoneInfo) -> datetime:
        return from_local(midnight + timedelta(hours=self.end), zone)


def due_at(day_zero: datetime, day: int, zone: ZoneInfo, window: Window) -> datetime:
    """When the touch of `day` is due: the same local time of day as day 0, then moved into the window.

    A change of the clocks in between moves nothing: 9:00 stays 9:00.
    """
    wall = day_zero.astimezone(zone).replace(tzinfo=None) + timedelta(days=day)
    instant = from_local(wall, zone) if day else day_zero.astimezone(UTC)
    return window.opens(instant, zone)


def read_window(hours: str, days: str) -> Window:
    """The window that `HH-HH` and `mon-fri` or `all` name. Raises Refused with what to write instead."""
    start, _, end = hours.partition("-")
    if not (HOURS.fullmatch(hours) and int(start) < int(end) <= LAST_HOUR):
        raise Refused(
            f"The window {hours!r} is not understood; write hours such as 08-18, or 00-24 for the whole day."
        )
    if days not in ("mon-fri", "all"):
        raise Refused(f"The days {days!r} are not understood; write mon-fri or all.")
    return Window(int(start), int(end), days == "mon-fri")
