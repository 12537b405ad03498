"""Reads the items of a questionnaire: what stands on a page."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from surveyd.forms import definition as d
from surveyd.forms.condition_reading import read_conditions
from surveyd.forms.fields import KINDS, SCORED, SHARED_KEYS, kind_of
from surveyd.forms.sheet import ID, ID_WORDS, Sheet, each, matching
from surveyd.forms.source import Place

TAKEN_IDS = frozenset(
    {"go", "page", "lang", "seen", "score", "token", "csrf_token", "issued", "website"}
    | {"survey", "problems", "saved", "about"}
    | {"dataset"}
)
"""Names that the page's own fields have, and what a field of that name would hide of its form."""
SCALE_KEYS = ("low", "high", "low_end", "high_end")
OPTION_KEYS = ("value", "text", "other")
LONGEST_SCALE = 101
STATEMENT_KEYS = (SHARED_KEYS - {"kind", "text_for"}) | SCORED | {"na"}
FLAGS = ("required", "na", "reversed", "gate", "shuffle")


def read_block(place: Place, sheet: Sheet) -> d.Item:
    """The block that stands at `place`; what is answered in it is known to `sheet` from here on."""
    keys = place.keys(needed=("id", "kind", "text"))
    kind = keys["kind"].one_of(KINDS) if "kind" in keys else ""
    if kind not in KINDS:
        return d.Item(_block_id(keys, sheet), kind, sheet.texts(keys.get("text")))
    place.keys(SHARED_KEYS | KINDS[kind].keys, KINDS[kind].needed)
    found = _item(keys, sheet, kind=kind)
    if kind == "recommendation" and found.scale and (found.scale.low, found.scale.high) != (0, 10):
        keys["scale"].fault("a recommendation is asked from 0 to 10", "set low: 0 and high: 10")
    statements = tuple(_statement(at, sheet) for at in each(keys, "statements"))
    found = replace(found, statements=statements, asks=KINDS[kind].asks)
    parts = kind_of(found).parts(found)
    found = replace(found, parts=parts, statements=parts if statements else ())
    for leaf in found.leaves:
        if leaf.id in sheet.items and leaf is not found:
            place.fault(f"an item {leaf.id!r} stands further up", "give each item its own id")
        sheet.items[leaf.id] = leaf
    return found


def read_scale(place: Place, sheet: Sheet) -> d.Scale:
    """A scale: the name of one, or its two ends."""
    if place.scalar:
        return sheet.scales.get(place.one_of(sheet.scales), d.Scale(0, 1, {}, {}))
    keys = place.keys(SCALE_KEYS, SCALE_KEYS)
    low, high = (keys[end].whole() if end in keys else at for end, at in (("low", 0), ("high", 1)))
    if not low < high < low + LONGEST_SCALE:
        place.fault(
            f"a scale from {low} to {high} cannot be shown", f"use 2 to {LONGEST_SCALE} steps, low first"
        )
        low, high = 0, 1
    return d.Scale(low, high, sheet.texts(keys.get("low_end")), sheet.texts(keys.get("high_end")))


def _item(keys: Mapping[str, Place], sheet: Sheet, *, kind: str) -> d.Item:
    flags: dict[str, Any] = {name: keys[name].flag() for name in FLAGS if name in keys}
    return d.Item(
        id=_block_id(keys, sheet),
        kind=kind,
        text=sheet.texts(keys.get("text")),
        text_for=_texts_for(keys["text_for"], sheet) if "text_for" in keys else {},
        help=sheet.texts(keys.get("help")),
        label=sheet.texts(keys.get("label")),
        measures=keys["measures"].one_of(d.MEASURES) if "measures" in keys else "",
        scale=read_scale(keys["scale"], sheet) if "scale" in keys else None,
        options=_options(keys, sheet),
        weight=_positive(keys["weight"]) if "weight" in keys else 1,
        max_length=_positive(keys["max_length"]) if "max_length" in keys else 0,
        minimum=keys["minimum"].number() if "minimum" in keys else None,
        maximum=keys["maximum"].number() if "maximum" in keys else None,
        decimals=keys["decimals"].whole() if "decimals" in keys else 0,
        show_if=read_conditions(keys, sheet),
        **flags,
    )


def _statement(place: Place, sheet: Sheet) -> d.Item:
    return _item(place.keys(STATEMENT_KEYS, ("id", "text")), sheet, kind="rating")


def _block_id(keys: Mapping[str, Place], sheet: Sheet) -> str:
    if "id" not in keys:
        return ""
    place = keys["id"]
    item_id = matching(place, ID, ID_WORDS)
    if item_id in TAKEN_IDS and not sheet.stored:
        place.fault(f"{item_id!r} is a name that the page itself uses", "choose another id")
    if item_id in sheet.blocks:
        place.fault(f"an item {item_id!r} stands further up", "give each item its own id")
    sheet.blocks.add(item_id)
    return item_id


def _options(keys: Mapping[str, Place], sheet: Sheet) -> tuple[d.Option, ...]:
    found = tuple(_option(at, sheet) for at in each(keys, "options"))
    values = [option.value for option in found]
    for value in sorted({value for value in values if values.count(value) > 1}):
        keys["options"].fault(f"the option {value!r} stands here twice", "give each its own value")
    if sum(option.other for option in found) > 1:
        keys["options"].fault('more than one option is an "other"', "keep other: true at one of them")
    return found


def _option(place: Place, sheet: Sheet) -> d.Option:
    keys = place.keys(OPTION_KEYS, ("value", "text"))
    value = matching(keys["value"], ID, ID_WORDS) if "value" in keys else ""
    return d.Option(value, sheet.texts(keys.get("text")), keys["other"].flag() if "other" in keys else False)


def _texts_for(place: Place, sheet: Sheet) -> Mapping[str, d.Texts]:
    if not any(sheet.items[name].measures == "recommendation" for name in sheet.earlier):
        place.fault("no earlier page asks for a recommendation", "move this item behind it")
    return {category: sheet.texts(at) for category, at in place.keys(d.CATEGORIES).items()}


def _positive(place: Place) -> int:
    number = place.whole()
    if number < 1:
        place.fault("must be 1 or more")
    return number
