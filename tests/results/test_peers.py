"""A wave against its own past and its parts against their peers; places are not compared with each other."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Wave, WaveState
from surveyd.people.access import SYSTEM, Reach, Scope
from surveyd.people.models import Account
from surveyd.results.peers import Held, hold
from surveyd.results.wholes import wave_name
from surveyd.scoring.estimates import Contrast, Estimate
from surveyd.scoring.trend import Against, Comparison, Direction
from surveyd.scoring.unsaid import Reason, Unsaid
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, Asking

LOW: dict[str, int | str] = {"recommend": 2}
HIGH: dict[str, int | str] = {"recommend": 10}


def later(asking: Asking, number: int) -> Asking:
    """Another wave of the program."""
    wave = Wave(
        program_id=asking.program.id,
        slug=f"wave-{number}",
        version_id=asking.wave.version_id,
        state=WaveState.OPEN,
        scheduled_at=NOW,
        day_zero=NOW + timedelta(days=180 * number),
        closes_at=NOW + timedelta(days=180 * number + 35),
    )
    asking.session.add(wave)
    asking.session.flush()
    return Asking(asking.session, NOW, asking.program, wave, asking.people, {})


def answered(asking: Asking, numbers: Sequence[int], said: dict[str, int | str]) -> None:
    for number in numbers:
        asking.answer(asking.ask_somebody(number), said)


def facts(session: Session, numbers: Sequence[int], **of: str) -> None:
    for account in session.scalars(select(Account)):
        if account.external_id in {f"ACC-{number}" for number in numbers}:
            for name, value in of.items():
                setattr(account, name, value)
    session.flush()


def held(session: Session, waves: Sequence[Asking], dimension: str = "", scope: Scope = SYSTEM) -> Held:
    names = [wave_name(one.wave) for one in waves]
    return hold(session, names, scope=scope, dimension=dimension)


@pytest.fixture
def two_tiers(asking: Asking, session: Session) -> Asking:
    """Twenty customers of tier A recommend us, twenty of tier B do not."""
    answered(asking, range(20), HIGH)
    answered(asking, range(20, 40), LOW)
    answered(asking, range(40, 42), HIGH)
    answered(asking, range(42, 44), LOW)
    facts(session, range(20), tier="A", country="DE", region="North")
    facts(session, range(20, 40), tier="B", country="FR", region="North")
    facts(session, range(40, 44), tier="C", country="IT", region="South")
    return asking


def test_the_parts_are_held_against_everybody_else(two_tiers: Asking, session: Session) -> None:
    found = held(session, [two_tiers], "tier")

    parts = {part.name: part for part in found.parts}
    assert [*parts] == ["A", "B", "C"]
    a, b, c = parts["A"].peers, parts["B"].peers, parts["C"].peers
    assert isinstance(a, Contrast) and isinstance(b, Contrast)
    assert (round(a.value, 3), round(b.value, 3)) == (round(1 + 20 / 24, 3), round(-1 - 20 / 24, 3))
    assert (parts["A"].of_peers, parts["B"].of_peers) == (Direction.UP, Direction.DOWN)
    assert isinstance(c, Unsaid) and c.reason is Reason.TOO_FEW_ANSWERS
    assert parts["C"].of_peers is Direction.NONE


@pytest.mark.parametrize("dimension", ["country", "region"])
def test_places_are_held_against_their_own_past_alone(
    two_tiers: Asking, session: Session, dimension: str
) -> None:
    found = held(session, [two_tiers], dimension)

    assert len(found.parts) > 1
    assert {part.peers for part in found.parts} == {None}
    assert {part.of_peers for part in found.parts} == {Direction.NONE}


def test_without_a_past_there_is_no_verdict(two_tiers: Asking, session: Session) -> None:
    found = held(session, [two_tiers])

    assert found.past == Unsaid(Reason.TOO_FEW_WAVES, "a comparison with the past", 0, 1)
    assert (found.of_past, found.parts, found.earlier) == (Direction.NONE, (), ())
    assert found.figures.counts.n == 44


def test_a_wave_that_leaves_its_past_behind(asking: Asking, session: Session) -> None:
    waves = [asking, *(later(asking, number) for number in range(1, 4))]
    for place, wave in enumerate(waves[:-1]):
        answered(wave, range(100 * place, 100 * place + 10), HIGH)
        answered(wave, range(100 * place + 10, 100 * place + 20), LOW)
    answered(waves[-1], range(300, 320), LOW)
    facts(session, [*range(420)], tier="A")

    found = held(session, waves, "tier")

    assert isinstance(found.past, Comparison)
    assert (found.past.against, found.past.waves) == (Against.HISTORY, 3)
    assert found.past.change == pytest.approx(-1, abs=0.01)
    assert found.of_past is Direction.DOWN
    assert [one.wave for one in found.earlier] == ["2026H1", "wave-1", "wave-2"]
    assert all(isinstance(one.score, Estimate) and one.score.value == 0 for one in found.earlier)
    [part] = found.parts
    assert part.of_past is Direction.DOWN
    assert isinstance(part.peers, Unsaid), "there is nobody else"


def test_too_few_ratings_have_no_verdict(asking: Asking, session: Session) -> None:
    second = later(asking, 1)
    answered(asking, range(20), HIGH)
    answered(second, range(100, 105), LOW)

    found = held(session, [asking, second], "tier")

    assert isinstance(found.past, Unsaid) and (found.past.found, found.past.needed) == (5, 10)
    assert {part.of_past for part in found.parts} == {Direction.NONE}


def test_a_leader_sees_the_parts_of_the_region(two_tiers: Asking, session: Session) -> None:
    two_tiers.answer(two_tiers.ask(two_tiers.people.anna.id), HAPPY)
    north = Scope(Reach.REGION, 1, "North")

    found = held(session, [two_tiers], "country", north)

    assert {part.name for part in found.parts} == {"DE", "FR"}
    assert sum(part.counts.n for part in found.parts) == found.figures.counts.n == 41
    assert held(session, [two_tiers], "tier", Scope(Reach.NOTHING)).parts == ()


def test_only_the_largest_parts_are_shown(asking: Asking, session: Session) -> None:
    answered(asking, range(45), HIGH)
    for number in range(45):
        facts(session, [number], product_line=f"line {number:02}")

    found = held(session, [asking], "product_line")

    assert (len(found.parts), found.left_out) == (40, 5)


def test_there_is_a_wave_to_hold(session: Session) -> None:
    with pytest.raises(ValueError, match="no wave"):
        hold(session, [], scope=SYSTEM)
