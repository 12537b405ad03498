"""`surveyd wave statement|seal|verify`: what a wave came to, by command."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from surveyd.base.errors import Refused
from surveyd.cli.waves import wave
from surveyd.distribution import waves
from surveyd.responses.models import Response
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import UNHAPPY, open_wave

Say = Callable[..., Result]


@pytest.fixture
def say(app: Flask, writer: Transaction) -> Say:
    """`say(command, *words)` runs a command of `surveyd wave` for a wave that one of two has answered."""
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
        asking.ask(asking.people.sofie.id)

    def run(*words: str) -> Result:
        return CliRunner().invoke(wave, list(words), obj=lambda config: app)

    return run


def test_a_wave_is_sealed_and_checked(say: Say, writer: Transaction) -> None:
    assert isinstance(say("seal", "2026H1").exception, Refused)
    with writer() as session:
        waves.close_due(session, now=NOW + timedelta(days=60))

    told = json.loads(say("statement", "2026H1", "--json").stdout)
    assert (sum(told["standings"].values()), told["invited"], told["total"]) == (2, 2, 2)
    assert "2  invited in all" in say("statement", "2026H1").stdout
    assert "2 contacts, 1 answers" in say("seal", "2026H1").stdout
    assert isinstance(say("seal", "2026H1").exception, Refused)
    kept = say("verify", "2026H1")
    assert kept.exit_code == 0 and "as it was sealed" in kept.stdout

    with writer() as session:
        response = session.query(Response).one()
        response.answers = response.answers | {"recommend": 10}
    changed = say("verify", "2026H1", "--json")
    facts = json.loads(changed.stdout)
    assert (facts["holds"], facts["places"], facts["answers"]) == (False, True, False)
    assert facts["sealed"] != facts["now"]
    assert "Answers: changed, 1 then and 1 now." in say("verify", "2026H1").stdout
