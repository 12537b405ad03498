"""Which wave is the one before: the last that asked the same kind of people, on every page that compares."""

import pytest
from sqlalchemy.orm import Session

from surveyd.base.keyset import Wanted
from surveyd.distribution.audience_models import AudiencePlan, Customers
from surveyd.distribution.comparable_waves import wave_before
from surveyd.distribution.last_waves import last_wave
from surveyd.distribution.models import Wave, WaveState
from surveyd.distribution.programs import NewProgram, create_program
from surveyd.people.access import SYSTEM
from surveyd.reports.account import account_view
from surveyd.reports.accounts import account_list
from surveyd.reports.health_reading import health
from surveyd.reports.moved_people import moved_people
from surveyd.results.breakdowns import whole_before
from surveyd.results.slice_comments import slice_comments
from surveyd.results.slices import Slice
from surveyd.results.trend import nps_trend
from surveyd.results.wholes import whole_of
from tests.distribution.test_shown_waves import launched
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave, relational

LAPSED, TRIGGERED = "2026-lapsed", "relationship-triggered-2026-{month:02d}"


@pytest.fixture
def asking(session: Session) -> Asking:
    """A wave of active customers, others after it, and a last one of active customers, all answered."""
    first = open_wave(session, NOW)
    first.answer(first.ask(first.people.anna.id), UNHAPPY)
    first.wave.state = WaveState.CLOSED
    for day, slug in enumerate((LAPSED, *(TRIGGERED.format(month=month) for month in range(1, 10))), 1):
        other = launched(first, slug, days=day)
        if slug == LAPSED:
            lapsed = AudiencePlan(wave_id=other.wave.id, customers=Customers.LAPSED, seed=1, changed_at=NOW)
            session.add(lapsed)
        other.answer(other.ask(first.people.aziz.id), HAPPY)
        other.wave.state = WaveState.CLOSED
    last = launched(first, "2026H2", days=180)
    last.answer(last.ask(first.people.anna.id), HAPPY)
    last.wave.state = WaveState.CLOSED
    session.flush()
    return last


def before(asking: Asking, slug: str) -> str:
    [wave] = whole_of(asking.session, Slice(waves=(slug,)), scope=SYSTEM).waves
    found = wave_before(asking.session, wave.id, program_id=wave.program_id, day_zero=wave.day_zero)
    return found.slug if found else ""


@pytest.mark.parametrize(
    ("slug", "found"),
    [
        ("2026H1", ""),
        ("2026H2", "2026H1"),
        (LAPSED, ""),
        ("relationship-triggered-2026-01", ""),
        ("relationship-triggered-2026-05", "relationship-triggered-2026-04"),
    ],
)
def test_a_wave_is_compared_with_the_last_of_its_kind(asking: Asking, slug: str, found: str) -> None:
    assert before(asking, slug) == found


def test_another_lapsed_wave_is_compared_with_the_lapsed_one(asking: Asking) -> None:
    later = launched(asking, "2027-lapsed", days=200)
    asking.session.add(
        AudiencePlan(wave_id=later.wave.id, customers=Customers.LAPSED, seed=1, changed_at=NOW)
    )
    asking.session.flush()

    assert before(asking, "2027-lapsed") == LAPSED


def test_another_program_is_no_past_and_a_cancelled_wave_is_none(asking: Asking) -> None:
    facts = NewProgram("pulse", "Example Works", "Eva", "survey@company.test", "reply@company.test")
    program = create_program(asking.session, facts, questionnaire=relational(), now=NOW)
    other = launched(asking, "pulse-1", days=170)
    other.wave.program_id = program.id
    launched(asking, "stopped", days=175).wave.state = WaveState.CANCELLED
    asking.session.flush()

    assert before(asking, "2026H2") == "2026H1"
    assert before(asking, "pulse-1") == ""


def test_of_two_waves_of_one_day_the_later_made_comes_after(asking: Asking) -> None:
    launched(asking, "2026H3", days=180)

    assert before(asking, "2026H3") == "2026H2"
    assert before(asking, "2026H2") == "2026H1"


def test_every_page_compares_with_that_wave(asking: Asking) -> None:
    session, cut = asking.session, Slice()

    page = health(session, cut, scope=SYSTEM, now=NOW)
    whole = whole_of(session, cut, scope=SYSTEM)
    old = whole_before(session, whole, scope=SYSTEM)
    comments = slice_comments(session, cut, scope=SYSTEM)
    accounts = account_list(session, scope=SYSTEM, now=NOW)
    moved = moved_people(session, scope=SYSTEM, wanted=Wanted(sort="name"))

    assert page and [point.wave for point in page.points] == ["2026H1", "2026H2"]
    assert page.before and page.before.wave == "2026H1" and page.moved_people
    assert page.moved_people.at("truly_loyal", "truly_loyal").count == 0, "Aziz is of the others alone"
    assert old and [wave.slug for wave in old.waves] == ["2026H1"]
    assert comments.before_wave and comments.before_wave.slug == "2026H1"
    assert (accounts.wave, accounts.before) == ("2026H2", "2026H1")
    assert moved and (moved.since, moved.wave, moved.total) == ("2026H1", "2026H2", 1)
    assert [one.wave for one in nps_trend(session, asking.program.id, scope=SYSTEM)] == ["2026H1", "2026H2"]


def test_an_account_went_quiet_after_the_wave_that_compares(asking: Asking) -> None:
    session, people = asking.session, asking.people
    later = launched(asking, "2027H1", days=360)
    later.ask(people.aziz.id)
    later.answer(later.ask(people.sofie.id), HAPPY)
    later.wave.state = WaveState.CLOSED
    session.flush()

    view = account_view(session, people.nordwind, scope=SYSTEM, now=NOW)
    chosen = account_list(
        session, scope=SYSTEM, now=NOW, wanted=Wanted(sort="name", filters={"since": LAPSED})
    )

    assert view.wave == "2027H1" and "went_quiet" in [one.flag for one in view.standing.flags]
    assert chosen.before == LAPSED, "who asks for another wave gets it"


def test_a_new_wave_is_held_against_and_starts_from_the_last_of_its_kind(asking: Asking) -> None:
    session = asking.session
    launched(asking, "2027-lapsed", days=200).wave.state = WaveState.CLOSED
    session.add(
        AudiencePlan(
            wave_id=session.query(Wave).filter_by(slug="2027-lapsed").one().id,
            customers=Customers.LAPSED,
            seed=1,
            changed_at=NOW,
        )
    )
    new = launched(asking, "2027H1", days=360).wave
    new.state = WaveState.SCHEDULED
    session.flush()

    last = last_wave(session, new, now=NOW)

    assert last and last.slug == "2026H2"
