"""`surveyd outbox recount`: the sums that pages show, held against the rows and mended."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import update

from surveyd.cli.outbox import outbox
from surveyd.distribution.tally_models import Tally, TallyKind
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import open_wave

Say = Callable[..., Result]


@pytest.fixture
def say(app: Flask, writer: Transaction) -> Say:
    """`say(*words)` runs the command beside a wave that asks somebody."""
    with writer() as session:
        wave = open_wave(session, NOW)
        wave.ask_somebody(1)
        wave.ask_somebody(2)
    return lambda *words: CliRunner().invoke(outbox, list(words), obj=lambda config: app)


def test_right_sums_are_left(say: Say) -> None:
    assert say("recount").stdout.startswith("All sums are right.")
    assert json.loads(say("recount", "--json").stdout)["mended"] == []


def test_a_wrong_sum_is_told_and_mended_once(say: Say, writer: Transaction) -> None:
    with writer() as session:
        session.connection().exec_driver_sql("DELETE FROM tally_changes")
        session.execute(update(Tally).where(Tally.kind == TallyKind.INVITATION.value).values(number=7))
    found = json.loads(say("recount", "--json").stdout)["mended"]
    told = say("recount").stdout

    assert {one["kind"] for one in found} >= {"invitation"}
    assert told.startswith("All sums are right.")
