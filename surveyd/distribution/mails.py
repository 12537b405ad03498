"""What a mail says: templates by name and language, and the function that gives each its context.

A mail is a folder `templates/emails/<name>/` with `subject`, `body.txt` and `body.html` for each
language. Contexts are plain JSON, complete when the row is queued; links are added when it is
sent, since the ledger keeps no tokens.

A template prints every text on one line: a name with line ends in it cannot become a paragraph of
its own. HTML is escaped besides.

A program may have words of its own for a mail, see `mail_fields`, and has a postal address and a legal text
that stand under every mail to its contacts.

A wave's mails differ in a few names and links only. So a template is rendered once for all that is
the same, with a mark in the place of each name and link; a mail is then put together from pieces.
"""

import json
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateNotFound, select_autoescape
from jinja2 import Template as Shipped
from markupsafe import Markup, escape

from surveyd.base.clock import zone_named
from surveyd.base.mailer import one_line
from surveyd.distribution.mail_fields import (
    ASKING,
    FIELD,
    PLAIN,
    SCALE_WORDS,
    Stationery,
    Template,
    Value,
    filled,
    written,
    written_lines,
)
from surveyd.forms.pace import said

LANGUAGES = {"en": "en_GB", "de": "de_DE", "fr": "fr_FR", "es": "es_ES", "ja": "ja_JP", "ar": "ar"}
"""The languages that mails are written in, and where their dates are spelled."""
USUAL_SECONDS = 120
PERSONAL = ("contact", "account", "receipt")
"""The facts that differ from mail to mail: a template prints them and decides nothing by them."""
LINKS = ("survey", "opt_out")


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
    """A mail's words, rendered. A body is in pieces, of which most are the same in a whole wave's mails."""

    subject: str
    text_pieces: tuple[str, ...]
    html_pieces: tuple[str, ...]

    @property
    def text(self) -> str:
        """The plain text, whole."""
        return "".join(self.text_pieces)

    @property
    def html(self) -> str:
        """The HTML, whole."""
        return "".join(self.html_pieces)


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses in one person's mail; empty where the mail has none."""

    survey: str = ""
    opt_out: str = ""
    page: str = ""

    @property
    def scale(self) -> list[tuple[int, str]]:
        """The eleven numbers, each with a link that opens the survey with that answer filled in."""
        return [(score, f"{self.survey}?score={score}") for score in range(11)]


def render(
    name: str, language: str, context: dict[str, Any], links: Links, stationery: Stationery = PLAIN
) -> Words:
    """The words of the mail `name`, the program's own or the shipped ones.

    A language that the shipped mail does not have falls back to English, a name that is no shipped mail to
    the reminder. Raises jinja2.UndefinedError when `context` lacks what a shipped template prints.
    """
    texts = {key: one_line(context[key]) for key in PERSONAL if key in context}
    texts |= {key: address for key in LINKS if (address := getattr(links, key))}
    same = {key: value for key, value in context.items() if key not in texts}
    skeleton = _skeleton(name, language, json.dumps(same), tuple(texts), links.page, stationery)
    escaped = {key: str(escape(value)) for key, value in texts.items()}
    return Words(
        "".join(_fill(skeleton.subject, texts)).strip(),
        _fill(skeleton.text, texts),
        _fill(skeleton.html, escaped),
    )


@dataclass(frozen=True, slots=True)
class _Skeleton:
    """A mail without its names and links: pieces, and at every second place the key of what belongs there."""

    subject: tuple[str, ...]
    text: tuple[str, ...]
    html: tuple[str, ...]


# Nobody can type a mark, since its number is drawn when the process starts.
_MARK = f"\ue000{secrets.token_hex(8)}-{{}}\ue001"
_MARKS = re.compile(_MARK.format("([a-z_]+)"))


@lru_cache(maxsize=512)
def _skeleton(  # noqa: PLR0917  # each of them is part of the key
    name: str, language: str, same: str, keys: tuple[str, ...], page: str, stationery: Stationery
) -> _Skeleton:
    marks = {key: _MARK.format(key) for key in keys}
    links = Links(marks.get("survey", ""), marks.get("opt_out", ""), page)
    values = {**json.loads(same), **{key: mark for key, mark in marks.items() if key not in LINKS}}
    if stationery.template is None:
        rendered = _shipped(name, language, values, links, stationery)
    else:
        rendered = filled(stationery.template, _values(stationery.template, values, links, stationery))
    return _Skeleton(*(tuple(_MARKS.split(part)) for part in rendered))


def _shipped(
    name: str, language: str, values: dict[str, Any], links: Links, stationery: Stationery
) -> tuple[str, str, str]:
    templates = _templates(name, language)
    footer = stationery.letterhead.lines(templates.language)
    values = {**values, "links": links, "language": templates.language, "footer": footer}
    subject = templates.subject.render(values).strip()
    text = templates.text.render(values)
    below = "".join(f"{one_line(line)}\n" for line in ("", *footer)) if footer else ""
    return (
        subject,
        f"{text.rstrip()}\n{below}" if below else text,
        templates.html.render(values, subject=subject),
    )


