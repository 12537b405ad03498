"""PDFs in the browser: asked for by a POST, made by the worker, shown with their state to their reader."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from surveyd.base import pdf
from surveyd.base.clock import SetClock
from surveyd.base.errors import Unavailable
from surveyd.closed_loop.models import Case
from surveyd.distribution.paper_models import Paper
from surveyd.reports.jobs import make_papers
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn, Staff


def ask(staff: Staff, office: Office) -> str:
    """Press "As a PDF" on Anna's response; returns the address of the page that follows."""
    answer = staff.post(f"/staff/responses/{office.anna}/pdf")
    assert answer.status_code == 303
    return answer.location


def make(app: Flask) -> None:
    """What the worker does when the bell rings."""
    with app.app_context():
        make_papers()


def test_a_pdf_is_asked_for_made_and_opened(app: Flask, office: Office, sign_in: SignIn) -> None:
    mona = sign_in(office.cast.mona)
    assert 'action="/staff/responses/1/pdf"' in mona.get(f"/staff/responses/{office.anna}").text
    page = ask(mona, office)

    waiting = mona.get(page)
    assert "The PDF is being made" in waiting.text and waiting.headers["Refresh"] == "2"
    make(app)
    ready = mona.get(page)
    assert "The PDF is ready" in ready.text and "Refresh" not in ready.headers
    file = mona.get(f"{page}/file")
    assert file.mimetype == "application/pdf" and file.data.startswith(b"%PDF-")
    assert file.headers["Content-Disposition"] == 'inline; filename="Anna Adler, Nordwind.pdf"'
    assert file.headers["Cache-Control"] == "no-store"


def test_a_second_press_makes_it_anew_and_keeps_the_last_file_until_then(
    app: Flask, office: Office, sign_in: SignIn
) -> None:
    mona = sign_in(office.cast.mona)
    page = ask(mona, office)
    make(app)
    assert ask(mona, office) == page == ask(mona, office)
    again = mona.get(page)
    assert "The PDF is being made" in again.text and "Open the last PDF" in again.text
    assert mona.get(f"{page}/file").status_code == 200
    assert mona.get(f"/staff/responses/{office.anna}/pdf").location == page


def test_before_anybody_asked_there_is_only_the_response(office: Office, sign_in: SignIn) -> None:
    mona = sign_in(office.cast.mona)
    assert mona.get(f"/staff/responses/{office.anna}/pdf").location == f"/staff/responses/{office.anna}"
    page = ask(mona, office)
    assert mona.get(f"{page}/file").status_code == 404


@pytest.mark.parametrize("name", ["milo", "outsider", "admin", "leader", "executive"])
def test_a_pdf_is_its_readers_alone(app: Flask, office: Office, sign_in: SignIn, name: str) -> None:
    page = ask(sign_in(office.cast.mona), office)
    make(app)
    other = sign_in(getattr(office.cast, name))
    assert other.get(page).status_code == 404
    assert other.get(f"{page}/file").status_code == 404
    assert other.post(page).status_code == 404


@pytest.mark.parametrize("name", ["milo", "outsider", "support"])
def test_nobody_asks_for_what_they_may_not_see(office: Office, sign_in: SignIn, name: str) -> None:
    staff = sign_in(getattr(office.cast, name))
    assert staff.post(f"/staff/responses/{office.anna}/pdf").status_code == 404
    assert staff.get(f"/staff/responses/{office.anna}/pdf").status_code == 404


def test_who_hands_the_case_on_hands_the_paper_in(
    app: Flask, office: Office, sign_in: SignIn, writer: Transaction, hand_case_to: Callable[[int], None]
) -> None:
    hand_case_to(office.cast.support.id)
    support = sign_in(office.cast.support)
    page = ask(support, office)
    make(app)
    assert support.get(f"{page}/file").status_code == 200
    with writer() as session:
        session.execute(update(Case).values(owner_id=office.cast.mona.id))
    assert support.get(f"{page}/file").status_code == 404


def test_what_failed_says_how_to_mend_it_and_is_tried_again(
    app: Flask, office: Office, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    mona = sign_in(office.cast.mona)
    page = ask(mona, office)

    def no_pango() -> None:
        raise Unavailable("PDFs are off, since pango is missing", pdf.PANGO_LINE)

    with monkeypatch.context() as patched:
        patched.setattr(pdf, "_weasyprint", no_pango)
        make(app)
    failed = mona.get(page)
    assert "could not be made" in failed.text and "apt-get install libpango" in failed.text
    assert "Refresh" not in failed.headers
    assert mona.get(f"/staff/responses/{office.anna}").status_code == 200
    assert mona.post(page).location == page
    make(app)
    assert "The PDF is ready" in mona.get(page).text


def test_a_worker_that_is_missing_is_said_after_a_minute(
    office: Office, sign_in: SignIn, clock: SetClock
) -> None:
    mona = sign_in(office.cast.mona)
    page = ask(mona, office)
    clock.instant = NOW + timedelta(minutes=2)
    assert "Nobody makes PDFs at the moment" in mona.get(page).text


def test_opening_a_page_asks_for_nothing(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    mona = sign_in(office.cast.mona)
    mona.get(f"/staff/responses/{office.anna}/pdf")
    mona.get("/staff/papers/1")
    with reader() as session:
        assert session.query(Paper).count() == 0
