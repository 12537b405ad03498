"""Reads a questionnaire: from the YAML that people write, or from a stored version.

All faults of a file are found in one reading, each with file, line, path, message and hint.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from surveyd.base.errors import NotFound
from surveyd.forms import definition as d
from surveyd.forms.fields import KINDS, SHARED_KEYS, kind_of
from surveyd.forms.source import Place, did_you_mean, read_data, read_yaml

SHIPPED = files("surveyd") / "questionnaires"
ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
SLUG = re.compile(r"[a-z][a-z0-9_-]{0,39}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
PIPE = re.compile(r"\{([^{}]*)\}")
TAKEN_IDS = frozenset({"go", "page", "lang", "score", "token"})
"""Names that the page's own fields have."""
SCALE_KEYS = ("low", "high", "low_end", "high_end")
LONGEST_SCALE = 11


def load(text: str, name: str) -> d.Questionnaire:
    """The questionnaire that the YAML `text` of the file `name` defines. Raises BadFile with every fault."""
    return _Reader(read_yaml(text, name)).questionnaire()


def from_json(text: str) -> d.Questionnaire:
    """The questionnaire that a stored canonical JSON text holds. Raises BadFile with every fault."""
    return from_data(json.loads(text))


def from_data(data: Mapping[str, object]) -> d.Questionnaire:
    """The questionnaire that plain data in the file's shape holds. Raises BadFile with every fault."""
    return _Reader(read_data(data, "stored version")).questionnaire()


def shipped_names() -> list[str]:
    """The names of the questionnaires that come with surveyd, sorted."""
    return sorted(
        file.name.removesuffix(".yaml") for file in SHIPPED.iterdir() if file.name.endswith(".yaml")
    )


