"""Reads the conditions of a questionnaire: `show_if`, `skip_if` and `roles`."""

from collections.abc import Mapping

from surveyd.forms import definition as d
from surveyd.forms.conditions import FACTS, Condition, Joined, Not, OnAnswer, OnFact, joined
from surveyd.forms.fields import KINDS, kind_of
from surveyd.forms.sheet import Sheet, each
from surveyd.forms.source import Place, did_you_mean
from surveyd.scoring.policy import SHIPPED

KEYS = ("show_if", "skip_if", "roles")
LEAF_KEYS = ("item", "in", "equals", "category", "at_least", "at_most", "answered")
FACT_KEYS = ("fact", "in", "equals")
ALL_KEYS = ("all", "any", "not", "item", "fact")
KNOWN_FACTS: Mapping[str, tuple[str, ...]] = {
    "role": tuple(role for role, _ in SHIPPED.accounts.roles),
    "channel": ("web", "phone", "import", "open", "api"),
}
"""The facts of which all values are known."""


def read_conditions(keys: Mapping[str, Place], sheet: Sheet) -> Condition | None:
    """What `show_if`, `skip_if` and `roles` come to together; None when none of them is there."""
    roles = shown = skipped = None
    if "roles" in keys:
        roles = OnFact("role", tuple(at.one_of(KNOWN_FACTS["role"]) for at in keys["roles"].each()))
    if "show_if" in keys:
        shown = read_condition(keys["show_if"], sheet)
    if "skip_if" in keys:
        inner = read_condition(keys["skip_if"], sheet)
        skipped = Not(inner) if inner is not None else None
    return joined(roles, shown, skipped)


def read_condition(place: Place, sheet: Sheet) -> Condition | None:
    """The condition that stands at `place`; None when it is faulty."""
    keys = place.keys()
    for word in ("all", "any"):
        if word in keys:
            place.keys((word,))
            parts = tuple(part for at in keys[word].each() if (part := read_condition(at, sheet)) is not None)
            return Joined(word, parts)
    if "not" in keys:
        place.keys(("not",))
        part = read_condition(keys["not"], sheet)
        return None if part is None else Not(part)
    if "fact" in keys:
        return _on_fact(place)
    if "item" in keys:
        return _on_answer(place, sheet)
    place.fault("is no condition", f"begin it with one of {', '.join(ALL_KEYS)}")
    return None


def _on_fact(place: Place) -> OnFact:
    keys = place.keys(FACT_KEYS, ("fact",))
    fact = keys["fact"].one_of(FACTS)
    places = [*each(keys, "in"), *([keys["equals"]] if "equals" in keys else [])]
    if not places:
        place.fault("says nothing about the fact", "add equals or in")
    known = KNOWN_FACTS.get(fact)
    return OnFact(fact, tuple(at.one_of(known) if known else at.text() for at in places))


def _on_answer(place: Place, sheet: Sheet) -> OnAnswer | None:
    keys = place.keys(LEAF_KEYS, ("item",))
    item = sheet.seen(keys["item"])
    if item is None:
        return None
    places = [*each(keys, "in"), *([keys["equals"]] if "equals" in keys else [])]
    categories = tuple(at.one_of(d.CATEGORIES) for at in each(keys, "category"))
    if categories and item.kind != "recommendation":
        keys["category"].fault(f"{item.id!r} is no recommendation, so it has no category", "use in or equals")
    given = keys["answered"].flag() if "answered" in keys else None
    found = OnAnswer(
        item.id,
        tuple(_answer(at, item) for at in places),
        categories,
        at_least=_bound(keys, "at_least", item),
        at_most=_bound(keys, "at_most", item),
        given=bool(given),
    )
    if found == OnAnswer(item.id) and given is None:
        place.fault("says nothing about the answer", "add equals, in, category, at_least or answered")
    if given is False:
        place.fault("answered: false is written with not", "write not: {item: ..., answered: true}")
    return found


def _bound(keys: Mapping[str, Place], key: str, item: d.Item) -> float | None:
    if key not in keys:
        return None
    if item.scale is None and item.kind != "number":
        keys[key].fault(f"{item.id!r} is not answered by a number", "use equals or in")
    return keys[key].number()


def _answer(place: Place, item: d.Item) -> d.Answer:
    if item.kind not in KINDS:
        return ""
    choices, value = kind_of(item).choices(item), place.text()
    if not choices:
        place.fault(
            f"{item.id!r} is answered in words, so no answer to it can be named here",
            "use another item, or answered: true",
        )
    elif value not in choices:
        place.fault(f"{value!r} is no answer to {item.id!r}", did_you_mean(value, choices))
    return choices.get(value, "")
