"""The schedule: a jump of the clock plays what fell due in its order, and a second run changes nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd import schedule
from surveyd.base.clock import FileClock
from surveyd.base.services import EXTENSION, Services
from surveyd.closed_loop.models import Letter, LetterState
from surveyd.distribution import waves
from surveyd.distribution.cadence import Window
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.models import Message, Wave, WaveState
from surveyd.people.models import Contact, StaffRole, Upload, User
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


def two_waves(session: Session) -> list[int]:
    """Two waves whose ledgers are to be written."""
    made = make_wave(session)
    found = [
        Wave(
            program_id=made.program_id, slug=slug, version_id=made.version_id, state=WaveState.PREPARING,
            scheduled_at=NOW, launched_at=NOW, day_zero=NOW, closes_at=NOW,
        )
        for slug in ("first", "second")
    ]  # fmt: skip
    session.add_all(found)
    session.flush()
    return [one.id for one in found]


def two_letters(session: Session) -> list[int]:
    """Two letters on their way."""
    found = [
        Letter(wave_id=wave_id, state=LetterState.SENDING, created_at=NOW, updated_at=NOW)
        for wave_id in two_waves(session)
    ]
    session.add_all(found)
    session.flush()
    return [one.id for one in found]


def two_uploads(session: Session) -> list[int]:
    """Two files that no worker has taken."""
    admin = session.scalars(select(User.id).where(User.role == StaffRole.ADMIN).limit(1)).one()
    found = [
        Upload(kind="accounts", name=name, size=1, lines=1, content=b"x", by_id=admin, at=NOW, asked_at=NOW)
        for name in ("first.csv", "second.csv")
    ]
    session.add_all(found)
    session.flush()
    return [one.id for one in found]


@pytest.mark.parametrize(
    ("sweep", "work", "two"),
    [
        (schedule.prepare_waves, "prepare_wave", two_waves),
        (schedule.send_letters, "send_letter", two_letters),
        (schedule.work_on_uploads, "work_on_any", two_uploads),
    ],
)
def test_one_that_fails_does_not_stop_the_others_of_its_sweep(  # noqa: PLR0917  # fixtures, by name
    app: Flask,
    services: Services,
    cast: Cast,
    writer: Transaction,
    monkeypatch: pytest.MonkeyPatch,
    sweep: Callable[[Services, datetime], int],
    work: str,
    two: Callable[[Session], list[int]],
) -> None:
    with writer() as session:
        first, second = sorted(two(session))
    done = []

    def fail_first(one: int) -> None:
        if one == first:
            raise RuntimeError("no")
        done.append(one)

    monkeypatch.setattr(schedule, work, fail_first)
    with app.app_context():
        assert sweep(services, NOW) == 1
    assert done == [second]
