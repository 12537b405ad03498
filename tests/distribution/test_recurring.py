"""Waves that propose themselves, and what a person makes of them."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution import recurring, waves
from surveyd.distribution.blackouts import NewBlackout, add_blackout
from surveyd.distribution.calendar_models import Proposal, ProposalState
from surveyd.distribution.models import Program, Wave, WaveState
from surveyd.distribution.proposals import ProposalLine, list_proposals
from surveyd.distribution.recurring import (
    Rhythm,
    accept_proposal,
    drop_proposal,
    move_proposal,
    propose_waves,
    rhythm_of,
    set_rhythm,
)
from tests.distribution.conftest import make_wave
from tests.fixtures.apps import NOW

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def program(session: Session) -> Program:
    """A program whose only wave was cancelled."""
    wave = make_wave(session, "before")
    waves.cancel(session, wave, now=NOW)
    made = waves.program_of(session, wave)
    made.time_zone = "Europe/Berlin"
    return made


def proposed(session: Session) -> list[ProposalLine]:
    """What waits for a person's word."""
    return list_proposals(session, first=date.min, last=date.max)


def recur(session: Session, program: Program, first: date, per_year: int = 2) -> list[ProposalLine]:
    """Let the program ask from a day on; returns what it proposes at once."""
    set_rhythm(session, program, Rhythm(first, per_year), by=None, now=NOW)
    return proposed(session)


def test_the_waves_of_a_year_propose_themselves_once(session: Session, program: Program) -> None:
    found = recur(session, program, date(2026, 4, 1))
    assert [(one.day, one.begins) for one in found] == [
        (date(2026, 4, 1), datetime(2026, 4, 1, 9, tzinfo=BERLIN)),
        (date(2026, 10, 1), datetime(2026, 10, 1, 9, tzinfo=BERLIN)),
    ]
    assert propose_waves(session, now=NOW) == 0
    assert propose_waves(session, now=NOW + timedelta(days=60)) == 1
    assert [one.day for one in proposed(session)][-1] == date(2027, 4, 1)


def test_a_wave_moves_out_of_weekends_and_blackouts(session: Session, program: Program) -> None:
    saturday = date(2026, 8, 1)
    assert [one.day for one in recur(session, program, saturday, 1)] == [date(2026, 8, 3)]
    facts = NewBlackout(date(2026, 7, 20), date(2026, 8, 13), "summer")
    add_blackout(session, None, facts, by=None, now=NOW, system_now=system_now())
    assert propose_waves(session, now=NOW) == 1
    found = proposed(session)[0]
    assert (found.day, found.was_shifted) == (date(2026, 8, 14), True)
    assert propose_waves(session, now=NOW) == 0


def test_where_a_wave_stands_already_none_is_proposed(session: Session, program: Program) -> None:
    at = datetime(2026, 10, 8, 9, tzinfo=BERLIN)
    waves.schedule_wave(session, program, "autumn", at=at, now=NOW)
    assert [one.day for one in recur(session, program, date(2026, 4, 1))] == [date(2026, 4, 1)]


def test_a_wave_scheduled_by_hand_takes_the_place_of_its_proposal(session: Session, program: Program) -> None:
    assert len(recur(session, program, date(2026, 4, 1))) == 2
    wave = waves.schedule_wave(
        session, program, "autumn", at=datetime(2026, 10, 8, 9, tzinfo=BERLIN), now=NOW
    )

    assert (propose_waves(session, now=NOW), propose_waves(session, now=NOW)) == (1, 0)
    assert [one.day for one in proposed(session)] == [date(2026, 4, 1)]

    waves.cancel(session, wave, now=NOW)
    propose_waves(session, now=NOW)
    assert [one.day for one in proposed(session)] == [date(2026, 4, 1), date(2026, 10, 1)]


