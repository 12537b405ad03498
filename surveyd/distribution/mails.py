"""What a mail says: templates by name and language, and the function that gives each its context.

A mail is a folder `templates/emails/<name>/` with `subject`, `body.txt` and `body.html` for each
language. Contexts are plain JSON, complete when the row is queued; links are added when it is
sent, since the ledger keeps no tokens.

A template prints every text on one line: a name with line ends in it cannot become a paragraph of
its own. HTML is escaped besides.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, TemplateNotFound, select_autoescape
from markupsafe import Markup

from surveyd.base.clock import zone_named
from surveyd.base.mailer import one_line

LANGUAGES = {"en": "en_GB", "de": "de_DE"}
"""The languages that mails are written in, and where their dates are spelled."""


def _printed(value: object) -> object:
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


TEMPLATES = Environment(
    loader=PackageLoader("surveyd", "templates/emails"),
    autoescape=select_autoescape(["html"]),
    finalize=_printed,
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
    """The words of the mail `name`; a language it does not have falls back to English.

    Raises jinja2.UndefinedError when `context` lacks what a template prints.
    """
    templates = _templates(name, language)
    values = {**context, "links": links, "language": templates.language}
    subject = templates.subject.render(values).strip()
    return Words(subject, templates.text.render(values), templates.html.render(values, subject=subject))


@dataclass(frozen=True, slots=True)
class _Templates:
    language: str
    subject: Template
    text: Template
    html: Template


@lru_cache(maxsize=256)
def _templates(name: str, language: str) -> _Templates:
    for code in (language, language.split("-")[0].lower(), "en"):
        try:
            return _Templates(
                code,
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
    return format_date(datetime.fromisoformat(value), format="long", locale=LANGUAGES[language])


def _spelled_time(value: str, language: str) -> str:
    instant = datetime.fromisoformat(value).astimezone(UTC)
    return f"{format_date(instant, format='long', locale=LANGUAGES[language])}, {instant:%H:%M} UTC"


TEMPLATES.filters["spelled"] = _spelled
TEMPLATES.filters["spelled_time"] = _spelled_time
