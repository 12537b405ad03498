"""How long a questionnaire takes: an estimate from its questions, and how that is said."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

from babel.units import format_unit

from surveyd.forms.definition import Item, Questionnaire
from surveyd.forms.paths import route_of

SECONDS: Mapping[str, int] = {
    "recommendation": 10,
    "rating": 5,
    "choice": 8,
    "choices": 12,
    "number": 8,
    "date": 8,
    "short_text": 8,
    "long_text": 15,
    "email": 8,
    "phone": 8,
    "consent": 5,
    "statement": 5,
}
"""What one question of a kind takes a person who reads it for the first time."""
A_HALF = 30
Length = Literal["short", "long"]
SHORT: Mapping[str, Length] = {"ja": "short"}
"""Languages whose unit has no longer form."""


def estimated(questionnaire: Questionnaire) -> int:
    """The seconds from a first look to the last answer, for somebody who writes a little."""
    pages = route_of(questionnaire, {}).pages
    return sum(_seconds((*items, block)) for page in pages for block, items in page.blocks)


def unseen(questionnaire: Questionnaire) -> int:
    """The seconds before the first save, which nobody can measure: those of the first page."""
    return sum(_seconds((*items, block)) for block, items in route_of(questionnaire, {}).pages[0].blocks)


def told(questionnaire: Questionnaire, measured: int | None) -> int:
    """The seconds to tell a reader: from a first look on as others took, where that is `measured`."""
    return estimated(questionnaire) if measured is None else measured + unseen(questionnaire)


@cache
def said(seconds: int, language: str) -> str:
    """A time rounded to half minutes, and at least one of them, in words of `language`."""
    halves = max(1, round(seconds / A_HALF))
    length: Length = SHORT.get(language, "long")
    if halves == 1:
        return format_unit(A_HALF, "duration-second", length, locale=language)
    minutes = halves / 2
    return format_unit(
        int(minutes) if minutes.is_integer() else minutes, "duration-minute", length, locale=language
    )


def _seconds(items: Iterable[Item]) -> int:
    return sum(SECONDS.get(item.kind, 0) for item in {item.id: item for item in items}.values())
