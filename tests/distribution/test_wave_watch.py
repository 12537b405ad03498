"""`surveyd wave watch`: lines where there is no terminal, one for each change, until nothing is due."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from surveyd.cli import wave_watch
from surveyd.cli.waves import wave
from surveyd.distribution import waves
from surveyd.distribution.models import Wave
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.relays import Relay

Say = Callable[..., Result]


@pytest.fixture
def say(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`say(*words)` runs `surveyd wave watch`."""
    monkeypatch.setenv("SURVEYD_DATA", str(tmp_path / "data"))
    return lambda *words: CliRunner().invoke(wave, ["watch", *words], obj=lambda config: app)


def test_it_says_how_the_mails_get_on(say: Say, post: Post, relay: Relay) -> None:
    post.release()
    assert say("w1", "--once").stdout == ("w1 open: invitation 0 of 3, 0 a minute, 3 owed, 0 answered\n")

    post.drain()

    # All of a step is out: what is shown is the step that comes next.
    assert say("w1").stdout == "w1 open: reminder 0 of 3, 180 a minute, 0 owed, 0 answered\n"
    told = json.loads(say("w1", "--json").stdout)
    assert (told["step"], told["done"], told["due"], told["owed"]) == ("reminder", 0, 0, 0)
    assert say("nowhere").exit_code != 0


def test_it_goes_on_until_nothing_is_due(
    say: Say, post: Post, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.release()
    monkeypatch.setattr(wave_watch, "PAUSE", 0.0)
    looks: list[wave_watch.Look] = []
    look = wave_watch._look

    def look_and_send(*facts: object) -> wave_watch.Look:
        if len(looks) == 2:
            post.drain()
        looks.append(look(*facts))  # type: ignore[arg-type]  # as it is called
        return looks[-1]

    monkeypatch.setattr(wave_watch, "_look", look_and_send)

    lines = say("w1").stdout.splitlines()

    # Three looks, the first two alike: a line for each change.
    assert len(looks) == 3 and [line.split(",")[0] for line in lines] == [
        "w1 open: invitation 0 of 3",
        "w1 open: reminder 0 of 3",
    ]


def test_a_paused_wave_is_watched_on_and_a_cancelled_one_is_over(
    say: Say, post: Post, writer: Transaction
) -> None:
    post.release()
    with writer() as session:
        waves.pause(session, session.get_one(Wave, post.wave_id), now=NOW)
    assert json.loads(say("w1", "--json").stdout)["state"] == "paused"
    with writer() as session:
        found = session.get_one(Wave, post.wave_id)
        waves.cancel(session, found, now=NOW)
        assert waves.status(session, found).paused == ""
    assert say("w1").stdout.startswith("w1 cancelled: ")
