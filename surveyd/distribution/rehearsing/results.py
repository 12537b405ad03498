"""What a rehearsal comes to: every touch as it would be, and the sums of them."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from surveyd.base.clock import zone_named
from surveyd.base.spreadsheets import guarded
from surveyd.distribution.models import Channel

HEAD = (
    *("instant", "day", "time", "time_zone", "step", "channel", "language", "contact", "name", "account"),
    *("happens", "reason"),
)
"""The columns of the list of touches. `instant` is UTC; `day` and `time` are the contact's own."""


@dataclass(frozen=True, slots=True)
class PlannedTouch:
    """One touch as it would be: it happens, or it is cancelled for `reason`. `at` is in UTC."""

    at: datetime
    step: str
    channel: Channel
    language: str
    time_zone: str
    contact: str
    name: str
    account: str
    reason: str = ""

    @property
    def day(self) -> str:
        """The day where the contact is."""
        return self.at.astimezone(zone_named(self.time_zone)).date().isoformat()


@dataclass(frozen=True, slots=True)
class Line:
    """So many on one day, of one language (mails) or in one zone (calls); the hours are local there."""

    day: str
    of: str
    step: str
    count: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Work:
    """What staff do on one day: attempts to call, and how long they take."""

    day: str
    attempts: int
    hours: float


@dataclass(frozen=True, slots=True)
class Sums:
    """A rehearsal in numbers. Days are the contacts' own."""

    contacts: int
    mails: tuple[Line, ...]
    calls: tuple[Line, ...]
    work: tuple[Work, ...]
    cancelled: dict[str, int]
    steps: dict[str, int]
    answered: int
    bounced: int
    opted_out: int
    hours: float
    begins: str
    closes: str
    based_on: str
    behaviour: dict[str, Any]


def lines_of(touches: Iterable[PlannedTouch], channel: Channel) -> tuple[Line, ...]:
    """What happens by one channel, by day and by language (mails) or time zone (calls), and step."""
    counts: Counter[tuple[str, str, str]] = Counter()
    hours: dict[tuple[str, str, str], list[str]] = {}
    for touch in touches:
        if touch.channel is not channel or touch.reason:
            continue
        key = (touch.day, touch.language if channel is Channel.MAIL else touch.time_zone, touch.step)
        counts[key] += 1
        clock = f"{touch.at.astimezone(zone_named(touch.time_zone)):%H:%M}"
        span = hours.setdefault(key, [clock, clock])
        span[:] = [min(span[0], clock), max(span[1], clock)]
    return tuple(Line(*key, counts[key], *hours[key]) for key in sorted(counts))


def work_of(attempts: Iterable[str], *, minutes: int) -> tuple[Work, ...]:
    """The attempts to call by the day on which they are made."""
    counts = Counter(attempts)
    return tuple(Work(day, count, round(count * minutes / 60, 1)) for day, count in sorted(counts.items()))


def rows_of(touches: Iterable[PlannedTouch]) -> Iterator[tuple[str, ...]]:
    """The list of touches as rows behind HEAD, in their order."""
    for touch in touches:
        local = touch.at.astimezone(zone_named(touch.time_zone))
        yield (
            *(touch.at.isoformat(), touch.day, f"{local:%H:%M}", touch.time_zone),
            *(touch.step, touch.channel.value, touch.language, touch.contact, touch.name, touch.account),
            *("no" if touch.reason else "yes", touch.reason),
        )


def packed(touches: Iterable[PlannedTouch]) -> bytes:
    """The list of touches as a compressed CSV file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEAD)
    writer.writerows([guarded(cell) for cell in row] for row in rows_of(touches))
    return gzip.compress(text.getvalue().encode(), mtime=0)


def unpacked(content: bytes) -> str:
    """The CSV file of `packed`, as text."""
    return gzip.decompress(content).decode()


def as_json(sums: Sums) -> dict[str, Any]:
    """The sums as a row keeps them."""
    return asdict(sums)


def read_sums(row: dict[str, Any]) -> Sums:
    """The sums of a row."""
    lists: dict[str, Sequence[Any]] = {
        "mails": [Line(**line) for line in row["mails"]],
        "calls": [Line(**line) for line in row["calls"]],
        "work": [Work(**work) for work in row["work"]],
    }
    return Sums(**(row | {name: tuple(lines) for name, lines in lists.items()}))
