"""Time comes in as an argument: one clock in UTC, and one function that knows local time."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.base.clock import (
    FileClock,
    SetClock,
    from_local,
    open_clock,
    parse_instant,
    system_now,
    zone_named,
)
from surveyd.base.errors import Refused

INSTANT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SOON = timedelta(seconds=30)


def clock_at(path: Path, text: str, *, written: float | None = None) -> FileClock:
    """A clock on a file with this text, written at the system time `written`, by default now."""
    path.write_text(text, encoding="utf-8")
    if written is not None:
        os.utime(path, (written, written))
    return FileClock(path)


def test_a_file_clock_runs_on_from_when_the_file_was_written(tmp_path: Path) -> None:
    clock = clock_at(tmp_path / "clock", "2026-03-10T09:00:00Z", written=time.time() - 3600)
    assert timedelta(hours=1) <= clock.now() - INSTANT < timedelta(hours=1) + SOON
    assert clock.now().tzinfo is UTC


def test_writing_the_file_is_a_jump_that_is_seen_at_once(tmp_path: Path) -> None:
    clock = clock_at(tmp_path / "clock", "2026-03-10T09:00:00+00:00")
    assert clock.now() - INSTANT < SOON
    clock_at(tmp_path / "clock", "2026-03-24T10:00:00+01:00\n")
    assert timedelta() <= clock.now() - (INSTANT + timedelta(days=14)) < SOON
    assert clock.replays


def test_a_file_from_the_future_does_not_turn_time_back(tmp_path: Path) -> None:
    clock = clock_at(tmp_path / "clock", "2026-03-10T09:00:00Z", written=time.time() + 3600)
    assert clock.now() == INSTANT


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "\x00"])
def test_a_file_without_an_instant_is_refused_by_name(tmp_path: Path, text: str) -> None:
    clock = clock_at(tmp_path / "clock", text)
    with pytest.raises(Refused, match=r"clock.*write an ISO instant"):
        clock.now()


def test_a_file_that_is_gone_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="gone"):
        FileClock(tmp_path / "gone").now()


def test_the_machines_clock_does_not_replay() -> None:
    clock = open_clock("system")
    assert abs(clock.now() - system_now()) < SOON
    assert clock.now().tzinfo is UTC
    assert not clock.replays


def test_a_setting_opens_its_clock(tmp_path: Path) -> None:
    clock_at(tmp_path / "clock", "2026-03-10T09:00:00Z")
    assert open_clock(f"file:{tmp_path / 'clock'}").now() - INSTANT < SOON


@pytest.mark.parametrize("setting", ["", "file", "file:", "System", "ntp:somewhere"])
def test_another_setting_is_no_clock(setting: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        open_clock(setting)


def test_a_clock_that_was_set_stands() -> None:
    clock = SetClock(INSTANT)
    assert clock.now() == clock.now() == INSTANT


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-03-10T09:00:00Z", None, "2026-03-10T09:00Z"),
        ("2026-03-10T10:00+01:00", None, "2026-03-10T09:00Z"),
        ("2026-03-10T10:00+01:00", "Asia/Tokyo", "2026-03-10T09:00Z"),
        ("2026-03-10T09:00", None, "2026-03-10T09:00Z"),
        ("2026-03-10T09:00", "Europe/Berlin", "2026-03-10T08:00Z"),
        ("2026-03-10", "America/New_York", "2026-03-10T04:00Z"),
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30Z"),
    ],
)
def test_an_instant_is_read_in_its_own_offset_or_in_the_zone(
    text: str, zone: str | None, instant: str
) -> None:
    read = parse_instant(text, zone_named(zone) if zone else None)
    assert read == datetime.fromisoformat(instant)
    assert read.tzinfo is UTC


# Each wall time, and what it means in UTC: changes of an hour, of half an hour and of a whole day, at
# two in the morning and at midnight, north and south.
WALLS = [
    ("Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59Z"),
    ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30Z"),
    ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:59", "2026-10-24T23:59Z"),
    ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30Z"),
    ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00Z"),
    ("America/Santiago", "2025-09-07T00:15", "2025-09-07T04:15Z"),
    ("America/Santiago", "2026-04-04T23:30", "2026-04-05T02:30Z"),
    ("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:40Z"),
    ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45Z"),
    ("Africa/Cairo", "2026-04-24T00:30", "2026-04-23T22:30Z"),
    ("Asia/Beirut", "2026-03-29T00:00", "2026-03-28T22:00Z"),
    ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00Z"),
    ("Asia/Kathmandu", "2026-06-01T09:00", "2026-06-01T03:15Z"),
    ("UTC", "2026-06-01T09:00", "2026-06-01T09:00Z"),
]


@pytest.mark.parametrize(("zone", "wall", "instant"), WALLS)
def test_a_wall_time_is_one_instant(zone: str, wall: str, instant: str) -> None:
    assert from_local(datetime.fromisoformat(wall), ZoneInfo(zone)) == datetime.fromisoformat(instant)


def test_in_a_gap_a_time_is_as_far_behind_it_as_it_stood_inside() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    shown = from_local(datetime.fromisoformat("2026-03-29T02:30"), berlin).astimezone(berlin)
    assert (shown.hour, shown.minute) == (3, 30)


ZONES = sorted(available_timezones() - {"localtime", "Factory"})
WALL_TIMES = st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2037-12-31"))


@given(st.sampled_from(ZONES), WALL_TIMES)
def test_in_every_zone_a_wall_time_that_exists_is_shown_again(zone: str, wall: datetime) -> None:
    where = ZoneInfo(zone)
    instant = from_local(wall, where)
    shown = instant.astimezone(where).replace(tzinfo=None, fold=0)
    # A gap moves a time forward by its own length; nothing ever moves it back.
    assert shown == wall or timedelta() < shown - wall <= timedelta(hours=24)
    assert instant.tzinfo is UTC


@given(st.sampled_from(ZONES), WALL_TIMES)
def test_in_every_zone_of_two_occurrences_the_first_counts(zone: str, wall: datetime) -> None:
    where = ZoneInfo(zone)
    second = wall.replace(tzinfo=where, fold=1).astimezone(UTC)
    if second.astimezone(where).replace(tzinfo=None, fold=0) == wall:
        assert from_local(wall, where) <= second


@pytest.mark.parametrize(
    "name", ["", "Europe/Bonn", "../etc/passwd", "/etc/localtime", "Europe", "\x00", "x" * 500]
)
def test_what_is_no_zone_is_said_so(name: str) -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        zone_named(name)


def test_a_zone_is_found_by_name() -> None:
    assert zone_named("Europe/Berlin") == ZoneInfo("Europe/Berlin")
