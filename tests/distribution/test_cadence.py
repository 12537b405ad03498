"""When a touch is due: in the contact's own time, inside the window, on a day when people work."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.base.errors import Refused
from surveyd.distribution.cadence import USUAL, Window, due_at, read_window

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Window()
ALWAYS = Window(0, 24, workdays_only=False)
ZONES = (
    "Africa/Cairo", "America/Los_Angeles", "America/Sao_Paulo", "America/St_Johns", "Asia/Kathmandu",
    "Asia/Kolkata", "Asia/Tokyo", "Australia/Lord_Howe", "Europe/Berlin", "Pacific/Apia",
    "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC",
)  # fmt: skip


def at(text: str) -> datetime:
    """An instant; without an offset, of Berlin."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("instant", "opens"),
    [
        ("2026-03-10T09:00", "2026-03-10T09:00"),
        ("2026-03-10T08:00", "2026-03-10T08:00"),
        ("2026-03-10T07:59:59", "2026-03-10T08:00"),
        ("2026-03-10T17:59:59", "2026-03-10T17:59:59"),
        ("2026-03-10T18:00", "2026-03-11T08:00"),
        ("2026-03-10T23:59", "2026-03-11T08:00"),
        ("2026-03-13T17:59", "2026-03-13T17:59"),
        ("2026-03-13T18:00", "2026-03-16T08:00"),
        ("2026-03-14T12:00", "2026-03-16T08:00"),
        ("2026-03-15T23:59", "2026-03-16T08:00"),
        ("2026-03-27T19:00", "2026-03-30T08:00"),
        ("2026-10-23T19:00", "2026-10-26T08:00"),
    ],
)
def test_office_hours_wait_over_night_and_over_the_weekend(instant: str, opens: str) -> None:
    assert OFFICE.opens(at(instant), BERLIN) == at(opens)


@pytest.mark.parametrize(
    "instant", ["2026-03-14T00:00", "2026-03-15T23:59:59", "2026-03-29T02:30", "2026-10-25T02:30"]
)
def test_the_whole_day_on_all_days_never_waits(instant: str) -> None:
    assert ALWAYS.opens(at(instant), BERLIN) == at(instant)


@pytest.mark.parametrize(
    ("zone", "opens"),
    [
        ("Asia/Tokyo", "2026-03-12T23:00Z"),
        ("Asia/Kathmandu", "2026-03-13T02:15Z"),
        ("Europe/Berlin", "2026-03-13T07:00Z"),
        ("America/Los_Angeles", "2026-03-12T18:00Z"),
        ("Pacific/Kiritimati", "2026-03-12T18:00Z"),
    ],
)
def test_the_window_is_the_contacts_own(zone: str, opens: str) -> None:
    # A Thursday evening in Europe: in Kiritimati it is Friday morning, in Los Angeles still Thursday.
    assert OFFICE.opens(at("2026-03-12T18:00Z"), ZoneInfo(zone)) == at(opens)


def test_the_weekend_is_the_contacts_own() -> None:
    friday_evening = at("2026-03-13T20:00Z")
    assert OFFICE.opens(friday_evening, ZoneInfo("America/Los_Angeles")) == friday_evening
    assert OFFICE.opens(friday_evening, ZoneInfo("Pacific/Auckland")) == at("2026-03-15T19:00Z")


def test_a_window_that_opens_in_a_gap_opens_behind_it() -> None:
    early = Window(2, 6, workdays_only=False)
    assert early.opens(at("2026-03-29T00:30"), BERLIN) == at("2026-03-29T03:00")


def test_a_window_that_lies_in_a_gap_opens_the_next_day() -> None:
    hidden = Window(2, 3, workdays_only=False)
    assert hidden.opens(at("2026-03-29T00:30"), BERLIN) == at("2026-03-30T02:00")


def test_a_window_in_the_doubled_hour_opens_once_at_the_first_of_the_two() -> None:
    early = Window(2, 4, workdays_only=False)
    assert early.opens(at("2026-10-24T23:30Z"), BERLIN) == at("2026-10-25T00:00Z")
    assert early.shuts(at("2026-10-25T00:30Z"), BERLIN) == at("2026-10-25T03:00Z")


@pytest.mark.parametrize(
    ("window", "instant", "shuts"),
    [
        (OFFICE, "2026-03-10T09:00", "2026-03-10T18:00"),
        (ALWAYS, "2026-03-10T09:00", "2026-03-11T00:00"),
        (ALWAYS, "2026-03-29T00:30", "2026-03-30T00:00"),
        (ALWAYS, "2026-10-25T00:30", "2026-10-26T00:00"),
    ],
)
def test_a_window_shuts_on_the_day_it_opened(window: Window, instant: str, shuts: str) -> None:
    assert window.shuts(at(instant), BERLIN) == at(shuts)