def _values(
    template: Template, values: dict[str, Any], links: Links, stationery: Stationery
) -> dict[str, Value]:
    """What the fields of a program's own words become; a fact that is not there becomes nothing."""
    code = spoken(template.language)
    texts = {key: str(values.get(key, "")) for key in (*PERSONAL, "company")}
    texts["sender"] = str(values.get("sender_name", ""))
    texts["closes_on"] = _spelled(values["closes_on"], code) if "closes_on" in values else ""
    texts["takes"] = _lasting(values.get("takes"), code)
    texts |= {"survey_link": links.survey, "opt_out_link": links.opt_out}
    known = {name: written(one_line(text)) for name, text in texts.items()}
    known["postal_address"] = written_lines(stationery.letterhead.postal_address)
    known["legal_footer"] = written_lines(stationery.letterhead.legal_in(template.language))
    return known | {"scale": Value("", scale(links, template.language) if links.survey else "")}


def scale(links: Links, language: str) -> str:
    """The eleven numbers as HTML, each a link."""
    code = spoken(language)
    side = "right" if direction(code) == "rtl" else "left"
    block: Any = TEMPLATES.get_template("parts.html").module
    return str(block.scale(links, *SCALE_WORDS[code], side=side)).strip()


def spoken(language: str) -> str:
    """The one of LANGUAGES that comes nearest: itself, without its region, else English."""
    return next((code for code in (language, language.split("-")[0].lower()) if code in LANGUAGES), "en")


def _fill(pieces: tuple[str, ...], texts: dict[str, str]) -> tuple[str, ...]:
    return tuple([texts[piece] if place % 2 else piece for place, piece in enumerate(pieces)])


@dataclass(frozen=True, slots=True)
class _Templates:
    language: str
    subject: Shipped
    text: Shipped
    html: Shipped


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
            continue
    if name == ASKING:
        raise AssertionError("every mail is there in English")
    # A step of a program's own asks as the reminder does, until it has words of its own.
    return _templates(ASKING, language)


def wave_context(
    *,
    company: str,
    sender_name: str,
    contact: str,
    account: str,
    closes_at: datetime,
    time_zone: str,
    takes: int | None = None,
) -> dict[str, Any]:
    """What the invitation and its reminder say: who writes, to whom, until when an answer counts.

    `takes` is how many seconds an answer takes; without it a usual time is said.
    """
    return {
        "company": company,
        "sender_name": sender_name,
        "contact": contact,
        "account": account,
        "closes_on": closes_at.astimezone(zone_named(time_zone)).date().isoformat(),
        "takes": takes or USUAL_SECONDS,
    }


def case_solved_context(*, company: str, sender_name: str, contact: str) -> dict[str, Any]:
    """What the mail says that asks whether a closed case is solved."""
    return {"company": company, "sender_name": sender_name, "contact": contact}


def thank_you_context(*, company: str, sender_name: str, contact: str, receipt: str) -> dict[str, Any]:
    """What the thank-you says."""
    return {"company": company, "sender_name": sender_name, "contact": contact, "receipt": receipt}


def spelled(day: date, language: str) -> str:
    """A day with its month's name, as it is written in one of LANGUAGES."""
    written = format_date(day, format="long", locale=LANGUAGES[language])
    # The first of a month is an ordinal in French, which the locale's pattern does not know.
    return written.replace("1 ", "1er ", 1) if language == "fr" and day.day == 1 else written


# A starter of a program's own words fills in the names of the fields, see `mail_starters`.
def _spelled(value: str, language: str) -> str:
    if FIELD.fullmatch(value):
        return value
    return spelled(datetime.fromisoformat(value), language)


def _lasting(value: object, language: str) -> str:
    """Seconds as whole minutes; a row that an older version queued does not say how many."""
    if isinstance(value, str) and FIELD.fullmatch(value):
        return value
    seconds = value if isinstance(value, int) else USUAL_SECONDS
    return said(60 * max(1, round(seconds / 60)), language)


def direction(language: str) -> str:
    """The way in which one of LANGUAGES is written: ltr or rtl."""
    return Locale.parse(LANGUAGES[language]).text_direction


def _spelled_due(value: str, time_zone: str) -> str:
    local = datetime.fromisoformat(value).astimezone(zone_named(time_zone))
    day = format_date(local, format="EEEE d MMMM y", locale=LANGUAGES["en"])
    return f"{day}, {local:%H:%M} {local.tzname()}"


TEMPLATES.filters["lasting"] = _lasting
TEMPLATES.filters["spelled"] = _spelled
TEMPLATES.filters["direction"] = direction
TEMPLATES.filters["spelled_due"] = _spelled_due