def test_accepted_it_is_a_scheduled_wave_and_is_decided(session: Session, program: Program) -> None:
    first, *_ = recur(session, program, date(2026, 4, 1))
    wave = accept_proposal(session, first.id, slug=first.slug, by=None, now=NOW)
    assert (wave.slug, wave.state) == ("program-before-2026-04", WaveState.SCHEDULED)
    assert wave.scheduled_at == datetime(2026, 4, 1, 9, tzinfo=BERLIN)
    for again in (
        lambda: accept_proposal(session, first.id, slug="other", by=None, now=NOW),
        lambda: drop_proposal(session, first.id, reason="", by=None, now=NOW),
        lambda: move_proposal(session, first.id, day=date(2026, 5, 5), by=None, now=NOW),
    ):
        with pytest.raises(Refused, match="already"):
            again()
    assert propose_waves(session, now=NOW) == 0
    assert session.scalar(select(func.count()).select_from(Wave)) == 2


def test_dropped_it_does_not_come_back(session: Session, program: Program) -> None:
    first, second = recur(session, program, date(2026, 4, 1))
    drop_proposal(session, first.id, reason=" trade fair ", by=None, now=NOW)
    assert propose_waves(session, now=NOW) == 0
    assert [one.id for one in recur(session, program, date(2026, 4, 1))] != [first.id, second.id]
    kept = session.get_one(Proposal, first.id)
    assert (kept.state, kept.reason) == (ProposalState.DROPPED, "trade fair")
    assert [one.day for one in proposed(session)] == [date(2026, 10, 1)]


def test_moved_it_stays_there(session: Session, program: Program) -> None:
    first, *_ = recur(session, program, date(2026, 4, 1))
    facts = NewBlackout(date(2026, 6, 1), date(2026, 6, 5), "audit")
    add_blackout(session, program, facts, by=None, now=NOW, system_now=system_now())
    for day, told in (
        (date(2026, 6, 3), "blackout"),
        (date(2026, 6, 6), "weekend"),
        (date(2026, 3, 10), "after today"),
    ):
        with pytest.raises(Refused, match=told):
            move_proposal(session, first.id, day=day, by=None, now=NOW)
    move_proposal(session, first.id, day=date(2026, 4, 15), by=None, now=NOW)
    assert propose_waves(session, now=NOW) == 0
    assert next((one.day, one.moved) for one in proposed(session)) == (date(2026, 4, 15), True)
    with pytest.raises(NotFound):
        move_proposal(session, 999, day=date(2026, 4, 15), by=None, now=NOW)


def test_a_program_that_no_longer_recurs_proposes_nothing(session: Session, program: Program) -> None:
    recur(session, program, date(2026, 4, 1))
    set_rhythm(session, program, None, by=None, now=NOW)
    assert proposed(session) == [] and rhythm_of(session, program.id) is None
    assert not recurring.lacks_proposals(session)


@pytest.mark.parametrize(
    ("rhythm", "told"),
    [
        (Rhythm(date(2026, 4, 1), 5), "waves a year"),
        (Rhythm(date(2026, 4, 1), 0), "waves a year"),
        (Rhythm(date(2026, 4, 1), 2, 24), "full hour"),
        (Rhythm(date(2036, 4, 1), 2), "within two years"),
    ],
)
def test_a_rhythm_that_cannot_be_is_refused(
    session: Session, program: Program, rhythm: Rhythm, told: str
) -> None:
    with pytest.raises(Refused, match=told):
        set_rhythm(session, program, rhythm, by=None, now=NOW)


def test_the_end_of_a_month_and_the_leap_day_come_again() -> None:
    assert [Rhythm(date(2027, 8, 31), 2).day(number) for number in range(4)] == [
        date(2027, 8, 31), date(2028, 2, 29), date(2028, 8, 31), date(2029, 2, 28),
    ]  # fmt: skip
    assert [Rhythm(date(2028, 2, 29), 1).day(number) for number in (1, 4)] == [
        date(2029, 2, 28), date(2032, 2, 29),
    ]  # fmt: skip


FIRST_DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))


@given(FIRST_DAYS, st.sampled_from(recurring.TIMES_A_YEAR), st.integers(0, 60))
def test_a_year_later_it_is_the_same_day_of_the_same_month(first: date, per_year: int, number: int) -> None:
    rhythm = Rhythm(first, per_year)
    day, later = rhythm.day(number), rhythm.day(number + per_year)
    assert (later.year, later.month) == (day.year + 1, day.month)
    assert day.day == min(first.day, monthrange(day.year, day.month)[1])
    assert len(rhythm.days(day - timedelta(days=1), later - timedelta(days=1))) == per_year
