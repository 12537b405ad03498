"""Papers: drawn from the ledger's rows, by whoever's scope asked; they fetch nothing and fail aloud."""

import re
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
import weasyprint
from flask import Flask
from rq.serializers import JSONSerializer
from sqlalchemy import update

from surveyd import schedule
from surveyd.base import pdf
from surveyd.base.clock import system_now
from surveyd.base.errors import Unavailable
from surveyd.base.services import Services
from surveyd.cli.workers import Worker
from surveyd.closed_loop.models import Case
from surveyd.distribution import paper_orders, papers
from surveyd.distribution.paper_models import PaperState
from surveyd.distribution.paper_orders import Change
from surveyd.distribution.papers import PaperLine
from surveyd.people.access import SYSTEM
from surveyd.people.models import Account, Contact, User
from surveyd.reports.account_paper import ANSWERS_AT_LEAST
from surveyd.reports.jobs import make_papers, ring_for_papers
from surveyd.reports.paper_pages import draw
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, open_wave
from tests.fixtures.cast import Cast

HOSTILE = "<img src='file:///etc/passwd'><script>alert(1)</script>{{7*7}} & \"Söhne\""
CHANGES = (
    Change("Deliveries came late.", "Each order shows its date.", ""),
    Change(HOSTILE, "", "A second warehouse."),
)


@dataclass(frozen=True)
class Told:
    """A wave with answers, committed: Anna's response, the wave, and everybody."""

    response_id: int
    wave_id: int
    people: Cast


@pytest.fixture
def told(writer: Transaction) -> Told:
    """One person has answered."""
    with writer() as session:
        asking = open_wave(session, NOW)
        receipt = asking.answer(asking.ask(asking.people.anna.id), UNHAPPY | {"why": HOSTILE})
        return Told(receipt.response_id, asking.wave.id, asking.people)


def order(writer: Transaction, response_id: int, user_id: int) -> int:
    """Ask for a response's paper."""
    asked = paper_orders.response_paper(response_id, contact="Anna", account="Nordwind", asked_by_id=user_id)
    with writer() as session:
        return papers.want(session, asked, now=NOW)


def line(reader: Transaction, paper_id: int) -> PaperLine:
    with reader() as session:
        return papers.find(session, SYSTEM, paper_id)


def drawn(writer: Transaction) -> str:
    """The HTML of the next wanted paper."""
    with writer() as session:
        claimed = papers.claim(session, "test", system_now=system_now())
        assert claimed is not None
        return draw(session, claimed, now=NOW)


def words_of(html: str) -> str:
    """What stands on the pages, as WeasyPrint lays them out."""

    def texts(box: Any) -> Iterator[str]:
        if hasattr(box, "text"):
            yield box.text
        for child in getattr(box, "children", ()):
            yield from texts(child)

    pages = weasyprint.HTML(string=html, url_fetcher=no_fetch).render().pages
    return " ".join(" ".join(text for page in pages for text in texts(page._page_box)).split())


def no_fetch(url: str, *more: object, **options: object) -> dict[str, object]:
    raise AssertionError(f"a paper asked for {url}")


def test_a_paper_is_made_once_and_a_second_run_makes_nothing(
    app: Flask, writer: Transaction, reader: Transaction, told: Told
) -> None:
    paper_id = order(writer, told.response_id, told.people.mona.id)
    with app.app_context():
        assert make_papers() == 1
        assert make_papers() == 0
    made = line(reader, paper_id)
    assert (made.state, made.reason) == (PaperState.MADE, "") and made.size > 5000
    with reader() as session:
        content = papers.content_of(session, paper_id)
    assert content.startswith(b"%PDF-") and b"/MarkInfo" in content + pdf_objects(content)


def pdf_objects(content: bytes) -> bytes:
    """The packed parts of a PDF, unpacked."""
    unpacked = b""
    for start in re.finditer(rb"(?<!end)stream\r?\n", content):
        try:
            unpacked += zlib.decompressobj().decompress(content[start.end() :])
        except zlib.error:
            continue
    return unpacked


