"""What a mail says: templates by name and language, and the function that gives each its context.

A mail is a folder `templates/emails/<name>/` with `subject`, `body.txt` and `body.html` for each
language. Contexts are plain JSON, complete when the row is queued; links are added when it is
sent, since the ledger keeps no tokens.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, TemplateNotFound, select_autoescape

from surveyd.base.clock import zone_named

LANGUAGES = ("en", "de")
TEMPLATES = Environment(
    loader=PackageLoader("surveyd", "templates/emails"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


@dataclass(frozen=True, slots=True)
class Words:
    """A mail's words, rendered."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses in one person's mail; empty where the mail has none."""

    base: str
    survey: str = ""
    opt_out: str = ""
    page: str = ""

    @property
    def scale(self) -> list[tuple[int, str]]:
        """The eleven numbers, each with a link that opens the survey with that answer filled in."""
        return [(score, f"{self.survey}?score={score}") for score in range(11)]


def render(name: str, language: str, context: dict[str, Any], links: Links) -> Words:
    """The words of the mail `name`; a language it does not have falls back to English."""
    subject, text, html = _templates(name, language)
    values = {**context, "links": links, "language": language}
    return Words(subject.render(values).strip(), text.render(values), html.render(values))


@lru_cache(maxsize=256)
def _templates(name: str, language: str) -> tuple[Template, Template, Template]:
    for code in (language, language.split("-")[0], "en"):
        try:
            return (
                TEMPLATES.get_template(f"{name}/subject.{code}.txt"),
                TEMPLATES.get_template(f"{name}/body.{code}.txt"),
                TEMPLATES.get_template(f"{name}/body.{code}.html"),
            )
        except TemplateNotFound:
            if code == "en":
                raise
    raise AssertionError("every mail is there in English")


def wave_context(
    *, company: str, sender_name: str, contact: str, account: str, closes_at: datetime, time_zone: str
) -> dict[str, Any]:
    """What the invitation and its reminder say: who writes, to whom, and until when an answer counts."""
    return {
        "company": company,
        "sender_name": sender_name,
        "contact": contact,
        "account": account,
        "closes_on": closes_at.astimezone(zone_named(time_zone)).date().isoformat(),
    }


def thank_you_context(*, company: str, sender_name: str, contact: str, receipt: str) -> dict[str, Any]:
    """What the thank-you says."""
    return {"company": company, "sender_name": sender_name, "contact": contact, "receipt": receipt}


def _spelled(value: str, language: str) -> str:
    return format_date(datetime.fromisoformat(value), format="long", locale=language)


TEMPLATES.filters["spelled"] = _spelled
