"""Few people of one account a day, and mails that keep their distance, whatever stops and starts again."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.distribution import gaps, waves
from surveyd.distribution.cadence import USUAL, Window
from surveyd.distribution.crowds import Crowd, daily_limit, local_day, set_daily_limit
from surveyd.distribution.days_off import Calendars
from surveyd.distribution.models import Exclusion, Invitation, Touch, Wave, WaveState
from surveyd.distribution.plans import Plans, Who
from surveyd.people.models import Contact
from tests.distribution.conftest import Post, make_wave
from tests.distribution.test_cadence import INSTANTS, ZONES
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

BERLIN = ZoneInfo("Europe/Berlin")


def people(session: Session, account_id: int, count: int) -> list[int]:
    """So many more contacts of one account."""
    made = [
        Contact(
            external_id=f"X-{number}", account_id=account_id, name=f"X {number}",
            email=f"x{number}@nordwind.test", phone="+4915112345678", time_zone="Europe/Berlin",
            created_at=NOW, updated_at=NOW,
        )
        for number in range(count)
    ]  # fmt: skip
    session.add_all(made)
    session.flush()
    return [one.id for one in made]


@pytest.fixture
def limited(post: Post, writer: Transaction, cast: Cast) -> Callable[..., Post]:
    """`limited(people, limit)` is a launched wave with so many more people at Nordwind."""

    def launch(count: int, limit: int) -> Post:
        with writer() as session:
            waves.cancel(session, session.get_one(Wave, post.wave_id), now=NOW)
            people(session, cast.nordwind, count)
            wave = make_wave(session, "w2", window=Window())
            set_daily_limit(session, waves.program_of(session, wave), limit, by=None, now=NOW)
            waves.launch(session, wave, now=NOW, by=None)
            mine = replace(post, wave_id=wave.id)
        mine.prepare()
        return mine

    return launch


def by_day(post: Post, account_id: int) -> Iterator[tuple[str, Counter[date]]]:
    """Of each step: how many people of the account it is due for on each day."""
    with post.reader() as session:
        rows = session.execute(
            select(Touch.step, func.coalesce(Touch.released_at, Touch.due_at))
            .join(Invitation, Invitation.id == Touch.invitation_id)
            .where(Invitation.account_id == account_id, Touch.wave_id == post.wave_id)
        ).all()
    for step in {row[0] for row in rows}:
        yield step, Counter(local_day(at, BERLIN) for name, at in rows if name == step)


def test_the_people_of_one_account_are_spread_over_working_days(
    limited: Callable[..., Post], cast: Cast
) -> None:
    post = limited(8, 3)
    steps = dict(by_day(post, cast.nordwind))
    days = [date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12), date(2026, 3, 13)]
    assert steps["invitation"] == {days[0]: 3, days[1]: 3, days[2]: 3, days[3]: 1}
    assert steps["reminder"] == {
        day + timedelta(days=14): count for day, count in steps["invitation"].items()
    }
    assert dict(by_day(post, cast.sudwerk))["invitation"] == {days[0]: 1}


def test_whom_no_day_is_left_for_is_left_out_and_listed(
    limited: Callable[..., Post], cast: Cast, writer: Transaction
) -> None:
    post = limited(30, 1)
    with writer() as session:
        left_out = select(Exclusion.rule, func.count()).where(Exclusion.wave_id == post.wave_id)
        assert [tuple(row) for row in session.execute(left_out.group_by(Exclusion.rule))] == [
            ("no_day_left", 22)
        ]
        asked = select(func.count()).where(Invitation.wave_id == post.wave_id)
        # Ten working days, then the days belong to the reminders of those who were asked first.
        assert session.scalar(asked) == 10 + 1


def test_what_piles_up_while_nothing_runs_is_spread_again(
    limited: Callable[..., Post], cast: Cast, writer: Transaction
) -> None:
    post = limited(6, 2)
    post.go_to(NOW + timedelta(days=3))  # a Friday
    with writer() as session:
        gaps.release_touches(session, now=post.clock.now())
    assert post.release().messages == 3  # two of Nordwind, one of Südwerk
    assert post.release().total == 0
    for day in (6, 7, 8):  # from Monday on
        post.go_to(NOW + timedelta(days=day))
        assert post.release().messages == 2
        assert post.release().total == 0
    assert dict(by_day(post, cast.nordwind))["invitation"] == {
        date(2026, 3, day): 2 for day in (13, 16, 17, 18)
    }


def test_a_late_invitation_pushes_the_reminder_back(post: Post, cast: Cast, writer: Transaction) -> None:
    with writer() as session:
        wave = session.get_one(Wave, post.wave_id)
        waves.pause(session, wave, now=NOW)
    post.go_to(NOW + timedelta(days=10))
    with writer() as session:
        waves.resume(session, session.get_one(Wave, post.wave_id))
    assert post.release().messages == 3
    post.go_to(NOW + timedelta(days=14))
    assert post.release().deferred == 3
    # Day 24 is Good Friday, and the window of this program opens on every other day.
    assert post.touches()[f"{cast.anna.id} reminder"].due_at == datetime(2026, 4, 4, tzinfo=BERLIN)
    post.go_to(NOW + timedelta(days=25))
    assert post.release().messages == 3


def test_an_invitation_and_a_reminder_that_are_both_late_do_not_come_together(post: Post) -> None:
    post.go_to(NOW + timedelta(days=15))
    first = post.release()
    assert (first.messages, first.deferred) == (3, 3)
    assert {key.split()[1] for key in post.messages()} == {"invitation"}


def test_two_waves_at_the_same_moment_never_ask_one_person_twice(
    post: Post, writer: Transaction, cast: Cast
) -> None:
    with writer() as session:
        waves.cancel(session, session.get_one(Wave, post.wave_id), now=NOW)
        people(session, cast.nordwind, 60)
        twins = [make_wave(session, slug) for slug in ("left", "right", "middle")]
        for wave in twins:
            waves.launch(session, wave, now=NOW, by=None)
        both = [replace(post, wave_id=wave.id) for wave in twins]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda one: one.prepare(), both))
    with writer() as session:
        asked = select(Invitation.contact_id, func.count().label("times")).where(
            Invitation.wave_id.in_([one.wave_id for one in both])
        )
        times = Counter(row.times for row in session.execute(asked.group_by(Invitation.contact_id)))
        assert times == {1: 63}
        states = session.scalars(select(Wave.state).where(Wave.id.in_([one.wave_id for one in both])))
        assert set(states) == {WaveState.OPEN}
        out = select(func.count()).where(Exclusion.rule == "rested")
        assert session.scalar(out) == 2 * 63


@pytest.mark.parametrize("people", [0, -1, 1001])
def test_a_limit_that_is_none_is_refused(session: Session, people: int) -> None:
    program = waves.program_of(session, make_wave(session))
    with pytest.raises(Refused, match="from 1 to 1,000"):
        set_daily_limit(session, program, people, by=None, now=NOW)
    set_daily_limit(session, program, 2, by=None, now=NOW)
    assert daily_limit(session, program.id) == 2
    set_daily_limit(session, program, None, by=None, now=NOW)
    set_daily_limit(session, program, None, by=None, now=NOW)
    assert daily_limit(session, program.id) is None


WHO = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(ZONES)), min_size=1, max_size=30)


@given(INSTANTS, WHO, st.integers(1, 4))
def test_a_plan_keeps_the_limit_the_distance_and_its_order(
    begins: datetime, crowd: list[tuple[int, str]], limit: int
) -> None:
    def plans() -> Plans:
        closes = begins + timedelta(days=USUAL.close_day)
        return Plans(USUAL, begins, closes, Window(), Calendars({}, ()), 1, limit, Crowd())

    whole = [Who(number, account, zone, "") for number, (account, zone) in enumerate(crowd)]
    one, again = plans(), plans()
    found = [one.of(who) for who in whole]
    assert found == [again.of(who) for who in whole]
    days: Counter[tuple[int, date]] = Counter()
    for who, plan in zip(whole, found, strict=True):
        zone = ZoneInfo(who.time_zone)
        local = [local_day(due, zone) for _, due in plan]
        days.update((who.account_id, day) for day in local)
        assert all(day.weekday() < 5 for day in local)
        assert local == sorted(set(local))
        assert all(due >= begins for _, due in plan)
        for (step, _), day in zip(plan[1:], local[1:], strict=True):
            assert (day - local[0]).days >= step.day
    assert max(days.values(), default=0) <= limit
