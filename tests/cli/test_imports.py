"""`surveyd import`: what it prints, what it changes, and its exit code."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from surveyd.cli.imports import import_
from surveyd.people.models import Account, Contact
from tests.fixtures.apps import Transaction

Say = Callable[..., Result]
ACCOUNTS = "id,name,country\nA1,Alder,DE\nA2,Birch,AT\n"


@pytest.fixture
def say(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`say("accounts", TEXT, *options)` imports a file of that text."""
    monkeypatch.setenv("SURVEYD_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def run(kind: str, content: str | bytes, *options: str) -> Result:
        Path("list.csv").write_bytes(content.encode() if isinstance(content, str) else content)
        return CliRunner().invoke(import_, [kind, "list.csv", *options], obj=lambda config: app)

    return run


def names(reader: Transaction) -> list[str]:
    with reader() as session:
        return sorted([*session.scalars(select(Account.name)), *session.scalars(select(Contact.name))])


def test_a_good_file_is_shown_and_applied_once(say: Say, reader: Transaction) -> None:
    first, again = say("accounts", ACCOUNTS), say("accounts", ACCOUNTS)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "2 to add, 0 to change, 0 unchanged, 0 rejected" in first.stdout
    assert "0 to add, 0 to change, 2 unchanged, 0 rejected" in again.stdout
    changed = say("accounts", ACCOUNTS.replace("Alder", "Alder AG"))
    assert "line 2, A1: name" in changed.stdout
    assert names(reader) == ["Alder AG", "Birch"]


def test_a_dry_run_changes_nothing(say: Say, reader: Transaction) -> None:
    answer = say("accounts", ACCOUNTS, "--dry-run")
    assert answer.exit_code == 0
    assert "2 to add" in answer.stdout
    assert names(reader) == []


def test_one_bad_row_stops_all_and_each_fault_is_a_line(say: Say, reader: Transaction) -> None:
    say("accounts", ACCOUNTS)
    bad = "ID,Account,Name,E-Mail\nC1,A1,Anna,anna@alder.test\nC2,A9,Ben,ben@\nC1,A1,Cleo\n"
    answer = say("contacts", bad)
    assert answer.exit_code == 1
    lines = answer.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "list.csv, line 3, E-Mail",
        "list.csv, line 3, Account",
        "list.csv, line 4, E-Mail",
    ]
    assert "1 to add, 0 to change, 0 unchanged, 2 rejected" in answer.stdout
    assert names(reader) == ["Alder", "Birch"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"\xef\xbb\xbfid,name\nA1,M\xfcller\n",
        b'id,name\nA1,"open\n',
        b"name\nAlder\n",
    ],
)
def test_a_broken_file_changes_nothing_and_says_where(say: Say, reader: Transaction, content: bytes) -> None:
    answer = say("accounts", content)
    assert answer.exit_code == 1
    assert answer.stderr.startswith("list.csv, line ")
    told = json.loads(say("accounts", content, "--json").stdout)
    assert told["applied"] is False and told["faults"][0]["line"] >= 1
    assert names(reader) == []


def test_json_says_the_same(say: Say) -> None:
    told = json.loads(say("accounts", ACCOUNTS, "--json").stdout)
    assert (told["added"], told["changed"], told["unchanged"], told["rejected"]) == (2, 0, 0, 0)
    assert told["applied"] is True
    moved = json.loads(say("accounts", ACCOUNTS.replace("AT", "CH"), "--json").stdout)
    assert moved["changes"] == [{"line": 3, "id": "A2", "fields": ["country"]}]


def test_headings_are_mapped_and_unknown_ones_noted(say: Say, reader: Transaction) -> None:
    odd = "Nr=,Firma,Size\nA1,Alder,big\n"
    answer = say("accounts", odd, "--map", "Nr==id", "--map", "Firma=name")
    assert answer.exit_code == 0
    assert answer.stderr.startswith("list.csv, line 1, Size: ")
    assert names(reader) == ["Alder"]


@pytest.mark.parametrize("options", [["--map", "x"], ["--map", "=name"], ["--map", "x="], ["--nonsense"]])
def test_a_wrong_call_is_told_apart_from_bad_work(say: Say, options: list[str]) -> None:
    assert say("accounts", ACCOUNTS, *options).exit_code == 2
    assert say("orders", ACCOUNTS).exit_code == 2
