"""A program's own words for a mail: the fields that are filled into them, and how.

What a person wrote is never run: `{{ contact }}` is replaced where the name is one of FIELDS, and everything
else stays as it was typed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import escape


class Part(StrEnum):
    """The three parts of a mail."""

    SUBJECT = "subject"
    TEXT = "text"
    HTML = "html"


BODIES = (Part.TEXT, Part.HTML)
EVERYWHERE = (Part.SUBJECT, *BODIES)
FIELD = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
ASKING, THANKING, FOLLOWING = "reminder", "thank_you", "case_solved"
ALL_MAILS = (ASKING, THANKING, FOLLOWING)
"""The kinds of mails by what they can say: every mail that a step sends asks, as the reminder does."""
SCALE_WORDS = {
    "en": ("of 10", "not at all likely", "extremely likely"),
    "de": ("von 10", "sehr unwahrscheinlich", "sehr wahrscheinlich"),
    "fr": ("sur 10", "pas du tout probable", "tout à fait probable"),
    "es": ("de 10", "nada probable", "muy probable"),
    "ja": ("（10点満点）", "まったくない", "非常に高い"),
    "ar": ("من 10", "غير محتمل على الإطلاق", "محتمل جدًا"),
}
"""What a screen reader says of the eleven numbers: how many there are, the lowest, the highest."""


@dataclass(frozen=True, slots=True)
class Field:
    """One name that is filled in, in which parts and in which kinds of mails it can stand."""

    name: str
    parts: tuple[Part, ...] = EVERYWHERE
    mails: tuple[str, ...] = ALL_MAILS
    is_link: bool = False
    required_in: tuple[Part, ...] = ()


FIELDS = {
    field.name: field
    for field in (
        Field("contact"),
        Field("account", mails=(ASKING,)),
        Field("company"),
        Field("sender"),
        Field("closes_on", mails=(ASKING,)),
        Field("takes", mails=(ASKING,)),
        Field("receipt", mails=(THANKING,)),
        Field("scale", parts=(Part.HTML,), mails=(ASKING,)),
        Field("survey_link", parts=BODIES, mails=(ASKING, FOLLOWING), is_link=True),
        Field("opt_out_link", parts=BODIES, is_link=True, required_in=BODIES),
        Field("postal_address", parts=BODIES, required_in=BODIES),
        Field("legal_footer", parts=BODIES, required_in=BODIES),
    )
}


def kind_of_mail(mail: str) -> str:
    """Which of ALL_MAILS a mail is like."""
    return mail if mail in ALL_MAILS else ASKING


def fields_of(mail: str) -> tuple[Field, ...]:
    """What can be filled into this mail."""
    return tuple(field for field in FIELDS.values() if kind_of_mail(mail) in field.mails)


@dataclass(frozen=True, slots=True)
class Template:
    """A program's own words for one mail in one language; `id` is the version's, 0 for what is not saved."""

    id: int
    language: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Letterheading:
    """What stands under every mail of a program: its postal address and its legal text by language."""

    postal_address: str = ""
    legal: tuple[tuple[str, str], ...] = ()

    def legal_in(self, language: str) -> str:
        """The legal text in this language, else the first one that there is."""
        texts = dict(self.legal)
        return texts.get(language) or next(iter(texts.values()), "")

    def lines(self, language: str) -> tuple[str, ...]:
        """The legal text and the postal address, line by line."""
        return tuple(f"{self.legal_in(language)}\n{self.postal_address}".strip().splitlines())


BLANK = Letterheading()


@dataclass(frozen=True, slots=True)
class Stationery:
    """On what a mail is written: the program's own words, if it has some, and its letterhead."""

    template: Template | None = None
    letterhead: Letterheading = BLANK


PLAIN = Stationery()


@dataclass(frozen=True, slots=True)
class Value:
    """What a field becomes, in the subject and the text, and in the HTML."""

    text: str
    html: str


def written(text: str) -> Value:
    """A person's text on one line."""
    return Value(text, str(escape(text)))


def written_lines(text: str) -> Value:
    """A text of several lines, each in the direction of its own words: an address is one in Arabic, too."""
    lines = text.splitlines()
    return Value("\n".join(lines), "<br>\n".join(f"<bdi>{escape(line)}</bdi>" for line in lines))


def filled(template: Template, values: Mapping[str, Value]) -> tuple[str, str, str]:
    """Subject, text and HTML with every field in them replaced; what is no field of ours stays as it is."""

    def fill(words: str, part: Part) -> str:
        return FIELD.sub(lambda match: _said(match, values, part), words)

    subject = fill(template.subject, Part.SUBJECT)
    return subject.strip(), fill(template.text, Part.TEXT), fill(template.html, Part.HTML)


def _said(match: re.Match[str], values: Mapping[str, Value], part: Part) -> str:
    value = values.get(match[1])
    if value is None:
        return match[0]
    return value.html if part is Part.HTML else value.text
