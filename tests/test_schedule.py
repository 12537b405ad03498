"""The schedule: a jump of the clock plays what fell due in its order, and a second run changes nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from surveyd import schedule
from surveyd.base.clock import FileClock
from surveyd.base.services import EXTENSION, Services
from surveyd.distribution import waves
from surveyd.distribution.cadence import Window
from surveyd.distribution.models import Call, CallState, Message, Wave, WaveState
from surveyd.people.models import Contact
from tests.distribution.conftest import make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast
from tests.fixtures.relays import Relay


@pytest.fixture
def jump(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """`jump(instant)` puts the app's clock, now one that may jump, to that instant."""
    house: Services = app.extensions[EXTENSION]
    path = tmp_path / "clock"
    replaying = Services(house.config, FileClock(path), house.bell)
    monkeypatch.setitem(app.extensions, EXTENSION, replaying)

    def to(instant: datetime) -> None:
        path.write_text(instant.isoformat())

    to(NOW)
    return to


def launch(writer: Transaction, **facts: object) -> int:
    with writer() as session:
        wave = make_wave(session, **facts)  # type: ignore[arg-type]  # the caller's keywords
        waves.launch(session, wave, now=NOW, by=None)
        return wave.id


def test_a_tick_does_everything_once(
    app: Flask, jump: Callable[[datetime], None], cast: Cast, writer: Transaction, relay: Relay
) -> None:
    launch(writer)
    counts, trouble = schedule.tick(app)
    assert (counts["prepare"], counts["touches"], counts["sent"], trouble) == (1, 3, 3, None)
    counts, trouble = schedule.tick(app)
    assert (counts["touches"], counts["sent"], trouble) == (0, 0, None)
    assert len(relay.received) == 3


def test_a_jump_over_the_whole_wave_plays_every_step(
    app: Flask, jump: Callable[[datetime], None], cast: Cast, writer: Transaction, relay: Relay
) -> None:
    wave_id = launch(writer)
    jump(NOW + timedelta(days=40))
    schedule.tick(app)
    subjects = [mail.mail["Subject"] for mail in relay.to(cast.anna.email)]
    assert len(subjects) == 2
    with writer() as session:
        assert session.get_one(Wave, wave_id).state is WaveState.CLOSED
        assert (
            session.scalar(select(func.count()).select_from(Call).where(Call.state == CallState.CANCELLED))
            == 3
        )


def test_each_step_is_played_inside_its_window(
    app: Flask, jump: Callable[[datetime], None], cast: Cast, writer: Transaction, relay: Relay
) -> None:
    with writer() as session:
        session.get_one(Contact, cast.anna.id).time_zone = "Asia/Tokyo"
    launch(writer, window=Window())
    # Saturday night in Berlin and Tokyo alike: nothing may go out now, but all of it fell due before.
    jump(datetime(2026, 3, 14, 23, 0, tzinfo=UTC))
    schedule.tick(app)
    assert len(relay.received) == 3
    with writer() as session:
        due = dict(session.execute(select(Message.recipient, Message.due_at)).all())
    assert due[cast.anna.email] == datetime(2026, 3, 10, 23, 0, tzinfo=UTC)  # 08:00 the next day in Tokyo
    assert due[cast.aziz.email] == NOW


def test_without_a_relay_it_says_so_and_nothing_is_lost(
    app: Flask, jump: Callable[[datetime], None], cast: Cast, writer: Transaction, relay: Relay
) -> None:
    launch(writer)
    relay.stop()
    _, trouble = schedule.tick(app)
    assert trouble is not None
    relay.start()
    counts, trouble = schedule.tick(app)
    assert (counts["sent"], trouble) == (3, None)


def test_a_failing_sweep_does_not_stop_the_others(
    app: Flask, services: Services, cast: Cast, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(writer)

    def fail(house: Services, now: datetime) -> int:
        raise RuntimeError("no")

    broken = (schedule.Sweep("broken", "for this test", fail), *schedule.SWEEPS)
    monkeypatch.setattr(schedule, "SWEEPS", broken)
    with app.app_context():
        counts = schedule.sweep_once(services, NOW)
    assert (counts["broken"], counts["touches"]) == (0, 3)
