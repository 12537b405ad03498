"""One wave's figures."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy.orm import Session

from surveyd.people.access import SYSTEM, scope_of
from surveyd.people.models import User
from surveyd.results.rollups import wave_figures
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Base, Counts
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, Asking

Collect = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def answered(asking: Asking) -> Asking:
    """Anna (decision maker) is unhappy, Aziz is happy, Sofie was asked and is silent."""
    people = asking.people
    asking.answer(asking.ask(people.anna.id), UNHAPPY | {"easy": 2})
    asking.answer(asking.ask(people.aziz.id), HAPPY | {"easy": 5})
    asking.ask(people.sofie.id)
    return asking


def test_a_wave_in_figures(answered: Asking, session: Session) -> None:
    found = wave_figures(session, answered.wave.id, scope=SYSTEM)

    assert (found.invited, found.answered) == (3, 2)
    assert found.response_rate == pytest.approx(2 / 3)
    assert found.nps.counts == Counts(detractors=1, promoters=1)
    assert found.nps.value == 0
    assert (found.nps.base, found.nps.invited) == (Base.COUNTS, 3)
    assert found.segments == dict.fromkeys(Segment, 0) | {Segment.TRAPPED: 1, Segment.TRULY_LOYAL: 1}
    assert (found.attitude, found.ease) == (62.5, 62.5)


def test_a_census_has_no_width(asking: Asking, session: Session) -> None:
    for number in range(12):
        asking.answer(asking.ask_somebody(number), CONTENT if number % 2 else HAPPY)
    found = wave_figures(session, asking.wave.id, scope=SYSTEM)

    assert found.nps.interval is not None
    assert (found.nps.interval.low, found.nps.interval.high) == (0.5, 0.5)
    assert (found.nps.shown, found.nps.base) == ("+50", Base.LOW)


@pytest.mark.parametrize("wave_id", [None, 4711])
def test_an_empty_wave_says_nothing(asking: Asking, session: Session, wave_id: int | None) -> None:
    found = wave_figures(session, wave_id or asking.wave.id, scope=SYSTEM)

    assert (found.invited, found.answered, found.response_rate) == (0, 0, None)
    assert (found.nps.value, found.nps.interval, found.nps.shown) == (None, None, "—")
    assert (found.attitude, found.intent, found.ease) == (None, None, None)
    assert sum(found.segments.values()) == 0


def test_who_gave_no_rating_answered_all_the_same(asking: Asking, session: Session) -> None:
    asking.answer(asking.ask(asking.people.anna.id), {"satisfied": 3})
    found = wave_figures(session, asking.wave.id, scope=SYSTEM)

    assert (found.answered, found.nps.counts.n, found.segments[Segment.UNCLASSIFIED]) == (1, 0, 1)


@pytest.mark.parametrize(
    ("who", "invited", "answered_by"),
    [
        ("mona", 2, 2),
        ("milo", 1, 0),
        ("leader", 2, 2),
        ("executive", 3, 2),
        ("outsider", 0, 0),
        ("support", 0, 0),
    ],
)
def test_everybody_sums_what_they_may_see(
    answered: Asking, session: Session, who: str, invited: int, answered_by: int
) -> None:
    scope = scope_of(session.get_one(User, getattr(answered.people, who).id))
    found = wave_figures(session, answered.wave.id, scope=scope)

    assert (found.invited, found.answered) == (invited, answered_by)


def test_more_accounts_take_no_more_statements(asking: Asking, session: Session, statements: Collect) -> None:
    for number in range(30):
        asking.answer(asking.ask_somebody(number), HAPPY)

    with statements() as said:
        assert wave_figures(session, asking.wave.id, scope=SYSTEM).answered == 30
    assert len(said) == 3
