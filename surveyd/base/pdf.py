"""Paper: HTML to PDF by WeasyPrint, which may fetch `data:` addresses and nothing else.

Each document is made in a child process: what the libraries for text keep for themselves goes with it, and
one that never comes to an end, or takes the process with it, harms nobody else.
"""

import importlib
import os
import signal
from functools import cache
from typing import Any, NoReturn, cast

from surveyd.base.errors import Unavailable
from surveyd.base.processes import die_with_parent

PANGO_LINE = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
SECONDS_AT_MOST = 90
MADE, FAILED = b"+", b"-"


def check_pdf() -> None:
    """Raise Unavailable, with the line that mends it, when this machine cannot make PDFs."""
    _weasyprint()


def write_pdf(html: str) -> bytes:
    """The PDF of a whole HTML document, tagged for screen readers (PDF/UA).

    Raises Unavailable without pango, and when it takes too long; other addresses stay empty.
    """
    _warm_up()
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        _make_apart(html, source, sink)
    os.close(sink)
    status = 1
    try:
        with os.fdopen(source, "rb") as pipe:
            said = pipe.read()
    finally:
        status = os.waitpid(child, 0)[1]
    if status or not said.startswith(MADE):
        at_length = f"it took longer than {SECONDS_AT_MOST} seconds, or too much memory"
        reason = said[1:].decode() if said.startswith(FAILED) else at_length
        raise Unavailable("The PDF could not be made", reason)
    return said[1:]


def _make_apart(html: str, source: int, sink: int) -> NoReturn:
    """The child's whole life. It leaves by the back door: what its parent has open is not its to close."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent()
        os.close(source)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(SECONDS_AT_MOST)
        said = _said(html)
        with os.fdopen(sink, "wb") as pipe:
            pipe.write(said)
        status = 0
    finally:
        os._exit(status)


def _said(html: str) -> bytes:
    try:
        return MADE + _draw(html)
    except Exception as error:
        return FAILED + type(error).__name__.encode()


def _draw(html: str) -> bytes:
    weasyprint = _weasyprint()
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    document = weasyprint.HTML(string=html, url_fetcher=fetcher)
    return cast(bytes, document.write_pdf(pdf_variant="pdf/ua-1"))


@cache
def _first() -> None:
    _draw("<!doctype html><title>-</title><p>-</p>")


def _warm_up() -> None:
    """Load the libraries and the fonts before the first child, which would do it anew each time."""
    _weasyprint()
    _first()


def _weasyprint() -> Any:  # the module has no types, and importing it needs pango
    try:
        return importlib.import_module("weasyprint")
    except OSError as error:
        raise Unavailable("PDFs are off, since pango is missing", f"{PANGO_LINE}") from error
