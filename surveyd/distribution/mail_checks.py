"""Whether a program's own words can be a mail: fields are known, what it needs is there, nothing runs.

A body written as MJML is compiled here, once; a mail is made from what was compiled.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from html.parser import HTMLParser

from mjml import mjml2html

from surveyd.base.errors import Fault
from surveyd.base.mailer import UNPRINTABLE
from surveyd.distribution.mail_fields import (
    ASKING,
    FIELD,
    FIELDS,
    Field,
    Part,
    Template,
    fields_of,
    kind_of_mail,
)
from surveyd.distribution.template_models import TemplateKind

CLIPPED_AT = 102_000
"""Bytes of HTML; Gmail hides what comes behind them, and that is the opt-out."""
ROOM = 8_000
"""Bytes that the numbers of the scale, the links and the letterhead take once they are filled in."""
LONGEST = {Part.SUBJECT: 200, Part.TEXT: 20_000, Part.HTML: 200_000}
EMPTY = {
    Part.SUBJECT: "Write a subject.",
    Part.TEXT: "Write the mail as plain text.",
    Part.HTML: "Write the mail as MJML or HTML.",
}
OPENS = re.compile(r"\{\{.*?(?:\}\}|$)|\{%", re.MULTILINE)
BEFORE = re.compile(r"<!--.*?-->|<\?xml[^>]*>", re.DOTALL)
MJML_BEGINS = "<mjml"
POSITION = re.compile(r" in root template(?: at position (\d+))?")
RUNS = {
    *("script", "iframe", "frame", "object", "embed", "applet", "svg", "math"),
    *("form", "input", "button", "base", "link", "mj-include"),
}
LINK_NAMES = {"href"}
SPOKEN = {"title", "alt", "aria-label"}
"""Attributes that are read out: a name can stand in them, in quotes."""
UNQUOTED = re.compile(r"=\s*[^\s\"'>]*\{\{")
SOURCES = {"src", "background", "background-url"}
LEADS = ("https://", "http://", "mailto:", "tel:", "#")
SHOWS = ("https://", "data:image/png", "data:image/jpeg", "data:image/gif")


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wrote: the subject, the text, and the body as MJML or HTML."""

    subject: str
    text: str
    source: str

    @property
    def kind(self) -> TemplateKind:
        """What the body is written in: its first tag says it."""
        begins = BEFORE.sub("", self.source).lstrip().lower().startswith(MJML_BEGINS)
        return TemplateKind.MJML if begins else TemplateKind.HTML

    def part(self, part: Part) -> str:
        """One part as it was written."""
        return {Part.SUBJECT: self.subject, Part.TEXT: self.text, Part.HTML: self.source}[part]


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check: the body as HTML, and what is wrong, each with its part and line."""

    html: str
    faults: tuple[Fault, ...]

    def template(self, draft: Draft, language: str) -> Template:
        """The draft as words that can be filled."""
        return Template(0, language, draft.subject, draft.text, self.html)


def compiled(draft: Draft) -> Checked:
    """The body as HTML, whatever else may be wrong; without HTML when it is MJML that cannot be read."""
    if draft.kind is TemplateKind.HTML:
        return Checked(draft.source, ())
    html, faults = _compiled(draft.source)
    return Checked(html, tuple(faults))


def check(draft: Draft, mail: str) -> Checked:
    """Compile the body and look for everything that must not or must be in it."""
    faults = [fault for part in Part for fault in _part_faults(draft.part(part), part, mail)]
    html = draft.source
    if draft.kind is TemplateKind.MJML and not faults:
        html, wrong = _compiled(draft.source)
        # What MJML itself adds is looked at as well, though it has no line.
        faults += wrong or [_fault(Part.HTML, 0, found.reason) for found in _html_faults(html, mail)]
    if not faults and len(html.encode()) + ROOM > CLIPPED_AT:
        size = f"{(len(html.encode()) + ROOM) // 1000} kB"
        said = f"The mail has {size}. Gmail hides what comes behind 102 kB, the opt-out link too; shorten it."
        faults.append(_fault(Part.HTML, 0, said))
    return Checked(html, tuple(faults))


def _part_faults(words: str, part: Part, mail: str) -> list[Fault]:
    if not words.strip():
        return [_fault(part, 1, EMPTY[part])]
    if len(words) > LONGEST[part]:
        return [_fault(part, 1, f"Shorten it to {LONGEST[part]} characters; it has {len(words)}.")]
    if part is Part.SUBJECT and UNPRINTABLE.search(words.strip()):
        return [_fault(part, 1, "Write the subject on one line.")]
    faults = [*_field_faults(words, part, mail), *_missing(words, part, mail)]
    return [*faults, *_html_faults(words, mail)] if part is Part.HTML else faults


def _field_faults(words: str, part: Part, mail: str) -> list[Fault]:
    faults = []
    for found in OPENS.finditer(words):
        said = _not_a_field(found[0], part, mail)
        if said:
            faults.append(_fault(part, _line(words, found.start()), said))
    return faults


def _not_a_field(written: str, part: Part, mail: str) -> str:
    """What is wrong with something in braces; empty for a field that can stand here."""
    there = [field.name for field in fields_of(mail) if part in field.parts]
    match = FIELD.fullmatch(written)
    if match is None:
        inside = written.strip("{}% ")
        near = _near(inside, there)
        return f"{written[:40]} is no field; only names such as {{{{ contact }}}} are filled in.{near}"
    name = match[1]
    if name in there:
        return ""
    if name not in FIELDS:
        return f"There is no field {name}.{_near(name, there)}"
    if part not in FIELDS[name].parts:
        return f"The field {name} cannot stand in the {part.value}."
    return f"The field {name} is not known in this mail."


def _near(name: str, there: list[str]) -> str:
    close = get_close_matches(name.lower(), there, n=1, cutoff=0.5)
    return f" Did you mean {{{{ {close[0]} }}}}?" if close else f" There are: {', '.join(there)}."


def _missing(words: str, part: Part, mail: str) -> list[Fault]:
    used = set(FIELD.findall(words))
    needed = [field for field in fields_of(mail) if part in field.required_in and field.name not in used]
    faults = [_fault(part, 0, f"Put {{{{ {field.name} }}}} in: {_why(field)}.") for field in needed]
    if part is Part.SUBJECT or "survey_link" not in {field.name for field in fields_of(mail)}:
        return faults
    ways = {"survey_link", "scale"} if part is Part.HTML and kind_of_mail(mail) == ASKING else {"survey_link"}
    if not ways & used:
        named = " or ".join(f"{{{{ {name} }}}}" for name in sorted(ways, reverse=True))
        faults.append(_fault(part, 0, f"Put {named} in: without it nobody can answer."))
    return faults


def _why(field: Field) -> str:
    return {
        "opt_out_link": "every mail says how to stop",
        "postal_address": "every mail says where you are",
        "legal_footer": "every mail carries the program's legal text",
    }[field.name]


def _compiled(source: str) -> tuple[str, list[Fault]]:
    try:
        # Without fonts: the usual one would be fetched from somebody else each time a mail is opened.
        return mjml2html(source, fonts={}), []
    except ValueError as error:
        at = POSITION.search(str(error))
        line = _line(source.encode(), int(at[1])) if at and at[1] else 0
        said = POSITION.split(str(error))[0][:200]
        return "", [_fault(Part.HTML, line, f"The MJML cannot be read: {said}.")]


def _line(words: str | bytes, at: int) -> int:
    before = words[:at]
    return 1 + (before.count("\n") if isinstance(before, str) else before.count(b"\n"))


def _fault(part: Part, line: int, reason: str) -> Fault:
    return Fault(part.value, line, "", reason)


def _html_faults(html: str, mail: str) -> list[Fault]:
    outline = _Outline()
    outline.feed(html)
    outline.close()
    return outline.faults


class _Outline(HTMLParser):
    """Reads a body for what would run, fetch or lead astray, and for fields where they cannot stand."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[Fault] = []
        self.inside: str = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in RUNS:
            self._say(f"A mail cannot have <{tag}>; take it out.")
        if tag == "meta" and "refresh" in (dict(attrs).get("http-equiv") or "").lower():
            self._say("A mail cannot lead on by itself; take the refresh out.")
        written = FIELD.findall(self.get_starttag_text() or "")
        if len(written) != sum(len(FIELD.findall(value or "")) for _, value in attrs):
            self._say(f"Put the value with the field {written[0]} in quotes.")
        for name, value in attrs:
            self._attribute(name, (value or "").strip())
        self.inside = tag if tag in ("style", "mj-style") else self.inside

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == self.inside else self.inside

    def handle_data(self, data: str) -> None:
        if self.inside and FIELD.search(data):
            self._say("A field cannot stand in a style.")

    def _attribute(self, name: str, value: str) -> None:
        used = FIELD.findall(value)
        if name.startswith("on"):
            self._say(f"A mail runs nothing; take the attribute {name} out.")
        elif name in LINK_NAMES:
            self._link(value, used)
        elif name in SPOKEN and used and _are_words(used):
            if UNQUOTED.search(self.get_starttag_text() or ""):
                self._say(f"Put the attribute {name} in quotes.")
        elif used:
            self._say(f"The field {used[0]} cannot stand in the attribute {name}; only links stand in href.")
        elif name in SOURCES and value and not value.lower().startswith(SHOWS):
            self._say(f"A picture comes from an address that begins with https://, not {value[:40]!r}.")

    def _link(self, value: str, used: list[str]) -> None:
        if not used:
            if value and not value.lower().startswith(LEADS):
                self._say(f"A link begins with https://, mailto: or tel:, not {value[:40]!r}.")
            return
        known = FIELDS.get(used[0])
        if len(used) > 1 or known is None or not known.is_link or not FIELD.match(value):
            self._say(f"The field {used[0]} is no link; write href='{{{{ survey_link }}}}'.")

    def _say(self, reason: str) -> None:
        self.faults.append(_fault(Part.HTML, self.getpos()[0], reason))


def _are_words(used: list[str]) -> bool:
    return all(Part.SUBJECT in FIELDS[name].parts for name in used if name in FIELDS)
