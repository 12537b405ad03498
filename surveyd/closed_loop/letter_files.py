"""A letter as a file that a person writes: YAML, one text for each audience and language.

actions: [3, 7]            # the ids of the actions to tell of; without it those that are chosen stay
letters:
  - for: default           # or truly_loyal, accessible, trapped, high_risk, silent (did not answer)
    language: en           # or de, fr, es, ja, ar
    subject: What you told us, and what we do about it
    paragraphs:
      - Thank you, {contact}.
      - "This is what we have changed: {changed}"
    signature: |
      {sender}
      {company}
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from surveyd.base.errors import Refused
from surveyd.closed_loop.letter_texts import Variant, checked
from surveyd.closed_loop.models import Audience
from surveyd.distribution.mails import LANGUAGES
from surveyd.forms.source import Place, read_yaml

SHIPPED = files("surveyd") / "closed_loop" / "letters"
KEYS = ("for", "language", "subject", "paragraphs", "signature")


@dataclass(frozen=True, slots=True)
class LetterFile:
    """What a file says; `action_ids` is None where it names no actions."""

    variants: tuple[Variant, ...]
    action_ids: tuple[int, ...] | None = None


def read_letter(text: str, name: str) -> LetterFile:
    """Read a letter's file. Raises BadFile with the line of every fault."""
    top = read_yaml(text, name)
    places = top.keys(("letters", "actions"), ("letters",))
    variants = [found for place in _each(places.get("letters")) if (found := _variant(place))]
    action_ids = (
        tuple(place.whole() for place in _each(places.get("actions"))) if "actions" in places else None
    )
    seen: set[tuple[str, str]] = set()
    for variant, place in zip(variants, _each(places.get("letters")), strict=False):
        if variant.key in seen:
            place.fault("this audience and language have a text already", "keep one of the two")
        seen.add(variant.key)
    top.findings.raise_any()
    return LetterFile(tuple(variants), action_ids)


@cache
def default_texts(language: str) -> tuple[Variant, ...]:
    """The texts that a draft begins with, in a language of `LANGUAGES`."""
    name = f"{language}.yaml"
    return read_letter((SHIPPED / name).read_text(encoding="utf-8"), name).variants


def _each(place: Place | None) -> list[Place]:
    return list(place.each()) if place else []


def _variant(place: Place) -> Variant | None:
    found = place.keys(KEYS, KEYS)
    if set(found) != set(KEYS):
        return None
    audience = found["for"].one_of([audience.value for audience in Audience])
    language = found["language"].one_of(LANGUAGES)
    variant = Variant(
        Audience(audience) if audience in set(Audience) else Audience.DEFAULT,
        language if language in LANGUAGES else "en",
        found["subject"].text(),
        tuple(paragraph.text() for paragraph in found["paragraphs"].each()),
        found["signature"].text(),
    )
    try:
        return checked(variant)
    except Refused as error:
        place.fault(str(error).rstrip("."))
        return variant
