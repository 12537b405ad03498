"""`surveyd questionnaire`: faults all at once, versions once, translations out as a table and back in."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from surveyd.base.errors import BadFile, NotFound, Refused
from surveyd.cli.questionnaires import questionnaire
from surveyd.distribution.questionnaires import find_version
from surveyd.forms.loading import load, shipped
from surveyd.forms.writing import as_yaml
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import open_wave

Say = Callable[..., Result]
SMALL = """\
slug: small
title: {en: Small, de: Klein}
languages: [en, de]
pages:
  - id: one
    title: One
    items:
      - id: easy
        kind: rating
        text: "Easy, {contact|you}"
        scale: {low: 1, high: 5, low_end: No, high_end: Yes}
  - id: two
    title: {en: Two, de: Zwei}
    show_if: {item: easy, at_least: 4}
    items:
      - {id: why, kind: long_text, text: Why}
"""


@pytest.fixture
def say(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`say(*words)` runs the command in a folder of its own, in which small.yaml stands."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")

    def run(*words: str) -> Result:
        return CliRunner().invoke(questionnaire, list(words), obj=lambda config: app)

    return run


def test_a_good_file_is_told_in_full(say: Say) -> None:
    told = say("check", "small.yaml")
    assert told.exit_code == 0
    assert "2 pages, 2 items" in told.stdout
    assert "de is missing at pages.one.easy.scale.low_end" in told.stdout
    assert "easy=4" in told.stdout and "one two" in told.stdout
    data = json.loads(say("check", "small.yaml", "--json").stdout)
    assert [row["missing"] for row in data["languages"]] == [0, 5]
    assert [path["pages"] for path in data["paths"]["paths"]] == [["one", "two"], ["one"]]


def test_every_fault_of_the_logic_is_named_with_its_line(say: Say) -> None:
    Path("bad.yaml").write_text(SMALL.replace("at_least: 4", "at_least: 6"), encoding="utf-8")
    for verb in ("check", "publish"):
        told = say(verb, "bad.yaml")
        assert isinstance(told.exception, BadFile)
        [fault] = told.exception.faults
        assert (fault.file, fault.line, fault.column) == ("bad.yaml", 14, "pages.two")


def test_it_is_shown_in_words(say: Say) -> None:
    told = say("show", "small.yaml").stdout
    assert "Page two: Two\n  shown if easy is at least 4\n  why (long_text)\n    Why" in told


def test_publishing_twice_makes_one_version(say: Say, reader: Transaction) -> None:
    first, again = say("publish", "small.yaml"), say("publish", "small.yaml")
    assert first.exit_code == 0 and first.stdout == again.stdout
    listed = json.loads(say("versions", "small", "--json").stdout)
    assert [row["number"] for row in listed["rows"]] == [1]
    assert "small" in say("list").stdout
    with reader() as session:
        assert find_version(session, "small").digest == load(SMALL, "x").digest


def test_publishing_an_earlier_file_makes_it_current_again(say: Say) -> None:
    Path("newer.yaml").write_text(SMALL.replace("en: Two", "en: Other"), encoding="utf-8")
    for file in ("small.yaml", "newer.yaml", "small.yaml"):
        assert say("publish", file).exit_code == 0
    listed = json.loads(say("versions", "small", "--json").stdout)
    assert [row["number"] for row in listed["rows"]] == [1, 2]
    assert load(say("export", "small").stdout, "x").digest == load(SMALL, "x").digest


def test_a_program_takes_it_up(say: Say, writer: Transaction) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.ask_somebody(1)
    told = say("publish", "small.yaml", "--program", "relationship", "--open-waves", "--json")
    # Who is asked in English lacks nothing.
    assert json.loads(told.stdout)["moved"] == 1
    pulse = say("publish", "pulse", "--program", "relationship")
    assert isinstance(pulse.exception, Refused) and "open link" in str(pulse.exception)
    assert say("publish", "small.yaml", "--open-waves").exit_code == 2


def test_what_is_exported_is_the_same_version(say: Say) -> None:
    say("publish", "small.yaml")
    out = say("export", "small").stdout
    assert load(out, "x").digest == load(SMALL, "x").digest
    digest = load(SMALL, "x").digest
    assert json.loads(say("export", "small", "--format", "json").stdout)["slug"] == "small"
    assert say("export", "small", "--version", digest[:8]).stdout == out
    assert isinstance(say("export", "other", "--version", digest[:8]).exception, NotFound)
    assert load(say("export", "relational").stdout, "x").digest == shipped("relational").digest
    assert isinstance(say("export", "nothing").exception, NotFound)


def test_a_translation_goes_out_and_comes_back(say: Say) -> None:
    rows = list(csv.DictReader(io.StringIO(say("translate", "small.yaml", "--to", "de").stdout)))
    assert [row["path"] for row in rows] == [
        "pages.one.title",
        "pages.one.easy.text",
        "pages.one.easy.scale.low_end",
        "pages.one.easy.scale.high_end",
        "pages.two.why.text",
    ]
    filled = io.StringIO()
    writer = csv.DictWriter(filled, rows[0].keys())
    writer.writeheader()
    writer.writerows({**row, "text": row["source"] + ', "auf Deutsch"'} for row in rows)
    Path("de.csv").write_text("\ufeff" + filled.getvalue(), encoding="utf-8")
    words = ("translate", "small.yaml", "--to", "de", "--from", "de.csv", "--register", "Sie")
    assert say(*words, "--reviewed-by", "Eva", "--output", "new.yaml").exit_code == 0
    new = load(Path("new.yaml").read_text(encoding="utf-8"), "new.yaml")
    assert new.items["why"].text["de"] == 'Why, "auf Deutsch"'
    assert (new.translations["de"].register, new.translations["de"].reviewed_by) == ("Sie", "Eva")
    assert say(*words, "--output", "new.yaml").exit_code == 2
    assert say(*words, "--output", "new.yaml", "--force").exit_code == 0
    assert say("translate", "new.yaml", "--to", "de").stdout == "path,source,text\n"


def test_faults_of_a_table_are_named_with_their_lines(say: Say) -> None:
    Path("de.csv").write_text("path,source,text\nnowhere,x,y\npages.one.title,One,\n", encoding="utf-8")
    told = say("translate", "small.yaml", "--to", "de", "--from", "de.csv")
    assert isinstance(told.exception, BadFile)
    assert [(fault.line, fault.column) for fault in told.exception.faults] == [(2, "nowhere")]
    Path("de.csv").write_text("path,text\npages.one.title,One\npages.one.easy.text,Für {contcat}\n", "utf-8")
    told = say("translate", "small.yaml", "--to", "de", "--from", "de.csv")
    assert isinstance(told.exception, BadFile)
    [fault] = told.exception.faults
    assert (fault.line, fault.column) == (3, "pages.one.easy.text") and "contact" in fault.reason


def test_nobody_signs_what_is_missing(say: Say) -> None:
    told = say("translate", "small.yaml", "--to", "de", "--reviewed-by", "Eva")
    assert isinstance(told.exception, BadFile) and len(told.exception.faults) == 5


def test_a_language_may_be_new(say: Say) -> None:
    told = say("translate", "small.yaml", "--to", "fr", "--register", "vous")
    assert load(told.stdout, "x").languages == ("en", "de", "fr")


@pytest.mark.parametrize("name", ["relational", "pulse", "lapsed"])
def test_what_is_written_is_what_was_read(name: str) -> None:
    found = shipped(name)
    assert load(as_yaml(found), "x").digest == found.digest


def test_the_reference_is_printed(say: Say) -> None:
    assert "| `show_if` |" in say("reference").stdout
    assert json.loads(say("reference", "--schema").stdout)["title"]
