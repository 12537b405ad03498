"""What was seen of a questionnaire's file so far: it serves to check what comes after."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from surveyd.forms import definition as d
from surveyd.forms.source import Place, did_you_mean

ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
ID_WORDS = "small letters, digits and _"
PIPE = re.compile(r"\{([^{}|]*)(?:\|([^{}]*))?\}")
"""A name that a text carries, and what to read when there is none: {contact|you}."""


@dataclass(slots=True)
class Sheet:
    """One reading of one file. `written` are the languages that the texts at hand may be in.

    A `stored` version was read when it was published: rules that came later do not lock its answers away.
    """

    stored: bool = False
    languages: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    scales: dict[str, d.Scale] = field(default_factory=dict)
    items: dict[str, d.Item] = field(default_factory=dict)
    """All that is answered so far, by id."""
    blocks: set[str] = field(default_factory=set)
    earlier: set[str] = field(default_factory=set)
    """The items of the pages before this one."""
    later: set[str] = field(default_factory=set)
    """All ids that the file has anywhere, for hints."""
    pages: dict[str, d.Page] = field(default_factory=dict)

    def texts(self, place: Place | None) -> d.Texts:
        """The text in the languages that it is written in; the first language must be there."""
        if place is None or not self.languages:
            return {}
        first = self.languages[0]
        if place.scalar:
            return {first: self._piped(place)}
        keys = place.keys(self.written)
        if first not in keys:
            place.fault(
                f"the text in {first!r} is missing", f"add {first}: ..., the questionnaire's first language"
            )
        return {language: self._piped(keys[language]) for language in self.languages if language in keys}

    def seen(self, place: Place) -> d.Item | None:
        """The item of an earlier page that `place` names; a fault when there is none."""
        name = place.text()
        if name in self.earlier:
            return self.items[name]
        if name in self.items:
            place.fault(f"item {name!r} stands on the same page", "move it to an earlier page")
        elif name in self.later:
            place.fault(f"item {name!r} stands further down", "move it to an earlier page")
        else:
            place.fault(
                f"names item {name!r}, which no earlier page has", did_you_mean(name, sorted(self.earlier))
            )
        return None

    def _piped(self, place: Place) -> str:
        text = place.text()
        for name, fallback in PIPE.findall(text):
            if name in d.PIPES:
                continue
            if name not in self.earlier:
                place.fault(
                    f"{{{name}}} is no name that a text can carry here",
                    did_you_mean(name, (*d.PIPES, *sorted(self.earlier))),
                )
            elif not fallback:
                place.fault(
                    f"{{{name}}} may be unanswered",
                    f"say what to read then, such as {{{name}|your answer}}",
                )
        return text


def each(keys: Mapping[str, Place], key: str) -> Iterable[Place]:
    """The places of the list under `key`; none when there is no such key."""
    return keys[key].each() if key in keys else ()


def matching(place: Place, pattern: re.Pattern[str], what: str) -> str:
    """A text that `pattern` allows; `what` says which those are."""
    value = place.text()
    if value and not pattern.fullmatch(value):
        place.fault(f"{value!r} cannot be used here", f"use {what}")
    return value
