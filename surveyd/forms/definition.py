"""What a questionnaire is: frozen dataclasses, one canonical JSON text, and its digest.

A published version is stored as that JSON under its digest; `forms/loading.py` reads it back,
and reads the YAML that people write. Every text is there in every language.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from surveyd.scoring.nps import Category

Answer = int | str
Answers = Mapping[str, Answer]
Texts = Mapping[str, str]
"""One text by language code."""

NOT_APPLICABLE = "na"
"""The answer "does not apply to me": stored, never scored."""

STAGES = ("evaluating", "buying", "onboarding", "delivery", "support", "billing", "renewal")
MEASURES = (
    "recommendation",
    "attitude",
    "intent",
    "growth",
    "ease",
    "driver",
    "contact_me",
    "verbatim",
    *(f"stage:{stage}" for stage in STAGES),
)
CATEGORIES = tuple(category.value for category in Category)
PIPES = ("company", "contact", "account")
"""The names that a text can carry, written {company}."""


PLAIN_FIELDS = ["text_for", "help", "label", "measures", "required", "na", "reversed", "gate", "max_length"]


@dataclass(frozen=True, slots=True)
class Scale:
    """Whole numbers from `low` to `high`, both ends labelled in words."""

    low: int
    high: int
    low_end: Texts
    high_end: Texts

    def data(self) -> dict[str, object]:
        return {"low": self.low, "high": self.high, "low_end": self.low_end, "high_end": self.high_end}


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice: what is stored, and what is read."""

    value: str
    text: Texts

    def data(self) -> dict[str, object]:
        return {"value": self.value, "text": self.text}


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when the earlier answer to `item` is one of `values` or in one of the NPS `categories`."""

    item: str
    values: tuple[Answer, ...] = ()
    categories: tuple[str, ...] = ()

    def data(self) -> dict[str, object]:
        return _filled({"item": self.item, "in": list(self.values), "category": list(self.categories)})


@dataclass(frozen=True, slots=True)
class Item:
    """One question. What only some kinds have is empty for the others (forms/fields.py).

    `text_for` words it for an NPS category in place of `text`; `label` says in a few words, for
    reports, what a high answer says.
    """

    id: str
    kind: str
    text: Texts
    text_for: Mapping[str, Texts] = field(default_factory=dict)
    help: Texts = field(default_factory=dict)
    label: Texts = field(default_factory=dict)
    measures: str = ""
    required: bool = False
    scale: Scale | None = None
    options: tuple[Option, ...] = ()
    na: bool = False
    reversed: bool = False
    weight: int = 1
    gate: bool = False
    max_length: int = 0
    show_if: Condition | None = None

    def data(self) -> dict[str, object]:
        """The item as plain data, without what is at its default."""
        given: dict[str, object] = {name: getattr(self, name) for name in PLAIN_FIELDS}
        return {"id": self.id, "kind": self.kind, "text": self.text} | _filled(
            given
            | {
                "scale": self.scale and self.scale.data(),
                "options": [option.data() for option in self.options],
                "weight": self.weight if self.weight != 1 else None,
                "show_if": self.show_if and self.show_if.data(),
            }
        )


@dataclass(frozen=True, slots=True)
class Page:
    """What a respondent sees at once."""

    id: str
    title: Texts
    items: tuple[Item, ...]
    intro: Texts = field(default_factory=dict)
    stage: str = ""

    def data(self) -> dict[str, object]:
        items = [item.data() for item in self.items]
        return {"id": self.id, "title": self.title, "items": items} | _filled(
            {"intro": self.intro, "stage": self.stage}
        )


@dataclass(frozen=True)
class Questionnaire:
    """A whole questionnaire; `languages[0]` serves whoever speaks none of the others."""

    slug: str
    title: Texts
    languages: tuple[str, ...]
    pages: tuple[Page, ...]

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """All items by id, in the order in which they are asked."""
        return {item.id: item for page in self.pages for item in page.items}

    @cached_property
    def skips(self) -> bool:
        """Whether any answer shows or hides anything."""
        return any(item.show_if for item in self.items.values())

    def measuring(self, measure: str) -> tuple[Item, ...]:
        """The items that measure it, in order; `stage:` alone means every stage."""
        if measure == "stage:":
            return tuple(item for item in self.items.values() if item.measures.startswith(measure))
        return tuple(item for item in self.items.values() if item.measures == measure)

    @property
    def recommendation(self) -> Item | None:
        """The item that asks how likely a recommendation is, if there is one."""
        return next(iter(self.measuring("recommendation")), None)

    def language(self, *wanted: str | None) -> str:
        """The first of `wanted` that the questionnaire has (`de-AT` finds `de`), else its first language."""
        for tag in wanted:
            for code in (tag, (tag or "").split("-")[0].lower()):
                if code in self.languages:
                    return str(code)
        return self.languages[0]

    def data(self) -> dict[str, object]:
        """The questionnaire as plain data, in the shape of its YAML file."""
        pages = [page.data() for page in self.pages]
        return {"slug": self.slug, "title": self.title, "languages": list(self.languages), "pages": pages}

    @cached_property
    def canonical(self) -> str:
        """The one JSON text of this version: keys sorted, no white space."""
        return json.dumps(self.data(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the canonical JSON, 64 hexadecimal digits: the name of this version."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()


def _filled(data: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in data.items() if value}
