"""The cadence over changes of the clocks: every step once, on its day, at the hour that it should have.

    python -m benchmarks.clock_changes FOLDER

FOLDER holds `clock_changes.csv`, one change of a zone's clocks a line: `zone`, `kind` (gap, overlap, or none
for a zone whose clocks never change), `offset_before_min`, `offset_after_min`, and `local_midpoint`, the
middle of the hour that is skipped or comes twice. Each of the usual steps is planned so that it falls into
that middle. Where it should be due is worked out from the line alone, never from the zone data that the
program uses. Then the same with sending hours that are no more than the hour of the change.
"""

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from surveyd.base.clock import from_local, zone_named
from surveyd.distribution.cadence import USUAL, Window
from surveyd.distribution.days_off import Calendars
from surveyd.distribution.plans import Plans, Who

ALWAYS = Window(0, 24, workdays_only=False)
NO_DAYS_OFF = Calendars({}, ())


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `wall` is the middle of what is skipped or comes twice, naive; `due` what it means.

    `shown` is what the clocks there show then: another time than `wall` where that is skipped.
    """

    zone: ZoneInfo
    kind: str
    wall: datetime
    due: datetime
    shown: datetime


@dataclass
class Figures:
    """What was planned, and what of it was not as it should be, in words."""

    kinds: dict[str, int] = field(default_factory=dict)
    steps: int = 0
    windows: int = 0
    next_day: int = 0
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    """Read the folder, print the figures; exit code 1 when a step is not where it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    figures = measure(parser.parse_args().folder)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(figures.kinds.items()))
    print(f"changes of the clocks: {sum(figures.kinds.values())} ({told})")
    print(f"steps planned into the middle of one: {figures.steps}")
    print(f"steps in hours that are no more than the change: {figures.windows}, next day {figures.next_day}")
    print(f"lost, doubled, on another day or at another hour: {len(figures.wrong)}")
    for line in figures.wrong:
        print(f"  {line}")
    raise SystemExit(1 if figures.wrong or not figures.steps else 0)


def measure(folder: Path) -> Figures:
    """Plan the usual steps over each change of the folder's file."""
    figures = Figures()
    for change in read_changes(folder / "clock_changes.csv"):
        figures.kinds[change.kind] = figures.kinds.get(change.kind, 0) + 1
        for step in USUAL.steps:
            _middle(change, step.day, figures)
            _narrow(change, step.day, figures)
    return figures


def read_changes(path: Path) -> Iterator[Change]:
    """The changes of a file; zones without any are passed over."""
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "none":
                continue
            wall = datetime.fromisoformat(row["local_midpoint"])
            # Skipped: as far behind the change as it stands in the gap. Twice: the first time.
            due = wall.replace(tzinfo=UTC) - timedelta(minutes=int(row["offset_before_min"]))
            gained = int(row["offset_after_min"]) - int(row["offset_before_min"])
            shown = wall + timedelta(minutes=max(0, gained))
            yield Change(zone_named(row["zone"]), row["kind"], wall, due, shown)


def _middle(change: Change, day: int, figures: Figures) -> None:
    """The step of `day` falls into the middle of the change; all others keep the wall clock of day 0."""
    first = change.wall - timedelta(days=day)
    clock = first if day else change.shown
    plan = _plan(change, first, ALWAYS)
    figures.steps += 1
    days = [step.day for step in USUAL.steps]
    if list(plan) != days:
        figures.wrong.append(f"{change.zone} {change.wall}: steps of the days {list(plan)}")
    if plan.get(day) != change.due:
        figures.wrong.append(f"{change.zone} {change.wall}: due {plan.get(day)}, should be {change.due}")
    for other, due in plan.items():
        if other != day and due.astimezone(change.zone).replace(tzinfo=None) != clock + timedelta(days=other):
            figures.wrong.append(f"{change.zone} {change.wall}: day {other} is due {due}")


def _narrow(change: Change, day: int, figures: Figures) -> None:
    """Sending hours of that one hour: the step goes in them, the day after where the day has no such hour."""
    hour = change.wall.hour
    plan = _plan(change, change.wall - timedelta(days=day), Window(hour, hour + 1, workdays_only=False))
    figures.windows += 1
    due = plan.get(day)
    there = due.astimezone(change.zone) if due else None
    if there is None or there.hour != hour or not 0 <= (there.date() - change.wall.date()).days <= 1:
        figures.wrong.append(f"{change.zone} {change.wall}: in the hours of {hour} it is due {there}")
    elif there.date() != change.wall.date():
        figures.next_day += 1
        if change.kind != "gap":
            figures.wrong.append(f"{change.zone} {change.wall}: the hour is there, and yet {there}")


def _plan(change: Change, first: datetime, window: Window) -> dict[int, datetime]:
    """When each step is due, by its day, for somebody in the zone, in a wave that begins at `first` there."""
    begins = from_local(first, change.zone)
    closes = begins + timedelta(days=USUAL.close_day)
    plans = Plans(USUAL, begins, closes, window, NO_DAYS_OFF, program_id=1)
    found = plans.of(Who(1, 1, change.zone.key, ""))
    return {step.day: due for step, due in found}


if __name__ == "__main__":
    main()
