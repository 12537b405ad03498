"""A codebook as a file and as stored data, and what in a theme cannot stand."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from surveyd.forms.source import read_yaml
from surveyd.scoring.codebook import (
    MOST_PHRASES,
    BadPhrase,
    Codebook,
    PhraseProblem,
    Theme,
    read_phrase,
)

START = files("surveyd") / "results" / "codebooks" / "start.yaml"
NAME = "name"
LONGEST_NAME = 60
LONGEST_KEY = 40
OTHER_SUPPLIERS = "other_suppliers"
"""The theme that buyer types are read off: whoever writes about it looks around."""

RESERVED = ("new", "uncoded")
"""Keys that stand for something else in addresses."""

_PARTED = re.compile("[,،、\n\r]+")
_NO_LETTERS = re.compile("[^a-z0-9]+")


class ThemeProblem(StrEnum):
    """What is wrong with a theme, beyond its phrases."""

    NO_NAME = "no_name"
    NAME_TOO_LONG = "name_too_long"
    NAME_TAKEN = "name_taken"
    TOO_MANY_PHRASES = "too_many_phrases"


@dataclass(frozen=True, slots=True)
class ThemeFault:
    """One thing that cannot stand: at the name (`language` is empty) or at a phrase of a language."""

    problem: ThemeProblem | PhraseProblem
    language: str = ""
    phrase: str = ""


def phrases(typed: str) -> tuple[str, ...]:
    """The phrases of a text, each on a line of its own or parted by commas; none of them twice."""
    parts = (" ".join(part.split()) for part in _PARTED.split(typed))
    return tuple(dict.fromkeys(part for part in parts if part))


@cache
def start_codebook() -> Codebook:
    """The shipped codebook. Raises BadFile when the file is faulty."""
    return read_codebook(START.read_text(encoding="utf-8"), "start.yaml")


def read_codebook(text: str, name: str) -> Codebook:
    """A codebook from its file: a theme a key, its name and its phrases by language. Raises BadFile."""
    top = read_yaml(text, name)
    themes: list[Theme] = []
    for key, place in top.keys().items():
        within = place.keys(needed=(NAME,))
        typed = {language: phrases(at.words()) for language, at in within.items() if language != NAME}
        theme = Theme(key, within[NAME].text() if NAME in within else "", tuple(typed.items()))
        for fault in theme_faults(theme, others=[one.name for one in themes]):
            place.fault(f"{fault.phrase or fault.language or NAME}: {fault.problem.value}")
        themes.append(theme)
    top.findings.raise_any()
    return Codebook(tuple(themes))


def as_data(book: Codebook) -> dict[str, Any]:
    """The codebook as stored data."""
    return {
        "themes": [
            {"key": theme.key, "name": theme.name, "phrases": {k: list(v) for k, v in theme.phrases}}
            for theme in book.themes
        ]
    }


def from_data(data: Mapping[str, Any]) -> Codebook:
    """The codebook that `as_data` made; the order of languages is that of their codes."""
    return Codebook(
        tuple(
            Theme(one["key"], one["name"], tuple((k, tuple(v)) for k, v in sorted(one["phrases"].items())))
            for one in data["themes"]
        )
    )


def theme_faults(theme: Theme, *, others: Collection[str]) -> tuple[ThemeFault, ...]:
    """What cannot stand in a theme; `others` are the names of the other themes."""
    return tuple(_faults(theme, {name.casefold() for name in others}))


def _faults(theme: Theme, taken: Collection[str]) -> Iterator[ThemeFault]:
    if not theme.name.strip():
        yield ThemeFault(ThemeProblem.NO_NAME)
    elif len(theme.name) > LONGEST_NAME:
        yield ThemeFault(ThemeProblem.NAME_TOO_LONG)
    elif theme.name.casefold() in taken:
        yield ThemeFault(ThemeProblem.NAME_TAKEN)
    for language, typed in theme.phrases:
        if len(typed) > MOST_PHRASES:
            yield ThemeFault(ThemeProblem.TOO_MANY_PHRASES, language)
        for phrase in typed:
            try:
                read_phrase(phrase)
            except BadPhrase as bad:
                yield ThemeFault(bad.problem, language, phrase)


def new_key(name: str, taken: Collection[str]) -> str:
    """A key for a new theme: its name in plain letters, numbered where that is taken or empty."""
    apart = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = _NO_LETTERS.sub("_", apart).strip("_")[:LONGEST_KEY] or "theme"
    key, number = base, 2
    while key in taken or key in RESERVED:
        key, number = f"{base}_{number}", number + 1
    return key
