"""`surveyd template`: a program's own words from a file, checked with the file's lines, and tried."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from surveyd.base.errors import BadFile, NotFound
from surveyd.cli.templates import template
from surveyd.distribution.models import Message
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import open_wave

Say = Callable[..., Result]
HERE = ("relationship", "invitation")


@pytest.fixture
def say(app: Flask, writer: Transaction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`say(*words)` runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    with writer() as session:
        open_wave(session, NOW)
    return lambda *words: CliRunner().invoke(template, list(words), obj=lambda config: app)


def rows(say: Say) -> dict[str, str]:
    return {
        f"{row['mail']} {row['language']}": row["words"]
        for row in json.loads(say("list", "relationship", "--json").stdout)["rows"]
    }


@pytest.mark.parametrize("extra", [(), ("--mjml",)])
def test_shown_words_are_a_file_that_can_be_set(say: Say, extra: tuple[str, ...]) -> None:
    Path("mail.txt").write_text(say("show", *HERE, *extra).stdout, encoding="utf-8")
    assert say("check", "invitation", "mail.txt").exit_code == 0
    assert "Version 1 of invitation" in say("set", *HERE, "mail.txt").stdout
    assert rows(say)["invitation en"] == "own"
    assert say("show", *HERE).stdout == Path("mail.txt").read_text(encoding="utf-8")
    assert "Version 2" in say("set", *HERE, "--shipped").stdout
    assert rows(say)["invitation en"] == "shipped"
    assert say("show", *HERE, "--version", "1").stdout == Path("mail.txt").read_text(encoding="utf-8")


def test_a_fault_has_the_line_of_the_file(say: Say) -> None:
    words = say("show", *HERE).stdout.replace("Dear {{ contact }},", "Dear {{ contacts }},", 1)
    Path("bad.txt").write_text(words, encoding="utf-8")
    for command in (("check", "invitation", "bad.txt"), ("set", *HERE, "bad.txt")):
        error = say(*command).exception
        assert isinstance(error, BadFile)
        assert str(error.faults[0]) == (
            "bad.txt, line 4, text: There is no field contacts. Did you mean {{ contact }}?"
        )
    Path("half.txt").write_text("=== subject\nHello\n", encoding="utf-8")
    assert isinstance(say("check", "invitation", "half.txt").exception, BadFile)
    assert rows(say)["invitation en"] == "shipped"


def test_a_test_is_sent_as_somebody(say: Say, reader: Transaction) -> None:
    told = say("test", *HERE, "--to", "me@company.test", "--as", "Sofie")
    assert "Tests of invitation in the outbox: 1" in told.stdout
    with reader() as session:
        mail = session.scalars(select(Message)).one()
        assert (mail.name, mail.recipient, mail.context["contact"]) == (
            "test",
            "me@company.test",
            "Sofie Sommer",
        )
    assert isinstance(say("test", *HERE, "--to", "a@b.test", "--as", "Nobody").exception, NotFound)
    assert isinstance(say("show", "relationship", "letter").exception, NotFound)