@pytest.mark.parametrize("day_zero", ["2026-03-17T09:00", "2026-10-13T09:00", "2026-06-09T09:00"])
def test_day_14_comes_at_the_same_hour_whatever_the_clocks_do(day_zero: str) -> None:
    due = due_at(at(day_zero), 14, BERLIN, OFFICE).astimezone(BERLIN)
    assert (due.hour, due.minute) == (9, 0)
    assert due.date() - at(day_zero).date() == timedelta(days=14)


def test_across_a_clock_change_day_14_is_an_hour_nearer_or_farther() -> None:
    spring, autumn = at("2026-03-17T09:00"), at("2026-10-13T09:00")
    assert due_at(spring, 14, BERLIN, OFFICE) - spring.astimezone(UTC) == timedelta(days=14, hours=-1)
    assert due_at(autumn, 14, BERLIN, OFFICE) - autumn.astimezone(UTC) == timedelta(days=14, hours=1)


def test_a_touch_that_would_fall_on_a_weekend_waits_for_monday() -> None:
    saturday = at("2026-03-14T09:00")
    assert due_at(saturday, 0, BERLIN, OFFICE) == at("2026-03-16T08:00")
    assert due_at(saturday, 14, BERLIN, OFFICE) == at("2026-03-30T08:00")


def test_in_a_doubled_hour_a_touch_is_due_at_the_first_and_in_a_gap_behind_it() -> None:
    assert due_at(at("2026-10-11T02:30"), 14, BERLIN, ALWAYS) == at("2026-10-25T00:30Z")
    assert due_at(at("2026-03-15T02:30"), 14, BERLIN, ALWAYS) == at("2026-03-29T03:30")


def test_day_zero_is_the_instant_itself_even_in_the_second_of_two_hours() -> None:
    second = at("2026-10-25T01:30Z")
    assert due_at(second, 0, BERLIN, ALWAYS) == second


def test_the_usual_steps_are_mail_mail_call_on_days_0_14_and_21() -> None:
    assert [(step.name, step.channel.value, step.day) for step in USUAL.steps] == [
        ("invitation", "mail", 0),
        ("reminder", "mail", 14),
        ("call", "phone", 21),
    ]


INSTANTS = st.datetimes(
    datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2035-01-01"), timezones=st.just(UTC)
)
WINDOWS = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda hours: hours[0] < hours[1])


@given(
    INSTANTS,
    st.sampled_from(ZONES),
    WINDOWS,
    st.booleans(),
)
def test_a_window_opens_soon_and_on_the_right_day(
    instant: datetime, zone: str, hours: tuple[int, int], workdays_only: bool
) -> None:
    window, where = Window(*hours, workdays_only), ZoneInfo(zone)
    opened = window.opens(instant, where)
    local = opened.astimezone(where)
    assert instant <= opened <= instant + timedelta(days=4)
    assert not workdays_only or local.weekday() < 5
    assert window.opens(opened, where) == opened
    assert window.shuts(opened, where) > opened


@given(INSTANTS, st.sampled_from(ZONES))
def test_the_steps_of_a_cadence_stay_in_order_and_in_office_hours(day_zero: datetime, zone: str) -> None:
    due = [due_at(day_zero, step.day, ZoneInfo(zone), OFFICE) for step in USUAL.steps]
    assert due == sorted(due) and len(set(due)) == len(due)
    assert all(8 <= instant.astimezone(ZoneInfo(zone)).hour < 18 for instant in due)


@pytest.mark.parametrize(
    ("hours", "days", "window"),
    [
        ("08-18", "mon-fri", Window(8, 18)),
        ("00-24", "all", ALWAYS),
        ("9-17", "all", Window(9, 17, workdays_only=False)),
        ("23-24", "mon-fri", Window(23, 24)),
    ],
)
def test_a_window_is_read_from_what_a_person_writes(hours: str, days: str, window: Window) -> None:
    assert read_window(hours, days) == window


@pytest.mark.parametrize(
    "hours", ["", "08", "18-08", "08-08", "08-25", "-1-18", "8:00-18:00", "a-b", "08-18-20", "²-³"]
)
def test_hours_that_are_none_are_refused_with_what_to_write(hours: str) -> None:
    with pytest.raises(Refused, match="08-18"):
        read_window(hours, "all")


@pytest.mark.parametrize("days", ["", "mon-sun", "weekdays", "MON-FRI"])
def test_days_that_are_none_are_refused_with_what_to_write(days: str) -> None:
    with pytest.raises(Refused, match="mon-fri or all"):
        read_window("08-18", days)
