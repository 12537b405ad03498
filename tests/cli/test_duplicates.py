"""`surveyd duplicates`: list, compare, merge twice, keep apart, by external ids and without names."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import update

from surveyd.cli.duplicates import duplicates
from surveyd.people.models import Contact
from tests.fixtures.apps import Transaction
from tests.fixtures.cast import Cast

Say = Callable[..., Result]


@pytest.fixture
def say(app: Flask, cast: Cast, writer: Transaction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`say(*words)` runs the command where Anna is here twice."""
    monkeypatch.setenv("SURVEYD_DATA", str(tmp_path / "data"))
    with writer() as session:
        aziz = update(Contact).where(Contact.id == cast.aziz.id)
        session.execute(aziz.values(name="Adler, Anna", email=cast.anna.email))

    def run(*words: str) -> Result:
        return CliRunner().invoke(duplicates, list(words), obj=lambda config: app)

    return run


def test_pairs_are_listed_by_ids(say: Say, cast: Cast) -> None:
    assert json.loads(say("list", "--json").output) == []
    said = say("list", "--find", "--json").output
    assert [(one["one"], one["other"]) for one in json.loads(said)] == [("C-adler", "C-ahmed")]
    assert cast.anna.email not in said
    assert "the same e-mail address" in say("list", "--kind", "contact").output
    assert "C-adler" not in say("list", "--kind", "account").output


def test_two_are_merged_once(say: Say, reader: Transaction, cast: Cast) -> None:
    say("list", "--find")
    assert "C-ahmed" in say("compare", "contact", "C-adler", "C-ahmed").output
    for _time in range(2):
        answer = say("merge", "contact", "C-adler", "C-ahmed", "--take", "role")
        assert answer.exit_code == 0
        assert "Fields taken: role." in answer.output
    with reader() as session:
        assert session.get_one(Contact, cast.aziz.id).merged_into_id == cast.anna.id
        assert session.get_one(Contact, cast.anna.id).role.value == "user"
    assert json.loads(say("list", "--json").output) == []


def test_two_stay_two(say: Say) -> None:
    say("list", "--find")
    assert say("apart", "contact", "C-adler", "C-ahmed").output == "C-adler and C-ahmed stay two.\n"
    assert json.loads(say("list", "--find", "--json").output) == []


@pytest.mark.parametrize("gone", ["C-adler", "nobody"])
def test_what_cannot_be_merged_is_refused(say: Say, gone: str) -> None:
    assert say("merge", "contact", "C-adler", gone).exit_code != 0
