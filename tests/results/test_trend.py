"""The score over the waves of a program."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from surveyd.distribution.models import Program, Wave, WaveState
from surveyd.people.access import NOBODY, SYSTEM
from surveyd.results.trend import changes_of, nps_trend
from surveyd.scoring import nps
from surveyd.scoring.nps import Base, Counts
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking

Collect = Callable[[], AbstractContextManager[list[str]]]


def add_wave(asking: Asking, slug: str, *, day: int, state: WaveState = WaveState.OPEN) -> Asking:
    wave = Wave(
        program_id=asking.program.id,
        slug=slug,
        version_id=asking.wave.version_id,
        state=state,
        scheduled_at=NOW,
        day_zero=NOW + timedelta(days=day),
        closes_at=NOW + timedelta(days=day + 35),
    )
    asking.session.add(wave)
    asking.session.flush()
    return Asking(asking.session, NOW, asking.program, wave, asking.people)


def test_a_program_without_a_wave_has_no_trend(session: Session) -> None:
    assert nps_trend(session, 4711, scope=SYSTEM) == ()


def test_one_wave_is_a_point_without_a_verdict(asking: Asking, session: Session) -> None:
    (point,) = nps_trend(session, asking.program.id, scope=SYSTEM)

    assert (point.wave, point.nps.value, point.nps.base, point.change) == ("2026H1", None, Base.NONE, "")


def test_waves_come_oldest_first_with_what_became_of_the_score(asking: Asking, session: Session) -> None:
    later, last = add_wave(asking, "2026H2", day=180), add_wave(asking, "2027H1", day=360)
    for number in range(20):
        asking.answer(asking.ask_somebody(number), HAPPY)
        later.answer(later.ask_somebody(100 + number), UNHAPPY)
        last.answer(last.ask_somebody(200 + number), UNHAPPY)

    found = nps_trend(session, asking.program.id, scope=SYSTEM)

    assert [(point.wave, point.nps.shown, point.change) for point in found] == [
        ("2026H1", "+100", ""),
        ("2026H2", "\N{MINUS SIGN}100", "down"),
        ("2027H1", "\N{MINUS SIGN}100", "steady"),
    ]
    interval = found[0].nps.interval
    assert interval and interval.low < interval.high
    assert all(point.nps.counts.n == 0 for point in nps_trend(session, asking.program.id, scope=NOBODY))


def test_a_trend_ends_where_it_is_asked_to_and_leaves_cancelled_waves_out(
    asking: Asking, session: Session
) -> None:
    add_wave(asking, "cancelled", day=100, state=WaveState.CANCELLED)
    second = add_wave(asking, "2026H2", day=180).wave
    add_wave(asking, "2026H2-again", day=180)

    def slugs(**wanted: object) -> list[str]:
        found = nps_trend(session, asking.program.id, scope=SYSTEM, **wanted)  # type: ignore[arg-type]
        return [point.wave for point in found]

    assert slugs() == ["2026H1", "2026H2", "2026H2-again"]
    assert slugs(until=second) == ["2026H1", "2026H2"]
    assert slugs(most=2) == ["2026H2", "2026H2-again"]


def test_other_programs_are_left_out(asking: Asking, session: Session) -> None:
    other = Program(
        slug="other",
        version_id=asking.program.version_id,
        company="Example Works",
        sender_name="Eva",
        sender="survey@company.test",
        reply_to="reply@company.test",
        created_at=NOW,
    )
    session.add(other)
    session.flush()

    assert nps_trend(session, other.id, scope=SYSTEM) == ()


@pytest.mark.parametrize(
    ("counts", "changes"),
    [
        ([], []),
        ([Counts(0, 0, 40)], [""]),
        ([Counts(0, 0, 40), Counts(40, 0, 0), Counts(0, 0, 40)], ["", "down", "up"]),
        ([Counts(0, 0, 40), Counts(1, 0, 39)], ["", "steady"]),
        # Nine people carry no verdict, whatever they say; the wave after them has none either.
        ([Counts(0, 0, 40), Counts(9, 0, 0), Counts(40, 0, 0)], ["", "", ""]),
        # Alone the step would be one (p = 0.036); beside three that are none it is not.
        ([Counts(30, 30, 40), Counts(18, 30, 52)], ["", "up"]),
        ([Counts(30, 30, 40)] * 4 + [Counts(18, 30, 52)], ["", *["steady"] * 4]),
    ],
)
def test_a_change_is_one_only_where_the_numbers_carry_it(counts: list[Counts], changes: list[str]) -> None:
    assert changes_of([nps.summary(one) for one in counts]) == changes


def test_more_waves_take_no_more_statements(asking: Asking, session: Session, statements: Collect) -> None:
    for number in range(5):
        wave = add_wave(asking, f"wave-{number}", day=10 * number)
        wave.answer(wave.ask_somebody(number), HAPPY)

    with statements() as said:
        assert len(nps_trend(session, asking.program.id, scope=SYSTEM)) == 6
    assert len(said) == 2
