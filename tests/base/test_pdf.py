"""PDFs are made in a child process, whose end is noticed whatever it was."""

import os
import signal

import pytest

from surveyd.base import pdf
from surveyd.base.errors import Unavailable

# None of this depends on the database.
HTML = "<!doctype html><title>A paper</title><h1>A paper</h1>"


@pytest.fixture(autouse=True)
def with_pango() -> None:
    try:
        pdf.check_pdf()
    except Unavailable as reason:
        pytest.skip(str(reason))


def test_a_document_becomes_a_pdf() -> None:
    assert pdf.write_pdf(HTML).startswith(b"%PDF-")


def test_a_child_that_is_killed_makes_no_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf.write_pdf(HTML)
    monkeypatch.setattr(pdf, "_draw", lambda html: os.kill(os.getpid(), signal.SIGKILL))

    with pytest.raises(Unavailable, match="longer than 90 seconds, or too much memory"):
        pdf.write_pdf(HTML)


def test_a_drawing_that_fails_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf.write_pdf(HTML)

    def fail(html: str) -> bytes:
        raise ValueError(html)

    monkeypatch.setattr(pdf, "_draw", fail)

    with pytest.raises(Unavailable, match="ValueError"):
        pdf.write_pdf(HTML)


def test_a_child_without_a_reader_ends_by_itself() -> None:
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        spare, _ = os.pipe()
        pdf._make_apart(HTML, spare, sink)
    os.close(sink)
    os.close(source)

    assert os.waitpid(child, 0)[1] != 0, "the child went on as if somebody had read it"
