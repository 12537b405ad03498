"""`surveyd policy`: from a file to the version in force, every step by its command."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from flask import Flask
from jsonschema import Draft202012Validator

from surveyd.base.errors import BadFile, NotFound, Refused
from surveyd.cli.policies import policy
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, open_wave

Say = Callable[..., Result]


@pytest.fixture
def say(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`say(*words)` runs the command in a folder in which harder.yaml stands."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner().invoke(policy, list(words), obj=lambda config: app)

    text = run("export").stdout.replace("cut: 62.5", "cut: 80").replace("The first rule", "Harder")
    Path("harder.yaml").write_text(text, encoding="utf-8")
    return run


@pytest.fixture
def answered(writer: Transaction) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
        asking.answer(asking.ask(asking.people.aziz.id), HAPPY)
        asking.answer(asking.ask(asking.people.sofie.id), CONTENT)


def test_a_file_is_checked_with_every_fault(say: Say) -> None:
    assert "without faults: Harder" in say("check", "harder.yaml").stdout
    assert json.loads(say("check", "harder.yaml", "--json").stdout)["policy"]["cut"] == 8_000
    text = Path("harder.yaml").read_text(encoding="utf-8")
    bad = text.replace("cut: 80", "cut: 800").replace("    growth: 1", "    item:nothing: 1")
    Path("bad.yaml").write_text(bad, encoding="utf-8")
    for verb in ("check", "propose", "compare"):
        told = say(verb, "bad.yaml")
        assert isinstance(told.exception, BadFile)
        assert [fault.line for fault in told.exception.faults] == [3, 13]
    Path("bad.yaml").write_bytes(b"\xff\xfe")
    for name in ("nothing.yaml", "bad.yaml"):
        assert say("check", name).exit_code == 2


def test_from_a_proposal_to_the_version_in_force(say: Say, answered: None) -> None:
    assert "Version 2 is proposed" in say("propose", "harder.yaml").stdout
    assert json.loads(say("propose", "harder.yaml", "--json").stdout)["version"] == "2"
    told = say("compare", "2").stdout
    assert "1 people and 1 accounts would move, compared with version 1" in told
    assert "1 people from truly_loyal to trapped" in told and "NPS" in told
    assert json.loads(say("compare", "harder.yaml", "--json").stdout)["responses"] == 3

    done = json.loads(say("accept", "2", "--wait", "--json").stdout)
    assert (done["state"], done["rescored"]) == ("current", "3 of 3")
    assert "Version 2 (current): Harder" in say("show").stdout
    assert "   80 points" in say("show", "2").stdout
    rows = json.loads(say("list", "--json").stdout)["rows"]
    assert [(row["version"], row["state"]) for row in rows] == [("2", "current"), ("1", "retired")]
    assert isinstance(say("accept", "2").exception, Refused)


def test_a_proposal_is_withdrawn(say: Say) -> None:
    say("propose", "harder.yaml")
    assert "withdrawn" in say("withdraw", "2").stdout
    assert isinstance(say("withdraw", "2").exception, Refused)
    assert isinstance(say("withdraw", "9").exception, NotFound)
    assert "withdrawn" in say("list").stdout


def test_accepting_leaves_the_work_to_the_worker(say: Say, answered: None) -> None:
    say("propose", "harder.yaml")
    assert "0 of 3 are rescored" in say("accept", "2").stdout


def test_what_is_exported_is_what_the_schema_allows(say: Say) -> None:
    schema = json.loads(say("reference", "--schema").stdout)
    assert not list(Draft202012Validator(schema).iter_errors(yaml.safe_load(say("export").stdout)))
    assert "`split_spread`" in say("reference").stdout
    data = json.loads(say("show", "1", "--json").stdout)
    assert data["policy"]["cut"] == 6_250
