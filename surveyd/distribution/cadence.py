"""The cadence of a wave, and the one function that says when a touch may go out.

Program time in, program time out, all in UTC; what is local is worked out here and nowhere else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.clock import from_local
from surveyd.base.errors import Refused
from surveyd.distribution.cadence_models import ProgramCadence, WaveCadence
from surveyd.distribution.models import Channel, Program, Wave, WaveKind, WaveState

SATURDAY = 5
LAST_HOUR = 24
HOURS = re.compile(r"[0-9]{1,2}-[0-9]{1,2}")
INVITATION, REMINDER = "invitation", "reminder"
"""The mails that a step can send; the first step of every cadence is called `invitation`, too."""
WISHED_INVITATION, WISHED_REMINDER, WISHED_CALL = "wished_invitation", "wished_reminder", "wished_call"
"""Steps that a person asked for themselves: they stand in no cadence, and several are numbered."""
NUMBER = re.compile(r"_[0-9]+$")


def numbered_step(step: str, number: int) -> str:
    """The name of a step's `number`-th touch, counted from 1: a name is unique in an invitation."""
    return step if number == 1 else f"{step}_{number}"


def plain_step(step: str) -> str:
    """A step without its number."""
    return NUMBER.sub("", step)


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days of a place on which nobody is asked: single ones, and periods from a first to a last day."""

    days: frozenset[date] = frozenset()
    periods: tuple[tuple[date, date], ...] = ()

    def has(self, day: date) -> bool:
        """Whether nobody is asked on that day."""
        return day in self.days or any(first <= day <= last for first, last in self.periods)


NO_DAYS_OFF = DaysOff()
MOST_DAYS_OFF = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Window:
    """When people may be contacted: local hours [start, end), 0 to 24, on working days or on all days."""

    start: int = 8
    end: int = 18
    workdays_only: bool = True

    def opens(self, instant: datetime, zone: ZoneInfo, off: DaysOff = NO_DAYS_OFF) -> datetime:
        """The first instant from `instant` on at which the window is open in `zone`, on no day off.

        After `MOST_DAYS_OFF` days that are all off the days off no longer count: nobody waits for ever.
        """
        first = day = instant.astimezone(zone).date()
        while True:
            weekend = self.workdays_only and day.weekday() >= SATURDAY
            if not weekend and not (off.has(day) and day - first < MOST_DAYS_OFF):
                begin = from_local(datetime.combine(day, time(self.start)), zone)
                opened = max(instant, begin)
                # A window that lies in the hour which a clock change skips does not open that day.
                if opened < self._shuts_on(datetime.combine(day, time()), zone):
                    return opened
            day += timedelta(days=1)

    def shuts(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """When the window that is open at `instant` shuts."""
        midnight = datetime.combine(instant.astimezone(zone).date(), time())
        return self._shuts_on(midnight, zone)

    def _shuts_on(self, midnight: datetime, zone: ZoneInfo) -> datetime:
        return from_local(midnight + timedelta(hours=self.end), zone)


@dataclass(frozen=True, slots=True)
class Step:
    """One planned touch of a wave; `day` counts from day 0. Its name is unique in the cadence.

    `mail` is the name of the mail that it sends, empty for a call. Without a `window` of its own the
    program's holds; without a `language` each contact's.
    """

    name: str
    channel: Channel
    day: int
    mail: str = ""
    window: Window | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Cadence:
    """The steps of a wave by day, and the day on which it closes, counted from day 0."""

    steps: tuple[Step, ...]
    close_day: int

    def step(self, name: str) -> Step | None:
        """The step of a touch, also of a numbered one; None for what a person asked for."""
        plain = plain_step(name)
        return next((step for step in self.steps if step.name == plain), None)

    def mail_of(self, name: str) -> str:
        """The mail that a step sends: a reminder that was asked for is a reminder."""
        step = self.step(name)
        return step.mail if step else plain_step(name).removeprefix("wished_")

    def names(self, channel: Channel | None = None) -> tuple[str, ...]:
        """The steps' names in order, all or those of one channel."""
        return tuple(step.name for step in self.steps if channel in (None, step.channel))

    @property
    def last_mail_day(self) -> int:
        """The day on which the last mail goes out."""
        return max(step.day for step in self.steps if step.channel is Channel.MAIL)


