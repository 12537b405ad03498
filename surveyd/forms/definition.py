"""What a questionnaire is: frozen dataclasses, one canonical JSON text, and its digest.

A published version is stored as that JSON under its digest; `forms/loading.py` reads it back,
and reads the YAML that people write. A page is made of blocks, as they are drawn; the items of a
page are what is answered there. Most blocks are one item; a battery is several.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from surveyd.forms.conditions import Answer, Answers, Condition, Facts
from surveyd.scoring.nps import Category

__all__ = ["Answer", "Answers", "Facts", "Item", "Option", "Page", "Questionnaire", "Scale"]

Texts = Mapping[str, str]
"""One text by language code; the questionnaire's first language is always there."""

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
"""The names that a text can carry, written {company} or {contact|a word for nobody}."""

PLAIN_FIELDS = (
    "text_for",
    "help",
    "label",
    "measures",
    "required",
    "na",
    "reversed",
    "gate",
    "max_length",
    "shuffle",
    "minimum",
    "maximum",
    "decimals",
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Whole numbers from `low` to `high`, both ends labelled in words."""

    low: int
    high: int
    low_end: Texts
    high_end: Texts

    def data(self) -> dict[str, object]:
        """The scale in the shape of the file."""
        return {"low": self.low, "high": self.high, "low_end": self.low_end, "high_end": self.high_end}


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice: what is stored, and what is read. `other` asks for words besides."""

    value: str
    text: Texts
    other: bool = False

    def data(self) -> dict[str, object]:
        """The option in the shape of the file."""
        return {"value": self.value, "text": self.text} | _filled({"other": self.other})


@dataclass(frozen=True, slots=True)
class Item:
    """One question, or a block that groups some. What only some kinds have is empty for the others.

    `text_for` words it for an NPS category in place of `text`; `label` says in a few words, for
    reports, what a high answer says. `asks` is False for a block that only groups or tells; its
    `parts` are what is answered in it (forms/fields.py). A part `counts_if` it is not only shown but
    also wanted: the words of an "other" that was not chosen are kept and do not count.
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
    minimum: float | None = None
    maximum: float | None = None
    decimals: int = 0
    shuffle: bool = False
    show_if: Condition | None = None
    statements: tuple["Item", ...] = ()
    asks: bool = True
    parts: tuple["Item", ...] = ()
    counts_if: Condition | None = None

    @property
    def leaves(self) -> tuple["Item", ...]:
        """What is answered in this block: itself, if it asks, and its parts."""
        return (self, *self.parts) if self.asks else self.parts

    def data(self) -> dict[str, object]:
        """The item as plain data, without what is at its default and what its kind makes of it."""
        given: dict[str, object] = {name: getattr(self, name) for name in PLAIN_FIELDS}
        return {"id": self.id, "kind": self.kind, "text": self.text} | _filled(
            given
            | {
                "scale": self.scale and self.scale.data(),
                "options": [option.data() for option in self.options],
                "statements": [_statement(item) for item in self.statements],
                "weight": self.weight if self.weight != 1 else None,
                "show_if": self.show_if and self.show_if.data(),
            }
        )


@dataclass(frozen=True, slots=True)
class Page:
    """What a respondent sees at once."""

    id: str
    title: Texts
    blocks: tuple[Item, ...]
    intro: Texts = field(default_factory=dict)
    stage: str = ""
    show_if: Condition | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """All that is answered on this page, in order."""
        return tuple(leaf for block in self.blocks for leaf in block.leaves)

    def data(self) -> dict[str, object]:
        """The page in the shape of the file."""
        items = [block.data() for block in self.blocks]
        return {"id": self.id, "title": self.title, "items": items} | _filled(
            {"intro": self.intro, "stage": self.stage, "show_if": self.show_if and self.show_if.data()}
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as one person sees it: its blocks, each with what is answered in it."""

    page: Page
    blocks: tuple[tuple[Item, tuple[Item, ...]], ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """All that this person answers on the page."""
        return tuple(item for _, items in self.blocks for item in items)


@dataclass(frozen=True, slots=True)
class Translation:
    """How a language is spoken here, and who, a native speaker, has signed its texts (empty: nobody)."""

    register: str
    reviewed_by: str = ""

    def data(self) -> dict[str, object]:
        """The translation in the shape of the file."""
        return {"register": self.register} | _filled({"reviewed_by": self.reviewed_by})


@dataclass(frozen=True)
class Questionnaire:
    """A whole questionnaire; `languages[0]` serves whoever speaks none of the others."""

    slug: str
    title: Texts
    languages: tuple[str, ...]
    pages: tuple[Page, ...]
    anonymous: bool = False
    translations: Mapping[str, Translation] = field(default_factory=dict)

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """All that is answered, by id, in the order in which it is asked."""
        return {item.id: item for page in self.pages for item in page.items}

    @cached_property
    def blocks(self) -> Mapping[str, Item]:
        """All blocks by id, in order."""
        return {block.id: block for page in self.pages for block in page.blocks}

    @cached_property
    def branches(self) -> bool:
        """Whether any answer or fact shows or hides anything."""
        return any(page.show_if for page in self.pages) or any(
            item.show_if or item.counts_if for block in self.blocks.values() for item in (block, *block.parts)
        )

    @cached_property
    def whole(self) -> tuple[Shown, ...]:
        """All pages with all that is on them: what everybody sees where nothing branches."""
        return tuple(
            Shown(page, tuple((block, block.leaves) for block in page.blocks)) for page in self.pages
        )

    def measuring(self, measure: str) -> tuple[Item, ...]:
        """The items that measure it, in order; `stage:` alone means every stage."""
        if measure == "stage:":
            return tuple(item for item in self.items.values() if item.measures.startswith(measure))
        return tuple(item for item in self.items.values() if item.measures == measure)

    @cached_property
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

    def said(self, texts: Texts, language: str) -> str:
        """A text in `language`; in the first language where a translation is missing; empty for no text."""
        return texts.get(language) or texts.get(self.languages[0], "")

    def data(self) -> dict[str, object]:
        """The questionnaire as plain data, in the shape of its YAML file."""
        pages = [page.data() for page in self.pages]
        spoken = {code: each.data() for code, each in self.translations.items()}
        return {
            "slug": self.slug,
            "title": self.title,
            "languages": list(self.languages),
            "pages": pages,
        } | _filled({"anonymous": self.anonymous, "translations": spoken})

    @cached_property
    def canonical(self) -> str:
        """The one JSON text of this version: keys sorted, no white space."""
        return json.dumps(self.data(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the canonical JSON, 64 hexadecimal digits: the name of this version."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()


def _statement(item: Item) -> dict[str, object]:
    """A statement without what it has from its battery."""
    return {key: value for key, value in item.data().items() if key not in ("kind", "scale", "na")}


def _filled(data: Mapping[str, object]) -> dict[str, object]:
    # A bound of 0 is a bound.
    return {
        key: value for key, value in data.items() if value or (value == 0 and key in ("minimum", "maximum"))
    }
