"""`surveyd wave confirm|confirmation`: contacts are confirmed before a wave, by command."""

import json
from datetime import timedelta

from click.testing import CliRunner, Result
from flask import Flask

from surveyd.base.errors import NotFound, Refused
from surveyd.cli.waves import wave
from surveyd.distribution import contact_marks
from surveyd.distribution.confirmation_models import WhyExcluded
from surveyd.distribution.waves import find_wave
from surveyd.people.access import SYSTEM
from tests.distribution.conftest import make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

UNTIL = (NOW.date() + timedelta(days=9)).isoformat()


def test_a_round_is_begun_changed_and_looked_at(app: Flask, writer: Transaction, cast: Cast) -> None:
    def say(*words: str) -> Result:
        return CliRunner().invoke(wave, list(words), obj=lambda config: app)

    with writer() as session:
        make_wave(session)
    assert isinstance(say("confirmation", "w1").exception, NotFound)
    assert say("confirm", "w1", "--until", "soon").exit_code == 2
    assert "2 account managers are asked" in say("confirm", "w1", "--until", UNTIL).stdout
    assert isinstance(say("confirm", "w1", "--until", UNTIL).exception, Refused)
    later = (NOW.date() + timedelta(days=11)).isoformat()
    assert later in say("confirm", "w1", "--until", later, "--remind", "", "--change").stdout
    with writer() as session:
        contact_marks.exclude(
            session,
            find_wave(session, "w1"),
            cast.anna.id,
            why=WhyExcluded.TALKS,
            words="",
            scope=SYSTEM,
            by=cast.mona.id,
            now=NOW,
        )
    told = json.loads(say("confirmation", "w1", "--json").stdout)
    assert (told["until"], told["phase"], told["remind_at"]) == (later, "runs", None)
    states = {line["manager"]: (line["excluded"], line["state"], line["choice"]) for line in told["managers"]}
    assert states == {
        cast.mona.email: (1, "began", "too_few"),
        cast.milo.email: (0, "asked", ""),
    }
    assert [line["contact"] for line in told["left_out"]] == ["C-adler"]
    assert "too_few" in say("confirmation", "w1").stdout