USUAL = Cadence(
    (
        Step(INVITATION, Channel.MAIL, 0, INVITATION),
        Step(REMINDER, Channel.MAIL, 14, REMINDER),
        Step("call", Channel.PHONE, 21),
    ),
    close_day=35,
)
"""What a program has until it is given another one."""


def cadence_of_program(session: Session, program: Program) -> Cadence:
    """What the program's next wave will have."""
    found = session.get(ProgramCadence, program.id)
    return read_cadence(found.steps, found.close_day) if found else USUAL


def cadence_of(session: Session, wave: Wave) -> Cadence:
    """The wave's own cadence, which is frozen at its launch; until then it is the program's."""
    return cadences_of(session, [wave])[wave.id]


def cadences_of(session: Session, waves: Sequence[Wave]) -> dict[int, Cadence]:
    """The cadence of each wave by its id, in a statement for those launched and one for those to come."""
    launched = [wave.id for wave in waves if wave.launched_at is not None]
    programs = {wave.program_id for wave in waves if wave.launched_at is None}
    own = select(WaveCadence).where(WaveCadence.wave_id.in_(launched))
    frozen = {
        row.wave_id: read_cadence(row.steps, row.close_day)
        for row in (session.scalars(own) if launched else ())
    }
    next_ones = select(ProgramCadence).where(ProgramCadence.program_id.in_(programs))
    coming = {
        row.program_id: read_cadence(row.steps, row.close_day)
        for row in (session.scalars(next_ones) if programs else ())
    }
    # A wave that was launched before cadences were data has the usual one.
    return {
        wave.id: frozen.get(wave.id)
        or (coming.get(wave.program_id, USUAL) if wave.launched_at is None else USUAL)
        for wave in waves
    }


def call_days(session: Session) -> tuple[int, ...]:
    """The days on which the waves that run call people; while none runs, those of all programs."""
    running = select(Wave).where(Wave.state == WaveState.OPEN, Wave.kind == WaveKind.PROGRAM)
    cadences = list(cadences_of(session, session.scalars(running).all()).values())
    programs = [] if cadences else session.scalars(select(Program)).all()
    cadences += [cadence_of_program(session, program) for program in programs]
    steps = (step for cadence in cadences for step in cadence.steps if step.channel is Channel.PHONE)
    return tuple(sorted({step.day for step in steps}))


def freeze_cadence(session: Session, wave: Wave) -> Cadence:
    """Give a wave that is being launched the program's cadence for good, and return it."""
    cadence = cadence_of(session, wave)
    steps = [written_step(step) for step in cadence.steps]
    session.merge(WaveCadence(wave_id=wave.id, steps=steps, close_day=cadence.close_day))
    session.flush()
    return cadence


def mail_step_names(session: Session) -> tuple[str, ...]:
    """The mailed steps of all cadences in use, those of the usual one first."""
    rows = [*session.scalars(select(ProgramCadence.steps)), *session.scalars(select(WaveCadence.steps))]
    known = (step.name for steps in rows for step in read_cadence(steps, 0).steps if step.mail)
    return tuple(dict.fromkeys([*USUAL.names(Channel.MAIL), *known]))


def read_cadence(steps: Sequence[dict[str, Any]], close_day: int) -> Cadence:
    """A cadence from its row."""
    return Cadence(tuple(_read_step(step) for step in steps), close_day)


def written_step(step: Step) -> dict[str, Any]:
    """A step as its row has it."""
    window = step.window and [step.window.start, step.window.end, step.window.workdays_only]
    return {
        "name": step.name,
        "channel": step.channel.value,
        "day": step.day,
        "mail": step.mail,
        "window": window,
        "language": step.language,
    }


def _read_step(row: dict[str, Any]) -> Step:
    window = Window(*row["window"]) if row["window"] else None
    return Step(row["name"], Channel(row["channel"]), row["day"], row["mail"], window, row["language"])


def due_at(
    day_zero: datetime, day: int, zone: ZoneInfo, window: Window, off: DaysOff = NO_DAYS_OFF
) -> datetime:
    """When the touch of `day` is due: the same local time of day as day 0, then moved into the window.

    A change of the clocks in between moves nothing: 9:00 stays 9:00.
    """
    wall = day_zero.astimezone(zone).replace(tzinfo=None) + timedelta(days=day)
    instant = from_local(wall, zone) if day else day_zero.astimezone(UTC)
    return window.opens(instant, zone, off)


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
