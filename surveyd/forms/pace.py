"""How long a questionnaire takes: an estimate from its questions, and how that is said."""

from collections.abc import Iterable, Mapping
from functools import cache

from babel.units import format_unit

from surveyd.forms.definition import Item, Questionnaire
from surveyd.forms.paths import route_of
from surveyd.forms.wording import locale_of

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
    if halves == 1:
        return _unit(A_HALF, "duration-second", language)
    return _unit(halves // 2 if halves % 2 == 0 else halves / 2, "duration-minute", language)


def _unit(number: float, unit: str, language: str) -> str:
    locale = locale_of(language)
    long = format_unit(number, unit, "long", locale=locale)
    # Some languages have no longer form: then Babel says the unit's own name.
    return format_unit(number, unit, "short", locale=locale) if unit in long else long


def _seconds(items: Iterable[Item]) -> int:
    return sum(SECONDS.get(item.kind, 0) for item in {item.id: item for item in items}.values())
