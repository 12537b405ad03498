"""The score over the waves of a program."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from surveyd.distribution.models import Program, Wave, WaveState
from surveyd.people.access import NOBODY, SYSTEM
from surveyd.results.trend import nps_trend
from surveyd.results.trend_points import History, trend_of
from surveyd.scoring.estimates import Contrast
from surveyd.scoring.nps import Base, Counts
from surveyd.scoring.weighting import Weighting, weighted
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking
from tests.fixtures.voices import voices, waves_of

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
    for number in range(30):
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
    assert [point.change for point in trend_of(waves_of(*counts))] == changes


def test_few_answers_that_show_no_change_are_no_verdict() -> None:
    _, few = trend_of([voices(1, [10, 3] * 14), voices(2, [10, 3] * 14)])
    _, enough = trend_of([voices(1, [10, 3] * 15), voices(2, [10, 3] * 15)])

    assert (few.change, enough.change) == ("", "steady")


def test_the_same_people_are_looked_at_apart_from_all() -> None:
    """Who stayed says the same; the score falls since others answer now."""
    first = voices(1, [10] * 60, range(60))
    second = voices(2, [10] * 30 + [3] * 30, range(30, 90))

    _, point = trend_of([first, second])

    assert point.change == "down"
    assert point.panel and (point.panel.people, point.panel.change) == (30, "steady")
    assert isinstance(point.panel.contrast, Contrast) and point.panel.contrast.value == 0


def test_the_same_people_show_a_smaller_change_than_others_would() -> None:
    """What a person thinks of us lasts: the two waves of one person covary, and the difference is surer."""
    before = [10, 8, 3, 9, 7] * 20
    now = [rating + 1 if rating in (8, 9) else rating for rating in before]
    _, twice = trend_of([voices(1, before, range(100)), voices(2, now, range(100))])
    _, others = trend_of([voices(1, before), voices(2, now)])

    assert (twice.change, others.change) == ("up", "steady")
    assert twice.detectable and others.detectable and twice.detectable < others.detectable


def test_what_could_have_been_seen_is_said() -> None:
    """With 895 answers of variance 0.57 in each of two waves, 10 points show four times of five."""
    counts = Counts(134, 269, 492)
    _, point = trend_of(waves_of(counts, counts))

    assert point.detectable == pytest.approx(0.10, abs=0.005)


@pytest.mark.parametrize(
    ("last", "history"),
    [
        (Counts(100, 150, 250), History.WITHIN),
        (Counts(20, 80, 400), History.ABOVE),
        (Counts(300, 100, 100), History.BELOW),
        (Counts(3, 0, 2), History.NONE),
    ],
)
def test_a_wave_is_held_against_its_own_history_from_the_fourth_on(last: Counts, history: History) -> None:
    usual = [Counts(100, 150, 250), Counts(105, 150, 245), Counts(95, 150, 255)]

    points = trend_of(waves_of(*usual, last))

    assert [point.history for point in points[:3]] == [History.NONE] * 3
    assert points[-1].history is history


def test_weights_move_the_scores_and_what_they_are_sure_of() -> None:
    """One account with thirty happy voices, and twenty others with one unhappy voice each."""
    ratings, accounts = [10] * 30 + [3] * 20, [1] * 30 + [*range(2, 22)]
    wave = voices(1, ratings, accounts=accounts)

    (plain,) = trend_of([wave])
    (alike,) = trend_of([wave], weigh=lambda of, ids: weighted(of, Weighting.ACCOUNT))

    assert plain.nps.value == pytest.approx(0.2)
    assert alike.nps.value == pytest.approx(-19 / 21)


def test_more_answers_take_no_more_statements(asking: Asking, session: Session, statements: Collect) -> None:
    asking.answer(asking.ask_somebody(1), HAPPY)
    nps_trend(session, asking.program.id, scope=SYSTEM)
    with statements() as few:
        nps_trend(session, asking.program.id, scope=SYSTEM)
    for number in range(2, 10):
        asking.answer(asking.ask_somebody(number), HAPPY)

    with statements() as many:
        (point,) = nps_trend(session, asking.program.id, scope=SYSTEM)

    assert point.nps.counts.n == 9
    assert len(many) == len(few)