def test_the_quick_view_is_what_its_reader_may_see(writer: Transaction, told: Told) -> None:
    order(writer, told.response_id, told.people.mona.id)
    words = words_of(drawn(writer))
    for said in ("Anna Adler of Nordwind gives us 3 of 10", "trapped", "9.0", "CET", "1 / "):
        assert said in words
    # Long words break where the column ends.
    assert "".join(HOSTILE.split()) in "".join(words.split())


def test_support_staff_read_no_amounts_of_money(writer: Transaction, reader: Transaction, told: Told) -> None:
    with writer() as session:
        support = told.people.support.id
        session.execute(update(Case).values(owner_id=support))
    order(writer, told.response_id, support)
    words = words_of(drawn(writer))
    assert "Anna Adler" in words and "Revenue" not in words and "EUR" not in words


def test_a_colleague_with_the_case_alone_reads_no_amounts_either(
    writer: Transaction, reader: Transaction, told: Told
) -> None:
    with writer() as session:
        session.query(Case).filter_by(response_id=told.response_id).one().owner_id = told.people.milo.id
    order(writer, told.response_id, told.people.milo.id)
    html = drawn(writer)
    assert "Nordwind" in html and "Revenue" not in html and "EUR" not in html


def test_who_may_no_longer_see_a_response_gets_no_paper(
    app: Flask, writer: Transaction, reader: Transaction, told: Told
) -> None:
    ids = [order(writer, told.response_id, who.id) for who in (told.people.milo, told.people.mona)]
    with writer() as session:
        session.get_one(User, told.people.mona.id).active = False
    with app.app_context():
        make_papers()
    for paper_id in ids:
        failed = line(reader, paper_id)
        assert (failed.state, failed.size) == (PaperState.FAILED, 0)
        assert failed.reason == "what it would show is gone, or no longer yours to see"


def account_order(writer: Transaction, told: Told, language: str = "en", country: str = "DE") -> None:
    with writer() as session:
        session.get_one(Account, told.people.nordwind).country = country
        asked = paper_orders.account_paper(
            told.wave_id, told.people.nordwind, account="Nordwind", language=language, changes=CHANGES,
            asked_by_id=None,
        )  # fmt: skip
        papers.want(session, asked, now=NOW)


def answer_all(writer: Transaction) -> Told:
    """Three people of Nordwind and one of Südwerk answer, each in their own words."""
    with writer() as session:
        asking = open_wave(session, NOW)
        third = Contact(
            external_id="C-3", account_id=asking.people.nordwind, name="Agnes Acht", email="a@nordwind.test",
            created_at=NOW, updated_at=NOW,
        )  # fmt: skip
        session.add(third)
        session.flush()
        people = asking.people
        answers = (people.anna.id, UNHAPPY), (people.aziz.id, CONTENT), (third.id, HAPPY)
        receipts = [
            asking.answer(asking.ask(contact_id), given | {"why": "My very own words"})
            for contact_id, given in (*answers, (people.sofie.id, HAPPY))
        ]
        return Told(receipts[0].response_id, asking.wave.id, people)


def test_a_customers_page_tells_figures_and_nothing_internal(writer: Transaction) -> None:
    account_order(writer, answer_all(writer))
    words = words_of(drawn(writer))
    assert "3 of the 3 people whom we asked at Nordwind" in words
    assert "7.0" in words and "Each order shows its date." in words and HOSTILE in words
    for inner in (
        "Anna",
        "Aziz",
        "very own words",
        "risk",
        "loyal",
        "trapped",
        "EUR",
        "Mona",
        "NPS",
        "promoter",
    ):
        assert inner not in words.replace(HOSTILE, "")


def test_too_few_answers_are_not_told_in_figures(writer: Transaction, told: Told) -> None:
    account_order(writer, told)
    words = words_of(drawn(writer))
    assert "1 of the 1 people" in words or "1 of 1" in words
    assert "on average" not in words and "3.0" not in words and ANSWERS_AT_LEAST == 3


