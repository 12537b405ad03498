"""What a program's own words begin from: the shipped mail, with the names of fields in their places."""

import re
from dataclasses import dataclass
from functools import cache

from surveyd.distribution.mail_fields import FIELDS, Letterheading, Stationery, Template
from surveyd.distribution.mails import TEMPLATES, Links, direction, render, scale, spoken

NAMES = {"sender": "sender_name"}
"""What the context calls a field that has another name."""
PREVIEW = re.compile(r'<div style="display: none[^>]*>(.*?)</div>', re.DOTALL)
MIDDLE = re.compile(
    r'<td style="padding: 24px 24px 8px;[^>]*>(.*)</td></tr>\s*<tr><td class="line', re.DOTALL
)
FOOT = re.compile(r'<td class="line quiet"[^>]*>(.*?)<p ', re.DOTALL)
BLOCK = re.compile(r"<(p|td)\b([^>]*)>(.*?)</\1>|\{\{ scale \}\}", re.DOTALL)
TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph of a mail: `ink`, `quiet`, `strong`, or the `button` to the survey."""

    kind: str
    words: str


@cache
def starter(mail: str, language: str) -> Template:
    """The shipped mail as own words, its body as HTML; a mail that is not shipped begins as the reminder."""
    code = spoken(language)
    links = Links(survey=_place("survey_link"), opt_out=_place("opt_out_link"))
    context = {NAMES.get(name, name): _place(name) for name in FIELDS}
    letterhead = Letterheading(_place("postal_address"), ((code, _place("legal_footer")),))
    words = render(mail, code, context, links, Stationery(letterhead=letterhead))
    html = words.html.replace(scale(links, code), _place("scale"))
    return Template(0, language, words.subject, words.text, html)


@cache
def mjml_starter(mail: str, language: str) -> str:
    """The body of the same mail as MJML: its sentences in one column, with dark colours."""
    shipped, code = starter(mail, language), spoken(language)
    made = TEMPLATES.get_template("starter.mjml").render(
        {name: _place(name) for name in FIELDS},
        language=code,
        side="right" if direction(code) == "rtl" else "left",
        subject=shipped.subject,
        preview=_first(PREVIEW, shipped.html),
        blocks=[_block(match) for match in BLOCK.finditer(_first(MIDDLE, shipped.html))],
        foot=_first(FOOT, shipped.html),
    )
    return made.strip() + "\n"


def _block(match: re.Match[str]) -> Block:
    if match[1] is None:
        return Block("ink", match[0])
    if 'class="button"' in match[3]:
        return Block("button", TAG.sub("", match[3]))
    kind = "quiet" if 'class="quiet"' in match[2] else "strong" if "font-weight: 600" in match[2] else "ink"
    return Block(kind, " ".join(match[3].split()))


def _first(pattern: re.Pattern[str], html: str) -> str:
    found = pattern.search(html)
    return " ".join(found[1].split()) if found else ""


def _place(name: str) -> str:
    return f"{{{{ {name} }}}}"
