"""Any valid questionnaire, and any answers to it, for tests that ask what holds for all of them."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from surveyd.forms.conditions import Facts
from surveyd.forms.definition import CATEGORIES, Answer, Item, Questionnaire
from surveyd.forms.fields import KINDS, ChoicesKind, ConsentKind, kind_of
from surveyd.forms.loading import modules
from surveyd.forms.reading import read_questionnaire
from surveyd.forms.source import read_data

Data = dict[str, Any]
ASKED = sorted(set(KINDS) - {"recommendation", "statement"})
WORDS = st.sampled_from(["A word", "{company}", "{contact|you}, please", "yes", "<b>", "مرحبا"])
TEXTS = st.one_of(WORDS, WORDS.map(lambda word: {"en": word, "de": word}), st.just({"en": "English"}))
SCALES = st.integers(0, 2).map(lambda low: {"low": low, "high": low + 3, "low_end": "No", "high_end": "Yes"})
VALUES = ("a", "b", "c")
FACTS = st.builds(
    Facts,
    role=st.sampled_from(["", "buyer", "user"]),
    region=st.sampled_from(["", "North", "south"]),
    channel=st.sampled_from(["web", "phone"]),
)
FACT_CONDITIONS: tuple[Data, ...] = (
    {"fact": "role", "equals": "buyer"},
    {"fact": "region", "in": ["north", "South"]},
    {"fact": "channel", "equals": "web"},
)
Known = dict[str, str]
"""The items of earlier pages, each with its kind."""


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    """A questionnaire of one to four pages, with every kind, with conditions, and maybe with the module."""
    known: Known = {}
    pages = []
    for number in range(draw(st.integers(1, 4))):
        page, asked = draw(_pages(number, dict(known)))
        pages.append(page)
        known |= asked
    # Reading the module takes longer than all else.
    if draw(st.integers(0, 5)) == 5:
        pages.insert(draw(st.integers(0, len(pages))), {"module": "loyalty"})
    data: Data = {"slug": "any", "title": draw(TEXTS), "languages": ["en", "de"], "pages": pages}
    if draw(st.booleans()):
        data["translations"] = {"de": {"register": "Sie", "reviewed_by": draw(st.sampled_from(["", "Eva"]))}}
    return read_questionnaire(read_data(data, "any"), modules())


def answers_to(item: Item) -> st.SearchStrategy[Answer | None]:
    """A valid answer to `item`, or none where it may be left."""
    kind = kind_of(item)
    choices = list(kind.choices(item).values())
    found: st.SearchStrategy[Answer]
    if isinstance(kind, ConsentKind):
        found = st.just("yes")
    elif isinstance(kind, ChoicesKind):
        some = st.lists(st.sampled_from(choices), min_size=1, unique=True)
        found = some.map(lambda picked: " ".join(str(each) for each in choices if each in picked))
    elif choices:
        found = st.sampled_from(choices)
    else:
        found = TYPED[item.kind]
    return found if item.required else st.one_of(st.none(), found)


TYPED: Mapping[str, st.SearchStrategy[Answer]] = {
    "number": st.integers(1, 9),
    "date": st.dates().map(lambda day: day.isoformat()),
    "email": st.just("anna@customer.test"),
    "phone": st.just("+49 30 1234567"),
    "short_text": st.sampled_from(["x", "two words", "\u202e<i>"]),
    "long_text": st.sampled_from(["y", "a\nline", "{company}"]),
}


@st.composite
def _pages(draw: st.DrawFn, number: int, known: Known) -> tuple[Data, Known]:
    items: list[Data] = []
    asked: Known = {}
    for at in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from([*ASKED, "statement"] if number or at else ["recommendation", *ASKED]))
        item = draw(_items(f"i{number}{at}", kind, known))
        items.append(item)
        asked |= _asked(item)
    page: Data = {"id": f"p{number}", "title": draw(TEXTS), "items": items}
    if draw(st.booleans()):
        page["intro"] = draw(TEXTS)
    return page | draw(_conditions(known)), asked


@st.composite
def _items(draw: st.DrawFn, name: str, kind: str, known: Known) -> Data:
    item: Data = {"id": name, "kind": kind, "text": draw(TEXTS), "required": draw(st.booleans())}
    if kind == "recommendation":
        item |= {"measures": kind, "scale": {"low": 0, "high": 10, "low_end": "No", "high_end": "Yes"}}
    if kind in ("rating", "battery"):
        item |= {"scale": draw(SCALES), "na": draw(st.booleans())}
    if kind == "battery":
        item["shuffle"] = draw(st.booleans())
        item["statements"] = [
            {"id": f"{name}{letter}", "text": draw(TEXTS)} | draw(_conditions(known)) for letter in "xy"
        ]
    if kind in ("choice", "choices"):
        item["options"] = [{"value": value, "text": draw(TEXTS)} for value in VALUES]
        item["options"][-1]["other"] = draw(st.booleans())
    if kind == "number":
        item |= {"minimum": 1, "maximum": 9}
    if any(earlier == "recommendation" for earlier in known.values()) and draw(st.booleans()):
        item["text_for"] = {"promoter": draw(TEXTS)}
    return item | draw(_conditions(known))


def _asked(item: Data) -> Known:
    """What a condition may look at."""
    kind = item["kind"]
    if kind == "battery":
        return {each["id"]: "rating" for each in item["statements"]}
    if kind == "contact_details":
        return {f"{item['id']}_{part}": "text" for part in ("name", "email", "phone")}
    if kind in ("choice", "choices") and item["options"][-1]["other"]:
        return {item["id"]: kind, f"{item['id']}_other": "text"}
    return {} if kind == "statement" else {item["id"]: kind}


@st.composite
def _conditions(draw: st.DrawFn, known: Known) -> Data:
    """`show_if`, `skip_if` or neither."""
    word = draw(st.sampled_from(["", "", "show_if", "skip_if"]))
    if not word:
        return {}
    leaves = st.one_of(st.sampled_from(FACT_CONDITIONS), *(_leaf(*pair) for pair in known.items()))
    trees = st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(lambda part: {"not": part}),
            st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"all": parts}),
            st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"any": parts}),
        ),
        max_leaves=3,
    )
    return {word: draw(trees)}


def _leaf(name: str, kind: str) -> st.SearchStrategy[Data]:
    found: list[st.SearchStrategy[Data]] = [st.just({"item": name, "answered": True})]
    if kind == "recommendation":
        found.append(st.sampled_from(CATEGORIES).map(lambda one: {"item": name, "category": [one]}))
    if kind in ("recommendation", "rating", "number"):
        found.append(st.integers(1, 6).map(lambda bound: {"item": name, "at_least": bound}))
        found.append(st.integers(1, 6).map(lambda bound: {"item": name, "at_most": bound}))
    if kind in ("choice", "choices"):
        some = st.lists(st.sampled_from(VALUES), min_size=1)
        found.append(some.map(lambda values: {"item": name, "in": values}))
    return st.one_of(found)