@pytest.mark.parametrize(
    ("language", "title", "lang"),
    [
        ("de-AT", "Was Sie uns gesagt haben", "de"),
        ("en", "What you told us", "en"),
        ("fr", "Ce que vous nous avez dit", "fr"),
        ("es-MX", "Lo que nos han dicho", "es"),
        ("ja", "いただいたご意見", "ja"),
        ("ar", "ما قلتموه لنا", "ar"),
        ("pt", "What you told us", "en"),
    ],
)
def test_a_customers_page_is_in_their_language(
    writer: Transaction, language: str, title: str, lang: str
) -> None:
    account_order(writer, answer_all(writer), language)
    html = drawn(writer)
    direction = "rtl" if lang == "ar" else "ltr"
    assert title in words_of(html) and f'<html lang="{lang}" dir="{direction}">' in html


@pytest.mark.parametrize(("country", "width"), [("DE", 794), ("US", 816), ("CA", 816), ("", 794)])
def test_paper_has_the_size_of_its_country(writer: Transaction, country: str, width: int) -> None:
    account_order(writer, answer_all(writer), country=country)
    [page] = weasyprint.HTML(string=drawn(writer)).render().pages
    assert round(page.width) == width


def test_a_page_fetches_no_address() -> None:
    document = "<!doctype html><title>x</title><img src='{0}'><link rel=stylesheet href='{0}'><p>text"
    for address in ("file:///etc/passwd", "http://127.0.0.1:1/x", "//company.test/x.png"):
        content = pdf.write_pdf(document.format(address))
        assert b"root:" not in content + pdf_objects(content)
        assert b"/Subtype /Image" not in content + pdf_objects(content)


def test_without_pango_a_paper_fails_with_the_line_that_mends_it(
    app: Flask,
    writer: Transaction,
    reader: Transaction,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paper_id = order(writer, told.response_id, told.people.mona.id)

    def no_pango() -> None:
        raise Unavailable("PDFs are off, since pango is missing", pdf.PANGO_LINE)

    with app.app_context(), monkeypatch.context() as patched:
        patched.setattr(pdf, "_weasyprint", no_pango)
        make_papers()
    failed = line(reader, paper_id)
    assert failed.state is PaperState.FAILED and "apt-get install libpango" in failed.reason
    with writer() as session:
        papers.retry(session, paper_id, now=NOW)
    with app.app_context():
        make_papers()
    assert line(reader, paper_id).state is PaperState.MADE


def test_one_bad_row_does_not_stop_the_others(
    app: Flask, writer: Transaction, reader: Transaction, told: Told
) -> None:
    with writer() as session:
        bad = paper_orders.account_paper(
            told.wave_id, told.people.nordwind, account="N", language="en", changes=(), asked_by_id=None
        )
        bad_id = papers.want(session, bad, now=NOW)
        session.connection().exec_driver_sql(
            f"UPDATE papers SET facts = '{{\"changes\": [7]}}' WHERE id = {bad_id}"
        )
    paper_id = order(writer, told.response_id, told.people.mona.id)
    with app.app_context():
        assert make_papers() == 2
    assert line(reader, bad_id).reason == "it cannot be drawn (TypeError)"
    assert line(reader, paper_id).state is PaperState.MADE


def test_the_sweep_rings_for_a_lost_bell_and_makes_nothing_itself(
    app: Flask, services: Services, writer: Transaction, reader: Transaction, told: Told
) -> None:
    paper_id = order(writer, told.response_id, told.people.mona.id)
    with app.app_context():
        assert schedule.sweep_once(services, NOW)["papers"] == 1
        assert schedule.sweep_once(services, NOW)["papers"] == 1
        assert line(reader, paper_id).state is PaperState.WANTED
        queue = services.bell.queue()
        assert len([job for job in queue.job_ids if "make_papers" in job]) == 1
        worker = Worker([queue], connection=services.bell.connection(), serializer=JSONSerializer)
        worker.stop = threading.Event()
        worker.work(burst=True, logging_level="WARNING")
    assert line(reader, paper_id).state is PaperState.MADE


def test_a_queue_that_is_away_loses_nothing(
    make_app: Callable[..., Flask], writer: Transaction, told: Told
) -> None:
    away = make_app(redis_url="redis://127.0.0.1:1/0")
    with away.app_context():
        assert not ring_for_papers(cast(Services, away.extensions["surveyd"]))
