"""Days on which nobody is asked: holidays where the contact is, and blackout periods of ours."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution import blackouts, stale, waves
from surveyd.distribution.blackouts import NewBlackout, add_blackout, behind_blackouts, remove_blackout
from surveyd.distribution.cadence import MOST_DAYS_OFF, DaysOff, Window, due_at
from surveyd.distribution.calendar_models import Holiday
from surveyd.distribution.days_off import calendars, days_off_of, keep_holidays
from surveyd.distribution.models import Program, Wave
from surveyd.people.models import Account
from tests.distribution.conftest import Post, make_wave
from tests.distribution.test_cadence import INSTANTS, ZONES
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Window()
GOOD_FRIDAY = date(2026, 4, 3)


def add(session: Session, program: Program | None, first: date, last: date) -> int:
    """A blackout from `first` to `last`."""
    facts = NewBlackout(first, last, "audit", "nobody has time")
    return add_blackout(session, program, facts, by=None, now=NOW, system_now=system_now())


def test_a_holiday_and_the_weekend_behind_it_are_waited_for() -> None:
    off = DaysOff(frozenset({GOOD_FRIDAY, date(2026, 4, 6)}))
    thursday_evening = datetime(2026, 4, 2, 19, tzinfo=BERLIN)
    assert OFFICE.opens(thursday_evening, BERLIN, off) == datetime(2026, 4, 7, 8, tzinfo=BERLIN)


def test_a_holiday_is_the_day_there_not_here() -> None:
    off = DaysOff(frozenset({GOOD_FRIDAY}))
    window = Window(0, 24, workdays_only=False)
    still_thursday = datetime(2026, 4, 3, 1, tzinfo=BERLIN)
    assert window.opens(still_thursday, ZoneInfo("America/New_York"), off) == still_thursday
    assert window.opens(still_thursday, BERLIN, off) == datetime(2026, 4, 4, tzinfo=BERLIN)


def test_days_off_without_end_hold_nobody_for_ever() -> None:
    off = DaysOff(periods=((date(2020, 1, 1), date(2040, 1, 1)),))
    opened = OFFICE.opens(NOW, BERLIN, off)
    assert MOST_DAYS_OFF <= opened.date() - NOW.date() < MOST_DAYS_OFF + timedelta(days=5)


@given(INSTANTS, st.sampled_from(ZONES), st.integers(0, 90), st.sets(st.integers(0, 99), max_size=40))
def test_no_touch_is_due_on_a_day_off(day_zero: datetime, zone: str, day: int, gaps: set[int]) -> None:
    where = ZoneInfo(zone)
    first = day_zero.astimezone(where).date()
    off = DaysOff(frozenset(first + timedelta(days=gap) for gap in gaps))
    due = due_at(day_zero, day, where, OFFICE, off)
    local = due.astimezone(where)
    assert not off.has(local.date()) and local.weekday() < 5
    # The day itself may be over there; each one between was off.
    wanted = first + timedelta(days=day + 1)
    between = [wanted + timedelta(days=passed) for passed in range((local.date() - wanted).days)]
    assert all(off.has(passed) or passed.weekday() >= 5 for passed in between)


class TestHolidays:
    def test_those_of_our_countries_are_kept_and_a_second_look_finds_nothing_to_do(
        self, cast: Cast, session: Session
    ) -> None:
        assert keep_holidays(session, now=NOW) == 3 * len(countries(session))
        assert keep_holidays(session, now=NOW) == 0
        kept = session.scalars(
            select(Holiday.name).where(Holiday.country == "DE", Holiday.day == GOOD_FRIDAY)
        )
        assert kept.all() == ["Good Friday"]

    def test_the_year_that_comes_into_sight_is_kept_too(self, cast: Cast, session: Session) -> None:
        keep_holidays(session, now=NOW)
        assert keep_holidays(session, now=NOW + timedelta(days=365)) == len(countries(session))

    def test_a_country_that_nobody_knows_has_none(self, cast: Cast, session: Session) -> None:
        session.get_one(Account, cast.nordwind).country = "XX"
        keep_holidays(session, now=NOW)
        assert keep_holidays(session, now=NOW) == 0
        assert days_off_of(session, None, "XX", since=NOW) == DaysOff()

    def test_small_letters_are_the_same_country(self, cast: Cast, session: Session) -> None:
        keep_holidays(session, now=NOW)
        assert calendars(session, since=NOW).of(None, "de").has(GOOD_FRIDAY)

    def test_nobody_is_touched_on_one(
        self, launched: Callable[..., Post], cast: Cast, writer: Transaction
    ) -> None:
        with writer() as session:
            session.get_one(Account, cast.nordwind).country = "DE"
            session.get_one(Account, cast.sudwerk).country = "JP"
        post = launched(window=OFFICE)
        post.go_to(datetime(2026, 4, 29, 9, tzinfo=UTC))
        with writer() as session:
            waves.cancel(session, session.get_one(Wave, post.wave_id), now=post.clock.now())
        golden_week = launched(slug="w2", window=OFFICE, rest_days=0)
        touches = golden_week.touches()
        assert touches[f"{cast.anna.id} invitation"].due_at == datetime(2026, 4, 29, 9, tzinfo=UTC)
        # The 29th is a holiday in Japan, although Sofie herself lives in the zone of Berlin.
        assert touches[f"{cast.sofie.id} invitation"].due_at == datetime(2026, 4, 30, 6, tzinfo=UTC)
        # Her reminder keeps its distance from her own first day.
        assert touches[f"{cast.sofie.id} reminder"].due_at == datetime(2026, 5, 14, 6, tzinfo=UTC)


def countries(session: Session) -> set[str]:
    """Where our accounts are."""
    return set(session.scalars(select(func.upper(Account.country)).where(Account.country != "")))


class TestBlackouts:
    def test_what_is_due_in_one_waits_until_it_is_over(
        self, post: Post, cast: Cast, writer: Transaction
    ) -> None:
        with writer() as session:
            add(session, None, date(2026, 3, 9), date(2026, 3, 12))
        assert post.release().deferred == 3
        post.go_to(datetime(2026, 3, 12, 23, tzinfo=UTC))
        assert post.release().messages == 3

    def test_it_holds_at_once_for_mails_that_have_not_begun(self, post: Post, writer: Transaction) -> None:
        post.release()
        with writer() as session:
            add(session, None, date(2026, 3, 10), date(2026, 3, 10))
        with writer() as session:
            assert stale.replan_stale(session, now=NOW, system_now=system_now()) == 3
        assert {row.due_at for row in post.messages().values()} == {datetime(2026, 3, 10, 23, tzinfo=UTC)}

    def test_another_programs_is_no_matter(self, post: Post, writer: Transaction) -> None:
        with writer() as session:
            other = waves.program_of(session, make_wave(session, "other"))
            add(session, other, date(2026, 3, 9), date(2026, 3, 12))
        assert post.release().messages == 3

    def test_a_wave_that_is_launched_in_one_begins_behind_it(
        self, launched: Callable[..., Post], cast: Cast, writer: Transaction
    ) -> None:
        with writer() as session:
            add(session, None, date(2026, 3, 1), date(2026, 3, 31))
        post = launched()
        with writer() as session:
            wave = session.get_one(Wave, post.wave_id)
            assert wave.day_zero == datetime(2026, 4, 1, 9, tzinfo=UTC)
            assert wave.closes_at == datetime(2026, 5, 6, 9, tzinfo=UTC)
            assert behind_blackouts(session, waves.program_of(session, wave), wave.day_zero) == wave.day_zero
        assert len(post.touches()) == 9

    def test_removed_it_holds_no_longer(self, post: Post, writer: Transaction) -> None:
        with writer() as session:
            blackout = add(session, None, date(2026, 3, 9), date(2026, 3, 12))
            remove_blackout(session, blackout, by=None, now=NOW)
            with pytest.raises(NotFound):
                remove_blackout(session, blackout, by=None, now=NOW)
        assert post.release().messages == 3

    @pytest.mark.parametrize(
        ("first", "last", "name", "told"),
        [
            (date(2026, 4, 2), date(2026, 4, 1), "audit", "ends before it begins"),
            (date(2026, 1, 1), date(2026, 4, 3), "audit", "at most three months"),
            (date(2026, 1, 1), date(2026, 1, 1), "  ", "Give the period a name"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, session: Session, first: date, last: date, name: str, told: str
    ) -> None:
        with pytest.raises(Refused, match=told):
            add_blackout(
                session, None, NewBlackout(first, last, name), by=None, now=NOW, system_now=system_now()
            )
        assert blackouts.list_blackouts(session, first=date.min, last=date.max) == []
