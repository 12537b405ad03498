"""Clocks change, months end, a scheduler stops for days, two run at once: everybody gets theirs, once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.base.clock import system_now
from surveyd.distribution import gaps, waves
from surveyd.distribution.cadence import USUAL, Window
from surveyd.distribution.days_off import Calendars
from surveyd.distribution.models import TouchState
from surveyd.distribution.plans import Plans, Who
from surveyd.distribution.suppressions import opt_out, suppress
from tests.distribution.conftest import Post, answered
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

# Days of 2026 and 2027 on which the clocks change, as the IANA data have it, and what they show before.
CHANGES = (
    ("Europe/London", date(2026, 3, 29)), ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)), ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)), ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Cairo", date(2026, 4, 24)), ("America/St_Johns", date(2027, 3, 14)),
)  # fmt: skip
DAY_OFF_FREE = Calendars({}, ())
OFFICE = Window()


def plan(begins: datetime, zone: str, window: Window = OFFICE) -> list[datetime]:
    """When the usual steps are due for somebody there, as wall clocks."""
    plans = Plans(USUAL, begins, begins + timedelta(days=USUAL.close_day), window, DAY_OFF_FREE, 1)
    where = ZoneInfo(zone)
    return [due.astimezone(where) for _, due in plans.of(Who(1, 1, zone, ""))]


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("before", [1, 13, 14, 20])
def test_whatever_the_clocks_do_it_is_the_same_hour(zone: str, day: date, before: int) -> None:
    first = day - timedelta(days=before)
    begins = datetime(first.year, first.month, first.day, 10, 30, tzinfo=ZoneInfo(zone))
    steps = plan(begins.astimezone(UTC), zone, Window(workdays_only=False))
    assert [(step.hour, step.minute) for step in steps] == [(10, 30)] * 3
    assert [(step.date() - first).days for step in steps] == [0, 14, 21]


BEGINS = st.datetimes(datetime(2026, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(BEGINS, st.sampled_from([zone for zone, _ in CHANGES]))
def test_over_months_ends_and_leap_days_every_step_comes_in_its_order(begins: datetime, zone: str) -> None:
    steps = plan(begins, zone)
    days = [step.date() for step in steps]
    assert len(steps) == 3 and days == sorted(set(days))
    assert all(OFFICE.start <= step.hour < OFFICE.end and step.weekday() < 5 for step in steps)
    assert (days[1] - days[0]).days in range(14, 18) and (days[2] - days[0]).days in range(21, 25)


def test_after_three_days_off_a_person_decides_and_then_everybody_gets_one(
    post: Post, writer: Transaction
) -> None:
    with writer() as session:
        gaps.beat(session, "schedule", now=NOW - timedelta(minutes=1), system_now=system_now())
    later = system_now() + timedelta(days=3)
    post.go_to(NOW + timedelta(days=3))
    with writer() as session:
        assert gaps.hold_after_gap(session, now=post.clock.now(), system_now=later) == 3
        assert gaps.hold_after_gap(session, now=post.clock.now(), system_now=later) == 0
    assert post.release().total == 0
    with writer() as session:
        assert gaps.release_touches(session, now=post.clock.now()) == 3
    assert post.release().messages == 3
    post.go_to(NOW + timedelta(days=14))
    assert post.release().deferred == 3  # the reminder keeps its two weeks from the late invitation
    post.go_to(NOW + timedelta(days=17))
    assert post.release().messages == 3


def test_two_schedulers_at_once_release_each_touch_once(launched: Callable[..., Post]) -> None:
    post = launched()
    for day in (0, 14, 21):
        post.go_to(NOW + timedelta(days=day))
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda _: post.release(), range(8)))
        assert sum(one.messages + one.calls for one in done) == 3
    touches = Counter(touch.state for touch in post.touches().values())
    assert touches == {TouchState.RELEASED: 9}
    assert len(post.messages()) == 6 and len(post.calls()) == 3


def test_what_became_pointless_says_why(post: Post, cast: Cast, writer: Transaction) -> None:
    post.release()
    with writer() as session:
        answered(session, post.invitation(cast.anna.id).id, now=NOW)
        opt_out(session, cast.aziz.id, now=NOW)
        suppress(session, cast.sofie.email, reason="bounced", now=NOW)
    post.go_to(NOW + timedelta(days=14))
    post.release()
    touches = post.touches()
    why = {
        name: touches[f"{one.id} reminder"].reason
        for name, one in (("anna", cast.anna), ("aziz", cast.aziz), ("sofie", cast.sofie))
    }
    assert why == {"anna": "answered", "aziz": "opted_out", "sofie": "bounced"}
    post.go_to(NOW + timedelta(days=36))
    with writer() as session:
        assert waves.close_due(session, now=post.clock.now()) == 1
    assert post.touches()[f"{cast.sofie.id} call"].reason == "wave closed"
