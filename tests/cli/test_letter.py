"""`surveyd letter` and `surveyd actions`: a file in, a preview out, an approval by name, one send."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select, update

from surveyd.base.errors import BadFile, NotFound, Refused
from surveyd.cli.actions import actions
from surveyd.cli.letters import letter
from surveyd.closed_loop.actions import ActionFacts, add_action
from surveyd.closed_loop.jobs import send_letter
from surveyd.closed_loop.models import ActionStatus, Letter
from surveyd.distribution.models import Message, Wave, WaveState
from surveyd.people.access import SYSTEM
from tests.closed_loop.desks import PEOPLE, answered_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

Say = Callable[..., Result]
FILE = """\
letters:
  - for: default
    language: en
    subject: Thank you, {contact}
    paragraphs:
      - Thanks to {account}.
      - "What we changed: {changed}"
    signature: |
      {sender}
      Chief Executive
"""


@pytest.fixture
def people(writer: Transaction) -> Cast:
    """A wave named 2026H1 with answers, and one action that is done."""
    with writer() as session:
        facts = ActionFacts(heard="Late", changed="A second carrier", status=ActionStatus.DONE)
        add_action(session, facts, scope=SYSTEM, by=None, now=NOW)
        return answered_wave(session).people


@pytest.fixture
def say(app: Flask, people: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`say("write", "2026H1")` runs `surveyd letter write 2026H1`."""
    monkeypatch.setenv("SURVEYD_DATA", str(tmp_path / "data"))

    def run(*words: str, command: click.Command = letter) -> Result:
        return CliRunner().invoke(command, list(words), obj=lambda config: app)

    return run


def data(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def written(say: Say, folder: Path, text: str = FILE) -> Result:
    path = folder / "letter.yaml"
    path.write_text(text, encoding="utf-8")
    return say("write", "2026H1", "--file", str(path), "--json")


def test_actions_are_listed(say: Say) -> None:
    listed = data(say("--json", command=actions))
    assert listed["count"] == 1
    assert (listed["rows"][0]["status"], listed["rows"][0]["changed"]) == ("done", "A second carrier")
    assert "A second carrier" in say(command=actions).stdout


def test_a_draft_is_written_once(say: Say) -> None:
    shown = data(say("write", "2026H1", "--json"))
    assert (shown["state"], shown["actions"], len(shown["texts"])) == ("draft", [1], 2)
    assert isinstance(say("write", "2026H1").exception, Refused)
    assert isinstance(say("write", "nowhere").exception, NotFound)
    assert isinstance(say("status", "nowhere").exception, NotFound)


def test_a_file_is_the_whole_letter(say: Say, people: Cast, tmp_path: Path) -> None:
    first = data(written(say, tmp_path))
    assert first["texts"] == [{"for": "default", "language": "en", "subject": "Thank you, {contact}"}]
    assert data(written(say, tmp_path))["digest"] == first["digest"]

    text = say("preview", "2026H1", "--contact", str(people.anna.id)).stdout
    assert text.startswith("Subject: Thank you, Anna Adler\n") and "- A second carrier" in text
    html = say("preview", "2026H1", "--contact", "C-ahmed", "--html").stdout
    assert html.startswith("<!doctype html>") and "Dear Aziz Ahmed," in html
    both = data(say("preview", "2026H1", "--contact", "C-adler", "--json"))
    assert both["subject"] == "Thank you, Anna Adler" and both["segment"] == "trapped"
    assert isinstance(say("preview", "2026H1", "--contact", "nobody").exception, NotFound)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{account}", "{acount}", "line 2, letters[0]: Paragraph 1 has '{acount}'"),
        ("default", "all", "did you mean 'default'?|known here"),
        ("subject: ", "title: ", "'subject' is missing"),
        ("letters:", "letters: [", "not valid YAML"),
    ],
)
def test_a_faulty_file_changes_nothing(say: Say, tmp_path: Path, *, old: str, new: str, says: str) -> None:
    error = written(say, tmp_path, FILE.replace(old, new)).exception
    assert isinstance(error, BadFile)
    assert any(part in "\n".join(map(str, error.faults)) for part in says.split("|"))
    assert isinstance(say("status", "2026H1").exception, NotFound)


def test_one_text_is_changed_by_options(say: Say) -> None:
    assert isinstance(say("write", "2026H1", "--subject", "Hello").exception, NotFound)
    data(say("write", "2026H1", "--json"))
    words = ("--for", "trapped", "--language", "de", "--subject", "Guten Tag", "--paragraph", "Eins.")
    shown = data(say("write", "2026H1", *words, "--paragraph", "Zwei.", "--signature", "Eva", "--json"))
    assert {"for": "trapped", "language": "de", "subject": "Guten Tag"} in shown["texts"]
    assert isinstance(say("write", "2026H1", "--action", "77").exception, Refused)
    assert isinstance(say("write", "2026H1", "--subject", "{x}").exception, Refused)


def test_a_file_and_options_do_not_go_together(say: Say, tmp_path: Path) -> None:
    path = tmp_path / "letter.yaml"
    path.write_text(FILE, encoding="utf-8")
    answer = say("write", "2026H1", "--file", str(path), "--subject", "x")
    assert (answer.exit_code, "leave the other options out" in answer.output) == (2, True)
    path.write_bytes(b"\xff\xfe\x00")
    assert isinstance(say("write", "2026H1", "--file", str(path)).exception, BadFile)


def test_an_approved_letter_is_sent_to_everybody_who_answered(
    app: Flask, say: Say, people: Cast, reader: Transaction, writer: Transaction
) -> None:
    data(say("write", "2026H1", "--json"))
    assert isinstance(say("send", "2026H1", "--yes").exception, Refused)
    assert isinstance(say("approve", "2026H1", "--by", people.admin.email).exception, Refused)
    assert isinstance(say("approve", "2026H1", "--by", "nobody@x.test").exception, NotFound)
    assert say("approve", "2026H1", "--by", people.executive.email).exit_code == 0

    asked = say("send", "2026H1")
    assert asked.exit_code == 2 and f"would send {PEOPLE + 2} letters" in asked.output
    asked = say("send", "2026H1", "--non-respondents")
    assert isinstance(asked.exception, Refused) and "is not closed" in str(asked.exception)
    with writer() as session:
        session.execute(update(Wave).values(state=WaveState.CLOSED))
    asked = say("send", "2026H1", "--non-respondents")
    assert f"would send {PEOPLE + 3} letters" in asked.output
    assert data(say("send", "2026H1", "--yes", "--json"))["letters"] == PEOPLE + 2
    with reader() as session:
        letter_id = session.scalars(select(Letter.id)).one()
    with app.app_context():
        send_letter(letter_id)

    shown = data(say("status", "2026H1", "--json"))
    assert (shown["state"], shown["letters"]) == ("sent", {"queued": PEOPLE + 2})
    assert shown["approved_by"] == "Eva Executive" and shown["awaiting_paper"] == PEOPLE + 2
    assert data(say("send", "2026H1", "--yes", "--json"))["letters"] == 0
    assert "is on its way by Eva Executive" in say("status", "2026H1").stdout
    with reader() as session:
        counted = session.scalar(select(func.count()).select_from(Message).where(Message.name == "letter"))
    assert counted == PEOPLE + 2
