"""Paper: HTML to PDF by WeasyPrint, which may fetch `data:` addresses and nothing else."""

import importlib
from typing import Any, cast

from surveyd.base.errors import Unavailable

PANGO_LINE = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"


def check_pdf() -> None:
    """Raise Unavailable, with the line that mends it, when this machine cannot make PDFs."""
    _weasyprint()


def write_pdf(html: str) -> bytes:
    """The PDF of a whole HTML document, tagged for screen readers (PDF/UA).

    Raises Unavailable without pango; other addresses stay empty.
    """
    weasyprint = _weasyprint()
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    return cast(bytes, weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf(pdf_variant="pdf/ua-1"))


def _weasyprint() -> Any:  # the module has no types, and importing it needs pango
    try:
        return importlib.import_module("weasyprint")
    except OSError as error:
        raise Unavailable("PDFs are off, since pango is missing", f"{PANGO_LINE}") from error
