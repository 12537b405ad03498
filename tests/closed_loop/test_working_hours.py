"""Working hours: what a weekday, a weekend, a night and a change of the clocks make of a due time."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.closed_loop.working_hours import (
    FIVE_WORKING_DAYS,
    TWO_WORKING_DAYS,
    due_after,
    hours_between,
)

BERLIN, NEW_YORK, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")
ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in (
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "America/Sao_Paulo",
            "Asia/Kolkata",
            "Australia/Lord_Howe",
            "Pacific/Apia",
            "Pacific/Kiritimati",
            "Africa/Casablanca",
        )
    ]
)
YEAR_2009, YEAR_2031 = 1_230_768_000, 1_924_992_000
INSTANTS = st.integers(YEAR_2009, YEAR_2031).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
HOURS = st.integers(1, 100)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("given_at", "hours", "due"),
    [
        ("2026-03-10T10:00", TWO_WORKING_DAYS, "2026-03-12T10:00"),  # Tuesday: the same as 48 hours
        ("2026-03-06T16:00", TWO_WORKING_DAYS, "2026-03-10T16:00"),  # Friday: over the weekend
        ("2026-03-07T12:00", TWO_WORKING_DAYS, "2026-03-10T17:00"),  # Saturday counts from Monday morning
        ("2026-03-10T22:30", TWO_WORKING_DAYS, "2026-03-12T17:00"),  # at night: from the next morning
        ("2026-03-10T06:00", TWO_WORKING_DAYS, "2026-03-11T17:00"),
        ("2026-03-10T17:00", TWO_WORKING_DAYS, "2026-03-12T17:00"),
        ("2026-03-10T10:00", FIVE_WORKING_DAYS, "2026-03-17T10:00"),  # five working days are a week
        ("2026-03-27T16:00", TWO_WORKING_DAYS, "2026-03-31T16:00"),  # over the night the clocks change
        ("2026-10-23T16:00", TWO_WORKING_DAYS, "2026-10-27T16:00"),
        ("2026-03-10T16:59", 1, "2026-03-11T09:59"),
    ],
)
def test_a_due_time_counts_working_hours(given_at: str, hours: int, due: str) -> None:
    assert due_after(berlin(given_at), hours, BERLIN) == berlin(due)
    assert hours_between(berlin(given_at), berlin(due), BERLIN) == hours


@pytest.mark.parametrize(
    ("a", "b", "hours"),
    [
        ("2026-03-10T10:00", "2026-03-10T10:30", 0.5),
        ("2026-03-10T16:00", "2026-03-11T10:00", 2),
        ("2026-03-06T18:00", "2026-03-09T08:00", 0),
        ("2026-03-11T10:00", "2026-03-10T16:00", -2),
        ("2026-03-10T10:00", "2026-03-10T10:00", 0),
        ("2025-03-10T09:00", "2026-03-10T09:00", 261 * 8),
    ],
)
def test_hours_between_are_working_hours(a: str, b: str, hours: float) -> None:
    assert hours_between(berlin(a), berlin(b), BERLIN) == hours


def test_each_zone_has_its_own_day() -> None:
    evening = datetime(2026, 3, 10, 16, 30, tzinfo=UTC)  # 17:30 in Berlin, 12:30 in New York

    assert due_after(evening, 1, BERLIN) == datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
    assert due_after(evening, 1, NEW_YORK) == datetime(2026, 3, 10, 17, 30, tzinfo=UTC)


def test_a_day_that_a_zone_left_out_has_no_working_hours() -> None:
    # Samoa went from Thursday, 29 December 2011, straight to Saturday.
    thursday = datetime(2011, 12, 29, 16, tzinfo=APIA)

    assert due_after(thursday, 2, APIA) == datetime(2012, 1, 2, 10, tzinfo=APIA).astimezone(UTC)


@given(INSTANTS, HOURS, ZONES)
def test_counting_back_gives_the_hours_that_were_allowed(
    given_at: datetime, hours: int, zone: ZoneInfo
) -> None:
    due = due_after(given_at, hours, zone)

    assert hours_between(given_at, due, zone) == pytest.approx(hours)
    assert hours_between(given_at, due - timedelta(seconds=1), zone) < hours


@given(INSTANTS, HOURS, ZONES)
def test_a_due_time_is_at_work(given_at: datetime, hours: int, zone: ZoneInfo) -> None:
    there = due_after(given_at, hours, zone).astimezone(zone)

    assert there.weekday() < 5
    assert time(9) < there.time() <= time(17)


@given(INSTANTS, INSTANTS, INSTANTS, ZONES)
def test_hours_add_up_and_turn_round(a: datetime, b: datetime, c: datetime, zone: ZoneInfo) -> None:
    b, c = (a + (other - a) / 100 for other in (b, c))  # some weeks, not decades

    assert hours_between(a, b, zone) + hours_between(b, c, zone) == pytest.approx(hours_between(a, c, zone))
    assert hours_between(a, b, zone) == -hours_between(b, a, zone)


@given(INSTANTS, st.timedeltas(timedelta(), timedelta(days=30)), HOURS, ZONES)
def test_who_answers_later_is_due_later(
    given_at: datetime, wait: timedelta, hours: int, zone: ZoneInfo
) -> None:
    assert due_after(given_at, hours, zone) <= due_after(given_at + wait, hours, zone)