def shipped(name: str) -> d.Questionnaire:
    """The questionnaire of that name that comes with surveyd. Raises NotFound."""
    if name not in shipped_names():
        raise NotFound("questionnaire", name)
    return load((SHIPPED / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml")


@dataclass(slots=True)
class _Reader:
    """One reading of one file: what was seen so far serves to check what comes after."""

    top: Place
    languages: tuple[str, ...] = ()
    scales: dict[str, d.Scale] = field(default_factory=dict)
    items: dict[str, d.Item] = field(default_factory=dict)
    earlier: set[str] = field(default_factory=set)
    pages: dict[str, d.Page] = field(default_factory=dict)

    def questionnaire(self) -> d.Questionnaire:
        top = self.top.keys(
            ("slug", "title", "languages", "scales", "pages"), ("slug", "title", "languages", "pages")
        )
        self.languages = tuple(
            _matching(place, LANGUAGE, "a language code such as en") for place in _each(top, "languages")
        )
        if not self.languages:
            self.top.fault("names no language", "add languages: [en]")
        for name, place in (top["scales"].keys() if "scales" in top else {}).items():
            self.scales[name] = self.scale(place)
        for place in _each(top, "pages"):
            page = self.page(place)
            if page.id in self.pages:
                place.fault(f"a page {page.id!r} stands further up", "give each page its own id")
            self.pages[page.id] = page
            self.earlier.update(self.items)
        self.check_recommendation()
        if not self.pages and "pages" in top:
            top["pages"].fault("has no page", "add a page with an item")
        found = d.Questionnaire(
            slug=_matching(top["slug"], SLUG, "small letters, digits, - and _") if "slug" in top else "",
            title=self.texts(top.get("title")),
            languages=self.languages,
            pages=tuple(self.pages.values()),
        )
        self.top.findings.raise_any()
        return found

    def page(self, place: Place) -> d.Page:
        keys = place.keys(("id", "title", "intro", "stage", "items"), ("id", "title", "items"))
        items = tuple(self.item(each) for each in _each(keys, "items"))
        if "items" in keys and not items:
            keys["items"].fault("has no item", "add an item, or remove the page")
        return d.Page(
            id=_matching(keys["id"], ID, "small letters, digits and _") if "id" in keys else "",
            title=self.texts(keys.get("title")),
            items=items,
            intro=self.texts(keys.get("intro")),
            stage=keys["stage"].one_of(d.STAGES) if "stage" in keys else "",
        )

    def item(self, place: Place) -> d.Item:
        keys = place.keys(needed=("id", "kind", "text"))
        kind = keys["kind"].one_of(KINDS) if "kind" in keys else ""
        if kind in KINDS:
            place.keys(SHARED_KEYS | KINDS[kind].keys, KINDS[kind].needed)
        found = d.Item(
            id=self.item_id(keys["id"]) if "id" in keys else "",
            kind=kind,
            text=self.texts(keys.get("text")),
            text_for=self.texts_for(keys["text_for"]) if "text_for" in keys else {},
            help=self.texts(keys.get("help")),
            label=self.texts(keys.get("label")),
            measures=keys["measures"].one_of(d.MEASURES) if "measures" in keys else "",
            scale=self.scale(keys["scale"]) if "scale" in keys else None,
            options=tuple(self.option(each) for each in _each(keys, "options")),
            weight=_positive(keys["weight"]) if "weight" in keys else 1,
            max_length=_positive(keys["max_length"]) if "max_length" in keys else 0,
            show_if=self.condition(keys["show_if"]) if "show_if" in keys else None,
            **{name: keys[name].flag() for name in ("required", "na", "reversed", "gate") if name in keys},
        )
        if kind == "recommendation" and found.scale and (found.scale.low, found.scale.high) != (0, 10):
            keys["scale"].fault("a recommendation is asked from 0 to 10", "set low: 0 and high: 10")
        self.items[found.id] = found
        return found

    def item_id(self, place: Place) -> str:
        item_id = _matching(place, ID, "small letters, digits and _")
        if item_id in TAKEN_IDS:
            place.fault(f"{item_id!r} is a name that the page itself uses", "choose another id")
        if item_id in self.items:
            place.fault(f"an item {item_id!r} stands further up", "give each item its own id")
        return item_id

    def scale(self, place: Place) -> d.Scale:
        if place.scalar:
            name = place.one_of(self.scales)
            return self.scales.get(name, d.Scale(0, 1, {}, {}))
        keys = place.keys(SCALE_KEYS, SCALE_KEYS)
        low, high = (keys[end].whole() if end in keys else at for end, at in (("low", 0), ("high", 1)))
        if not low < high < low + LONGEST_SCALE:
            place.fault(
                f"a scale from {low} to {high} cannot be shown", f"use 2 to {LONGEST_SCALE} steps, low first"
            )
            low, high = 0, 1
        return d.Scale(low, high, self.texts(keys.get("low_end")), self.texts(keys.get("high_end")))

    def option(self, place: Place) -> d.Option:
        keys = place.keys(("value", "text"), ("value", "text"))
        value = _matching(keys["value"], ID, "small letters, digits and _") if "value" in keys else ""
        return d.Option(value, self.texts(keys.get("text")))

    def condition(self, place: Place) -> d.Condition:
        keys = place.keys(("item", "in", "equals", "category"), ("item",))
        if "item" not in keys or not self.stands_earlier(keys["item"]):
            return d.Condition("")
        item = self.items[keys["item"].text()]
        values = [*_each(keys, "in"), *([keys["equals"]] if "equals" in keys else [])]
        categories = [each.one_of(d.CATEGORIES) for each in _each(keys, "category")]
        if categories and item.kind != "recommendation":
            keys["category"].fault(
                f"{item.id!r} is no recommendation, so it has no category", "use in or equals"
            )
        if not values and not categories:
            place.fault("says nothing about the answer", "add equals, in or category")
        return d.Condition(item.id, tuple(_answer(each, item) for each in values), tuple(categories))

    def stands_earlier(self, place: Place) -> bool:
        name = place.text()
        if name in self.earlier:
            return True
        if name in self.items:
            place.fault(f"item {name!r} stands on the same page", "move it to an earlier page")
        else:
            place.fault(f"names item {name!r}, which no earlier page has", did_you_mean(name, self.earlier))
        return False

    def texts(self, place: Place | None) -> d.Texts:
        if place is None:
            return {}
        if not self.languages:
            return {}
        if place.scalar and len(self.languages) == 1:
            return {self.languages[0]: _piped(place)}
        keys = place.keys(self.languages)
        for language in self.languages:
            if language not in keys:
                place.fault(f"the text in {language!r} is missing", f"add {language}: ...")
        return {language: _piped(each) for language, each in keys.items()}

    def texts_for(self, place: Place) -> Mapping[str, d.Texts]:
        if not any(self.items[name].measures == "recommendation" for name in self.earlier):
            place.fault("no earlier page asks for a recommendation", "move this item behind it")
        return {category: self.texts(each) for category, each in place.keys(d.CATEGORIES).items()}

    def check_recommendation(self) -> None:
        asked = [item for item in self.items.values() if item.measures == "recommendation"]
        if len(asked) > 1:
            self.top.fault("more than one item measures recommendation", f"keep one of {_names(asked)}")
        for item in asked:
            if item.kind != "recommendation":
                self.top.fault(f"item {item.id!r} measures recommendation", "give it kind: recommendation")


def _each(keys: Mapping[str, Place], key: str) -> Iterable[Place]:
    return keys[key].each() if key in keys else ()


def _matching(place: Place, pattern: re.Pattern[str], what: str) -> str:
    value = place.text()
    if value and not pattern.fullmatch(value):
        place.fault(f"{value!r} cannot be used here", f"use {what}")
    return value


def _positive(place: Place) -> int:
    number = place.whole()
    if number < 1:
        place.fault("must be 1 or more")
    return number


def _answer(place: Place, item: d.Item) -> d.Answer:
    if item.kind not in KINDS:
        return ""
    choices, value = kind_of(item).choices(item), place.text()
    if not choices:
        place.fault(
            f"{item.id!r} is answered in words, so no answer to it can be named here", "use another item"
        )
    elif value not in choices:
        place.fault(f"{value!r} is no answer to {item.id!r}", did_you_mean(value, choices))
    return choices.get(value, "")


def _piped(place: Place) -> str:
    text = place.text()
    for name in PIPE.findall(text):
        if name not in d.PIPES:
            place.fault(f"{{{name}}} is no name that a text can carry", did_you_mean(name, d.PIPES))
    return text


def _names(items: Iterable[d.Item]) -> str:
    return " and ".join(repr(item.id) for item in items)
