"""Which wave is shown unasked: one that has something to say about all customers."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from surveyd.base.keyset import Wanted
from surveyd.distribution.audience_models import AudiencePlan, Customers
from surveyd.distribution.models import Wave, WaveState
from surveyd.distribution.shown_waves import ENOUGH, offered_waves
from surveyd.people.access import SYSTEM
from surveyd.reports.accounts import account_list
from surveyd.results.slices import Slice
from surveyd.results.wholes import waves_of
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, Asking, open_wave

AT_RISK: dict[str, int | str] = {"recommend": 0, "satisfied": 1, "better": 1, "renew": 1}


@pytest.fixture
def asking(session: Session) -> Asking:
    asking = open_wave(session, NOW)
    asking.answer(asking.ask(asking.people.anna.id), AT_RISK)
    asking.wave.state = WaveState.CLOSED
    session.flush()
    return asking


def launched(asking: Asking, slug: str, *, days: int = 1) -> Asking:
    day = NOW + timedelta(days=days)
    wave = Wave(
        program_id=asking.program.id,
        slug=slug,
        version_id=asking.wave.version_id,
        state=WaveState.OPEN,
        scheduled_at=day,
        day_zero=day,
    )
    asking.session.add(wave)
    asking.session.flush()
    return Asking(asking.session, day, asking.program, wave, asking.people)


def shown(asking: Asking) -> str:
    asking.session.flush()
    [wave] = waves_of(asking.session, Slice())
    offered = offered_waves(asking.session)
    assert offered.shown is not None
    assert offered.shown.slug == wave.slug
    return wave.slug


def test_a_wave_that_was_just_launched_leaves_pages_as_they_were(asking: Asking) -> None:
    before = account_list(asking.session, scope=SYSTEM, now=NOW)
    launched(asking, "2026H2")

    found = account_list(asking.session, scope=SYSTEM, now=NOW)
    chosen = account_list(asking.session, scope=SYSTEM, now=NOW, wanted=Wanted(filters={"wave": "2026H2"}))

    assert (found.wave, found.title, found.newer) == ("2026H1", before.title, "2026H2")
    assert (found.at_risk, chosen.wave, chosen.newer) == (1, "2026H2", "")


def test_an_open_wave_takes_over_with_enough_answers(asking: Asking) -> None:
    later = launched(asking, "2026H2")
    for number in range(ENOUGH - 1):
        later.answer(later.ask_somebody(number), HAPPY)
    assert shown(asking) == "2026H1"

    later.answer(later.ask_somebody(ENOUGH), HAPPY)

    assert shown(asking) == "2026H2"


def test_a_closed_wave_takes_over_with_any_answer_and_not_without(asking: Asking) -> None:
    later = launched(asking, "2026H2")
    invitation = later.ask_somebody(1)
    later.wave.state = WaveState.CLOSED
    assert shown(asking) == "2026H1"

    later.wave.state = WaveState.OPEN
    later.answer(invitation, HAPPY)
    later.wave.state = WaveState.CLOSED

    assert shown(asking) == "2026H2"


@pytest.mark.parametrize("slug", ["2026-lapsed", "relationship-triggered-2026-03"])
def test_waves_of_lapsed_customers_and_of_events_never_take_over(asking: Asking, slug: str) -> None:
    later = launched(asking, slug)
    if slug == "2026-lapsed":
        plan = AudiencePlan(wave_id=later.wave.id, customers=Customers.LAPSED, seed=1, changed_at=NOW)
        asking.session.add(plan)
    for number in range(ENOUGH):
        later.answer(later.ask_somebody(number), HAPPY)
    assert offered_waves(asking.session).under_way("2026H1") is None
    later.wave.state = WaveState.CLOSED

    assert shown(asking) == "2026H1"


def test_without_an_answer_anywhere_it_is_the_last_that_was_launched(session: Session) -> None:
    assert offered_waves(session).shown is None
    asking = open_wave(session, NOW)
    launched(asking, "2026H2")

    assert shown(asking) == "2026H2"


def test_the_shown_wave_is_offered_however_many_came_after(asking: Asking) -> None:
    for number in range(3):
        launched(asking, f"later-{number}", days=number + 1)

    offered = offered_waves(asking.session, most=2)

    assert (offered.names, offered.place) == (("later-2", "2026H1"), 1)


def test_monthly_waves_of_events_push_none_of_the_calendar_out(asking: Asking) -> None:
    launched(asking, "2026H2")
    for month in range(1, 5):
        launched(asking, f"relationship-triggered-2027-0{month}", days=30 * month)

    offered = offered_waves(asking.session, most=2)
    everything = waves_of(asking.session, Slice(since=(NOW - timedelta(days=1)).date()))

    events = ("relationship-triggered-2027-04", "relationship-triggered-2027-03")
    assert offered.names == (*events, "2026H2", "2026H1")
    assert (offered.place, len(everything)) == (3, 6)


def test_a_long_period_keeps_the_waves_of_the_calendar(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    for month in range(1, 5):
        launched(asking, f"relationship-triggered-2027-0{month}", days=30 * month)
    monkeypatch.setattr("surveyd.results.wholes.MOST_WAVES", 2)

    found = waves_of(asking.session, Slice(since=(NOW - timedelta(days=1)).date()))

    assert [wave.slug for wave in found] == ["2026H1", *(f"relationship-triggered-2027-0{n}" for n in (3, 4))]
