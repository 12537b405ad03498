"""`surveyd calendar`: proposals accepted, moved and dropped; days on which nobody is asked."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from surveyd.cli.calendars import calendar
from surveyd.distribution import waves
from surveyd.distribution.calendar_models import Blackout, Holiday
from surveyd.distribution.models import Wave, WaveState
from surveyd.distribution.recurring import Rhythm, propose_waves, set_rhythm
from tests.distribution.conftest import make_wave
from tests.fixtures.apps import NOW, Transaction

Say = Callable[..., Result]


@pytest.fixture
def say(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: Transaction) -> Say:
    """`say(*words)` runs `surveyd calendar`; a program proposes waves in May and November."""
    monkeypatch.setenv("SURVEYD_DATA", str(tmp_path / "data"))
    with writer() as session:
        wave = make_wave(session, "before")
        waves.cancel(session, wave, now=NOW)
        program = waves.program_of(session, wave)
        set_rhythm(session, program, Rhythm(date(2026, 5, 4), 2), by=None, now=NOW)
        propose_waves(session, now=NOW)
    return lambda *words: CliRunner().invoke(calendar, list(words), obj=lambda config: app)


def shown(say: Say, year: str = "2026") -> dict[str, list[dict[str, object]]]:
    return json.loads(say("show", year, "--json").stdout)  # type: ignore[no-any-return]  # JSON


def test_a_proposal_becomes_a_wave_and_is_none_any_more(say: Say, reader: Transaction) -> None:
    first, second = shown(say)["proposals"]
    assert (first["nominal_day"], second["nominal_day"]) == ("2026-05-04", "2026-11-04")

    said = say("accept", str(first["proposal"]), "spring")

    assert said.exit_code == 0 and "The wave spring is scheduled." in said.stdout
    assert [one["proposal"] for one in shown(say)["proposals"]] == [second["proposal"]]
    assert [one["wave"] for one in shown(say)["waves"]] == ["spring"]
    with reader() as session:
        assert session.scalars(select(Wave.state).where(Wave.slug == "spring")).one() is WaveState.SCHEDULED
    assert say("accept", str(first["proposal"]), "again").exit_code != 0


def test_it_is_moved_and_dropped(say: Say) -> None:
    number = str(shown(say)["proposals"][0]["proposal"])

    assert "is on 2026-05-12 now" in say("move", number, "2026-05-12").stdout
    assert str(shown(say)["proposals"][0]["begins"]).startswith("2026-05-12")
    assert say("drop", number, "--reason", "Too many fairs").exit_code == 0
    assert number not in [str(one["proposal"]) for one in shown(say)["proposals"]]
    assert say("move", "999", "2026-05-12").exit_code != 0


def test_a_blackout_moves_what_is_proposed_and_is_lifted(say: Say, reader: Transaction) -> None:
    said = say("black-out", "Fair", "2026-05-01", "2026-05-10", "--reason", "Everybody is there")

    assert said.stdout.startswith("Nobody is asked from 2026-05-01 to 2026-05-10.")
    [period] = shown(say)["blackouts"]
    assert (period["name"], period["reason"], period["program"]) == ("Fair", "Everybody is there", "")
    assert str(shown(say)["proposals"][0]["begins"]).startswith("2026-05-11")
    assert say("lift", str(period["id"])).exit_code == 0
    with reader() as session:
        assert session.scalars(select(Blackout)).all() == []
    assert say("black-out", "Fair", "2026-05-10", "2026-05-01").exit_code != 0
    assert say("black-out", "Fair", "soon", "2026-05-01").exit_code == 2
    assert say("lift", str(period["id"])).exit_code != 0


def test_the_year_and_the_holidays_are_told(say: Say, writer: Transaction) -> None:
    with writer() as session:
        session.add(Holiday(country="ZZ", day=date(2026, 5, 1), name="Labour Day"))

    plain = say("show", "2026").stdout
    assert "Waves: 0" in plain and "Proposals: 2" in plain and "Blackout periods: 0" in plain
    assert "Labour Day" in say("holidays", "zz", "2026").stdout
    assert "None are kept" in say("holidays", "ZZ", "2031").stdout
    assert json.loads(say("holidays", "zz", "2026", "--json").stdout)["country"] == "ZZ"
