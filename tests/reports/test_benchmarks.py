"""Figures of others beside ours: what may be said of each, and what may not."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.people.access import SYSTEM, Reach, Scope
from surveyd.reports.benchmarks import MEASURES, NAMES, Benchmarks, benchmarks, benchmarks_of
from surveyd.results.outside import NewFigure, keep_figures
from surveyd.results.outside_models import Measure
from surveyd.results.peers import DIMENSIONS
from surveyd.scoring.trend import Direction
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, Asking, open_wave

FIGURE = NewFigure(Measure.NPS, "Others", 0, None, "A report", date(2026, 1, 31))


@pytest.fixture
def asking(session: Session) -> Asking:
    """Twelve happy customers of fourteen people asked, and figures of others."""
    found = open_wave(session, NOW)
    for number in range(12):
        found.answer(found.ask_somebody(number), HAPPY | {"easy": 5})
    found.ask(found.people.anna.id)
    found.ask(found.people.sofie.id)
    figures = [
        FIGURE,
        replace(FIGURE, tenths=995),
        replace(FIGURE, measure=Measure.EASE, tenths=1000),
        replace(FIGURE, measure=Measure.RESPONSE_RATE, tenths=300),
    ]
    keep_figures(session, figures, by=None, now=NOW)
    return found


def read(asking: Asking, **wish: str) -> Benchmarks:
    found = benchmarks(asking.session, scope=SYSTEM, **wish)  # type: ignore[arg-type]  # the words of an address
    assert found
    return found


def test_every_measure_and_dimension_has_its_name() -> None:
    assert set(MEASURES) == {measure.value for measure in Measure}
    assert set(NAMES) == set(DIMENSIONS)


def test_ours_stands_beside_theirs_with_its_interval(asking: Asking) -> None:
    found = {(row.line.figure.measure, row.line.value): row for row in read(asking).outside}

    assert found[Measure.NPS, 0.0].verdict is Direction.UP
    assert found[Measure.NPS, 99.5].verdict is Direction.STEADY
    assert found[Measure.EASE, 100.0].verdict is Direction.STEADY
    counted = found[Measure.RESPONSE_RATE, 30.0]
    assert counted.verdict is Direction.NONE
    assert counted.ours and counted.ours.interval is None
    assert (round(counted.ours.value, 1), counted.ours.base) == (85.7, 14)


def test_too_few_of_ours_carry_no_verdict(asking: Asking) -> None:
    found = benchmarks(asking.session, scope=Scope(Reach.REGION, 1, "North"))

    assert found
    assert {row.verdict for row in found.outside} == {Direction.NONE}
    assert [row.ours.value for row in found.outside if row.ours] == [0.0], "nobody of one has answered"
    assert found.title == "NPS —: no past wave to hold it against yet"


def test_what_there_is_not_is_not_found(asking: Asking) -> None:
    for wish in ({"wave": "none"}, {"dimension": "mood"}):
        with pytest.raises(NotFound):
            read(asking, **wish)


def test_the_health_page_has_no_parts(asking: Asking) -> None:
    found = benchmarks_of(asking.session, asking.wave, scope=SYSTEM)

    assert (found.held.parts, found.wave, len(found.outside)) == ((), "2026H1", 4)
    assert found.title == "NPS +100: no past wave to hold it against yet"


def test_before_the_first_wave_there_is_nothing(session: Session) -> None:
    assert benchmarks(session, scope=SYSTEM) is None
