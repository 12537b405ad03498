"""What a letter says: its texts for each audience and language, with names and lists that are filled in.

A name in braces stands for the reader's own: {contact}, {account}, {company}, {sender}. A list in braces ends
a paragraph: {heard}, {changed} and {planned} stand for what the chosen actions say. A paragraph whose list is
empty is left out. Nothing else may stand in braces, and what is filled in is never read again.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from surveyd.base.errors import Refused
from surveyd.base.mailer import one_line
from surveyd.closed_loop.models import Audience
from surveyd.distribution.mails import LANGUAGES

NAMES = ("contact", "account", "company", "sender")
LISTS = ("heard", "changed", "planned")
LONGEST_SUBJECT, LONGEST_PARAGRAPH, LONGEST_SIGNATURE = 200, 2000, 500
MOST_PARAGRAPHS = 12
BRACES = re.compile(r"\{([^{}]*)\}|[{}]")
LIST_AT_END = re.compile(r"\s*\{(" + "|".join(LISTS) + r")\}\s*$")


@dataclass(frozen=True, slots=True)
class Variant:
    """One text of a letter. A signature may have several lines; a paragraph and the subject have one."""

    audience: Audience
    language: str
    subject: str
    paragraphs: tuple[str, ...]
    signature: str

    @property
    def key(self) -> tuple[str, str]:
        """What there is only one text for."""
        return self.audience.value, self.language


@dataclass(frozen=True, slots=True)
class Point:
    """What a letter tells of one action. An empty region is everywhere; so is an empty text nothing."""

    action_id: int
    region: str
    heard: str
    changed: str
    planned: str


@dataclass(frozen=True, slots=True)
class Content:
    """A whole letter, as an executive approves it."""

    variants: tuple[Variant, ...]
    points: tuple[Point, ...]

    @property
    def digest(self) -> str:
        """The SHA-256 of all that may be sent, 64 hexadecimal digits."""
        canonical = json.dumps(self.as_json(), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def has(self, audience: Audience) -> bool:
        """Whether there is a text for that audience, in any language."""
        return any(text.audience is audience for text in self.variants)

    def points_for(self, region: str) -> tuple[Point, ...]:
        """What is told in a region: its own points, and those for everywhere."""
        return tuple(point for point in self.points if point.region in ("", region))

    def as_json(self) -> dict[str, Any]:
        """The content as plain data."""
        return {
            "variants": [asdict(variant) for variant in sorted(self.variants, key=lambda one: one.key)],
            "points": [asdict(point) for point in self.points],
        }

    def text_for(self, audience: Audience, *, language: str, fallback: str) -> Variant:
        """The text for such a reader: their language first, then the program's; their audience, then all's.

        Who did not answer gets only a text for them. Raises Refused when there is none.
        """
        wider = (audience,) if audience is Audience.SILENT else (audience, Audience.DEFAULT)
        known = {variant.key: variant for variant in self.variants}
        others = sorted({variant.language for variant in self.variants})
        for code in (language_of(language), language_of(fallback), *others):
            for kind in wider:
                if (kind.value, code) in known:
                    return known[kind.value, code]
        raise Refused(f"The letter has no text for {audience.value.replace('_', ' ')} readers; write one.")


def content_of(data: Mapping[str, Any]) -> Content:
    """Read back what `Content.as_json` wrote."""
    variants = tuple(
        Variant(
            Audience(one["audience"]),
            one["language"],
            one["subject"],
            tuple(one["paragraphs"]),
            one["signature"],
        )
        for one in data["variants"]
    )
    return Content(variants, tuple(Point(**one) for one in data["points"]))


def language_of(tag: str) -> str:
    """The language of a tag such as `de-AT`, of those that letters are written in; empty for others."""
    code = tag.split("-")[0].lower()
    return code if code in LANGUAGES else ""


def checked(variant: Variant) -> Variant:
    """The text with its blanks tidied. Raises Refused with the place of what cannot stand there."""
    clean = Variant(
        variant.audience,
        language_of(variant.language),
        _one_line(variant.subject),
        tuple(filter(None, map(_one_line, variant.paragraphs))),
        "\n".join(filter(None, map(_one_line, variant.signature.splitlines()))),
    )
    if not clean.language:
        raise Refused(f"Letters are written in {', '.join(LANGUAGES)}; {variant.language!r} is none of them.")
    for place, text, most in _parts(clean):
        if not text:
            raise Refused(f"{place} is empty; write it.")
        if len(text) > most:
            raise Refused(f"{place} has {len(text)} characters; {most} is the most.")
        _check_braces(place, text)
    if not clean.paragraphs:
        raise Refused("The letter has no paragraph; write one at least.")
    if len(clean.paragraphs) > MOST_PARAGRAPHS:
        raise Refused(f"The letter has {len(clean.paragraphs)} paragraphs; {MOST_PARAGRAPHS} is the most.")
    return clean


def _parts(variant: Variant) -> list[tuple[str, str, int]]:
    paragraphs = [
        (f"Paragraph {number}", text, LONGEST_PARAGRAPH)
        for number, text in enumerate(variant.paragraphs, start=1)
    ]
    return [
        ("The subject", variant.subject, LONGEST_SUBJECT),
        *paragraphs,
        ("The signature", variant.signature, LONGEST_SIGNATURE),
    ]


def _check_braces(place: str, text: str) -> None:
    if place.startswith("Paragraph"):
        text = LIST_AT_END.sub("", text)
    for found in BRACES.finditer(text):
        if found[1] not in NAMES:
            near = text[max(0, found.start() - 20) : found.end() + 20]
            raise Refused(f"{place} has {found[0]!r} near {near!r}: {_hint(found[1], place)}")


def _hint(name: str | None, place: str) -> str:
    names = ", ".join(f"{{{known}}}" for known in NAMES)
    if name in LISTS:
        return f"the list {{{name}}} stands at the end of a paragraph, and of nothing else."
    lists = ", ".join(f"{{{known}}}" for known in LISTS)
    more = f"; a paragraph may end with {lists}" if place.startswith("Paragraph") else ""
    return f"known names are {names}{more}."


def _one_line(text: str) -> str:
    # U+E000 marks what is filled into a mail; no text may hold it.
    return " ".join(one_line(text.replace("\ue000", " ")).split())


def letter_context(
    variant: Variant,
    told: Sequence[Point],
    *,
    names: Mapping[str, str],
    written_on: str,
    has_paper: bool,
) -> dict[str, Any]:
    """What the mail `letter` prints: `names` are contact, account, company and sender_name.

    The texts stay in pieces, so that the letters of one variant differ in their names alone. `written_on` is
    an ISO date; `told` is what the lists hold.
    """
    return {
        **names,
        "written_on": written_on,
        "answered": variant.audience is not Audience.SILENT,
        "has_paper": has_paper,
        "subject_pieces": _pieces(variant.subject),
        "paragraphs": [one for text in variant.paragraphs if (one := _paragraph(text, told))],
        "signature": [_pieces(line) for line in variant.signature.splitlines()],
    }


def _paragraph(text: str, told: Sequence[Point]) -> dict[str, Any] | None:
    """A paragraph in pieces with its list; None when it has one and nothing stands in it."""
    found = LIST_AT_END.search(text)
    if found is None:
        return {"pieces": _pieces(text), "points": []}
    points = [said for point in told if (said := getattr(point, found[1]))]
    return {"pieces": _pieces(text[: found.start()]), "points": points} if points else None


def _pieces(text: str) -> list[dict[str, str]]:
    pieces, end = [], 0
    for found in BRACES.finditer(text):
        pieces += [{"text": text[end : found.start()]}, {"name": str(found[1])}]
        end = found.end()
    pieces.append({"text": text[end:]})
    return [piece for piece in pieces if piece.get("text") != ""]
