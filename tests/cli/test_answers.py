"""`surveyd responses import` and `template`: what they print, what is stored, and the exit code."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from surveyd.cli.responses import responses
from surveyd.closed_loop.answer_imports import UNIT
from surveyd.closed_loop.answer_rows import Order
from surveyd.closed_loop.intake import submit
from surveyd.closed_loop.jobs import import_answers, look_at
from surveyd.distribution.models import Wave
from surveyd.people.models import ImportRun
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Response
from surveyd.results.models import Score
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import HAPPY, OFFICE, Asking, open_wave

Say = Callable[..., Result]
TWO = "contact,given_at,recommend\nC-adler,2026-03-10,9\nC-ahmed,2026-03-10,3\n"


@pytest.fixture
def asked(writer: Transaction) -> None:
    """A wave that has asked Anna and Aziz, committed."""
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.ask(asking.people.anna.id)
        asking.ask(asking.people.aziz.id)


@pytest.fixture
def say(app: Flask, asked: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`say(TEXT, *options)` imports a file of that text into the wave."""
    monkeypatch.setenv("SURVEYD_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def run(content: str | bytes, *options: str) -> Result:
        Path("paper.csv").write_bytes(content.encode() if isinstance(content, str) else content)
        words = ["import", "paper.csv", "--wave", "2026H1", *options]
        return CliRunner().invoke(responses, words, obj=lambda config: app)

    return run


def stored(reader: Transaction) -> int:
    with reader() as session:
        return session.scalar(select(func.count(Response.id))) or 0


def test_a_good_file_is_shown_and_imported_once(say: Say, reader: Transaction) -> None:
    dry, first, again = say(TWO, "--dry-run"), say(TWO), say(TWO)

    assert (dry.exit_code, first.exit_code, again.exit_code) == (0, 0, 0)
    assert "2 new, 0 already answered, 0 rejected" in dry.stdout
    assert "this was a dry run" in dry.stdout
    assert "Done: 2 responses added." in first.stdout
    assert "0 new, 2 already answered, 0 rejected" in again.stdout
    assert "Nothing was changed: all is there." in again.stdout
    assert stored(reader) == 2
    with reader() as session:
        assert [(run.kind, run.added) for run in session.scalars(select(ImportRun))] == [("responses", 2)]


def test_one_bad_row_stops_all_and_is_named(say: Say, reader: Transaction) -> None:
    answer = say(TWO.replace("-10,3", "-10,11") + "C-sommer,2026-03-10,5\n")

    assert answer.exit_code == 1
    assert "paper.csv, line 3, recommend: 11 is not between 0 and 10" in answer.stderr
    assert "paper.csv, line 4, contact: 'C-sommer' was not asked in 2026H1" in answer.stderr
    assert "1 new, 0 already answered, 2 rejected" in answer.stdout
    assert stored(reader) == 0


def test_people_are_let_in_on_demand(say: Say, reader: Transaction) -> None:
    answer = say("contact,given_at,easy\nC-sommer,2026-03-10,5\n", "--invite")

    assert "1 of the new ones are from people whom the wave did not ask" in answer.stdout
    assert "1 of the new ones lack an answer that is needed on the web" in answer.stdout
    assert stored(reader) == 1


def test_other_encodings_and_separators_are_read(say: Say, reader: Transaction) -> None:
    words = "contact;given at;recommend;why\r\nC-adler;10.3.2026;3;Zu spät\r\n"

    assert say(words.encode("utf-16")).exit_code == 0
    assert say("\ufeffcontact\tgiven_at\trecommend\nC-ahmed\t2026-03-10\t9\n").exit_code == 0
    latin = say(words.encode("latin-1"))

    assert latin.exit_code == 1
    assert "paper.csv, line 2, why: the byte 0xE4 is not UTF-8; save the file as UTF-8" in latin.stderr
    assert stored(reader) == 2


def test_it_speaks_json(say: Say) -> None:
    found = json.loads(say(TWO.replace("9", "99", 1), "--json").stdout)

    assert (found["new"], found["rejected"], found["stored"]) == (1, 1, 0)
    assert found["faults"][0]["reason"] == "99 is not between 0 and 10"


def test_the_export_says_how_an_answer_came(app: Flask, say: Say) -> None:
    say("contact,given_at,channel_note,recommend\nC-adler,2026-03-10,=paper,9\n")
    out = CliRunner().invoke(responses, ["export", "-"], obj=lambda config: app).output
    [line] = csv.DictReader(io.StringIO(out))
    assert (line["channel"], line["source"], line["recommend"]) == ("import", "'=paper", "9")


def test_an_unknown_wave_is_one_line(app: Flask, say: Say) -> None:
    Path("paper.csv").write_text(TWO)
    words = ["import", "paper.csv", "--wave", "nope"]

    answer = CliRunner().invoke(responses, words, obj=lambda config: app)

    assert "There is no wave 'nope'." in str(answer.exception)


def test_the_template_is_read_back_but_for_its_example(app: Flask, say: Say) -> None:
    words = ["template", "--wave", "2026H1"]
    template = CliRunner().invoke(responses, words, obj=lambda config: app).stdout

    headings, example = list(csv.reader(io.StringIO(template)))
    assert headings[:5] == ["contact", "email", "given_at", "channel_note", "recommend"]
    assert len(headings) == len(example)
    answer = say(template.replace("C-1001", "C-adler").replace("2026-03-31", "2026-03-10"))
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert "'C-1001' is no contact that we know" in say(template).stderr


@pytest.mark.parametrize("age", [0, 20])
def test_a_file_and_the_web_at_once_keep_one_answer_each(
    app: Flask, asked: None, writer: Transaction, reader: Transaction, age: int
) -> None:
    with writer() as session:
        wave = session.scalars(select(Wave)).one()
        asking = Asking(session, NOW, None, wave, None)  # type: ignore[arg-type]  # asks by id alone
        ids = [asking.ask_somebody(number) for number in range(UNIT // 2)]
        order, now = Order(wave.id), NOW.replace(day=10 + age)
    rows = "".join(f"N-{number},2026-03-10T10:00,0\n" for number in range(len(ids)))
    content = f"contact,given_at,recommend\n{rows}".encode()
    counts: list[int] = []

    def by_file() -> None:
        with app.app_context():
            _, table = look_at("paper.csv", content, order, now=now.replace(hour=12))
            assert table is not None
            counts.append(import_answers(table, order, now=now.replace(hour=12)))

    def by_web() -> None:
        for invitation_id in reversed(ids):
            with writer() as session:
                facts = {"answers": HAPPY, "channel": AnswerChannel.WEB, "office": OFFICE}
                at = now.replace(hour=12)
                submit(session, invitation_id, given_at=at, now=at, **facts)  # type: ignore[arg-type]  # as named

    threads = [Thread(target=work) for work in (by_file, by_file, by_web)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(counts) == 2
    with reader() as session:
        by_channel = dict(
            session.execute(select(Response.channel, func.count()).group_by(Response.channel)).all()
        )
        assert by_channel.get("import", 0) == sum(counts)
        assert sum(by_channel.values()) == len(ids)
        assert session.scalar(select(func.count(Score.id))) == len(ids)
