"""`surveyd papers` and `surveyd summary`: a second try, and a wave in words, as a PDF and by mail."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click import Command
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from surveyd.base import pdf
from surveyd.base.errors import NotFound, Unavailable
from surveyd.cli.papers import papers
from surveyd.cli.summary import summary
from surveyd.distribution import papers as ledger
from surveyd.distribution.models import Message
from surveyd.distribution.paper_orders import summary_paper
from surveyd.reports.summary_mail import MAIL
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.images import Begin
from tests.web.offices import Office, open_office

Say = Callable[..., Result]


@pytest.fixture
def office(begin_with: Begin) -> Office:
    made: Office = begin_with(open_office)
    return made


@pytest.fixture
def say(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`say(command, *words, typed="")` runs a command with that on its standard input."""
    monkeypatch.setenv("SURVEYD_DATA", str(tmp_path / "data"))

    def run(command: Command, *words: str, typed: str = "") -> Result:
        return CliRunner().invoke(command, list(words), obj=lambda config: app, input=typed)

    return run


def test_a_failed_pdf_is_listed_and_made_once_more(
    say: Say, office: Office, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No PDF was asked for yet." in say(papers).output
    with writer() as session:
        ledger.want(session, summary_paper(office.wave, wave="2026H1", asked_by_id=None), now=NOW)

    def no_pango() -> None:
        raise Unavailable("PDFs are off, since pango is missing", pdf.PANGO_LINE)

    with monkeypatch.context() as patched:
        patched.setattr(pdf, "_weasyprint", no_pango)
        assert "1 PDFs were seen to." in say(papers, "make").output
    listed = json.loads(say(papers, "--json").output)
    assert listed["counts"] == {"wanted": 0, "made": 0, "failed": 1}
    assert "apt-get install libpango" in listed["papers"][0]["reason"]
    assert "1 will be made once more." in say(papers, "retry", "--all").output
    assert "0 will be made once more." in say(papers, "retry", "1").output
    say(papers, "make")
    assert "1 made." in say(papers).output


def test_a_retry_names_what_it_means(say: Say) -> None:
    assert say(papers, "retry").exit_code == 2
    assert say(papers, "retry", "1", "--all").exit_code == 2


def test_a_wave_is_summed_up_in_words_and_as_a_pdf(say: Say, office: Office, tmp_path: Path) -> None:
    file = tmp_path / "summary.pdf"
    said = say(summary, "2026H1", "--pdf", str(file))
    assert "2 of 3 people have answered" in said.output and f"Written to {file}." in said.output
    assert file.read_bytes().startswith(b"%PDF-")
    facts = json.loads(say(summary, "2026H1", "--json").output)
    assert (facts["invited"], facts["answered"], facts["told"], facts["untold"]) == (3, 2, 0, 7)


def test_a_wave_that_is_not_there_has_none(say: Say, office: Office) -> None:
    assert isinstance(say(summary, "never").exception, NotFound)


def test_the_summary_is_sent_once_and_after_a_yes(say: Say, office: Office, reader: Transaction) -> None:
    def sent() -> int:
        with reader() as session:
            which = select(func.count()).select_from(Message).where(Message.name == MAIL)
            return session.execute(which).scalar_one()

    assert say(summary, "2026H1", "--send", typed="n\n").exit_code == 1
    assert sent() == 0
    assert "7 mails are queued" in say(summary, "2026H1", "--send", "--yes").output
    assert "0 mails are queued" in say(summary, "2026H1", "--send", "--yes").output
    assert sent() == 7
