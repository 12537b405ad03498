"""One clock, in UTC, and the one function that works out local time.

Program time comes from a Clock and is handed down as `now`. Leases, rates and heartbeats
use `system_now()`, never a program's clock, so that half a year can be rehearsed in a minute.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from surveyd.base.errors import Refused


class Clock(Protocol):
    """What time it is in the program, as an aware instant in UTC."""

    replays: bool
    """Whether time may jump, so that what fell due in a jump is played in its order."""

    def now(self) -> datetime: ...


def system_now() -> datetime:
    """The machine's time, aware, in UTC: for leases, rates, heartbeats and logs only."""
    return datetime.now(UTC)


class SystemClock:
    """The machine's own clock: the only one allowed in production."""

    replays = False

    def now(self) -> datetime:
        return system_now()


class FileClock:
    """A clock read from a file: an ISO instant that runs on at normal speed from the file's mtime.

    Writing a later instant into the file is a jump. The file is read at each call, so that
    every process sees the jump at once. Raises Refused when the file holds no instant.
    """

    replays = True

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> datetime:
        try:
            text = self.path.read_text(encoding="utf-8").strip()
            return parse_instant(text) + timedelta(seconds=max(0.0, time.time() - self.path.stat().st_mtime))
        except (OSError, ValueError) as error:
            raise Refused(
                f"The clock file {self.path} cannot be read ({error}); write an ISO instant to it."
            ) from error


class SetClock:
    """A clock that stands where it was put: for rehearsals, the demo company and tests."""

    replays = False

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant


def open_clock(setting: str) -> Clock:
    """The clock that SURVEYD_CLOCK names: `system` or `file:PATH`. Raises ValueError otherwise."""
    if setting == "system":
        return SystemClock()
    kind, _, path = setting.partition(":")
    if kind == "file" and path:
        return FileClock(Path(path))
    raise ValueError(f"{setting!r} is neither 'system' nor 'file:PATH'")


def parse_instant(text: str, zone: ZoneInfo | None = None) -> datetime:
    """An ISO 8601 instant as UTC; without an offset it is read in `zone` (default UTC).

    Raises ValueError for what is no instant.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        return from_local(instant, zone) if zone else instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC)


def from_local(wall: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant at which the clocks in `zone` show the naive time `wall`.

    Clock changes: a wall time that occurs twice means its first occurrence; one that a change
    skips means the instant as far after the gap's start as it stands inside it (02:30 in a gap
    of one hour from 02:00 becomes 03:30), so that a touch is never lost and never doubled.
    Source: PEP 495, fold=0.
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def zone_named(name: str) -> ZoneInfo:
    """The IANA time zone of that name. Raises ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone; use a name such as Europe/Berlin") from error
