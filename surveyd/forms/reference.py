"""What a questionnaire's file may hold: every key with its type and a sentence, in one table.

The JSON Schema for editors (forms/schema.py) and the reference for people (forms/reference_page.py) are made
from it. What is known elsewhere (kinds, measures, stages, facts) is taken from there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from surveyd.forms.condition_reading import KNOWN_FACTS
from surveyd.forms.conditions import FACTS
from surveyd.forms.definition import CATEGORIES, MEASURES, STAGES
from surveyd.forms.fields import KINDS, LONG_TEXT_LENGTH, SHORT_TEXT_LENGTH


@dataclass(frozen=True, slots=True)
class Holds:
    """What a key holds: a `type` of TYPES, out of `values` where there are few, each of it where `many`.

    `part` is the name of the Part that a "part" is one of.
    """

    type: str
    values: tuple[str, ...] = ()
    part: str = ""
    many: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its name, what it holds, what it means, and whether it must be there."""

    name: str
    holds: Holds
    says: str
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One mapping of the file: what it is, and its keys. `title` heads its table for people."""

    title: str
    says: str
    keys: tuple[Key, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names of its keys."""
        return frozenset(key.name for key in self.keys)


TYPES: Mapping[str, str] = {
    "id": "name",
    "slug": "name",
    "language": "language code",
    "text": "text",
    "texts": "text, or one for each language",
    "texts_for": "texts by NPS category",
    "flag": "`true` or `false`",
    "whole": "whole number",
    "number": "number",
    "answer": "answer",
    "part": "",
}
"""The types, each with how it is called."""
TEXT, TEXTS, FLAG, ID = Holds("text"), Holds("texts"), Holds("flag"), Holds("id")
WHOLE, NUMBER = Holds("whole"), Holds("number")


def one_of(values: Iterable[str]) -> Holds:
    """One of a few words."""
    return Holds("text", tuple(values))


def some_of(values: Iterable[str]) -> Holds:
    """A list of some of a few words."""
    return Holds("text", tuple(values), many=True)


def part(name: str, *, many: bool = False) -> Holds:
    """A part, or a list of them."""
    return Holds("part", part=name, many=many)


CONDITION_KEYS = (
    Key("show_if", part("condition"), "Shows it only when this condition holds."),
    Key("skip_if", part("condition"), "Hides it when this condition holds."),
    Key("roles", some_of(KNOWN_FACTS["role"]), "Shows it only to contacts in these roles."),
)
ITEM_KEYS = (
    Key(
        "id",
        ID,
        "Its name in exports and in conditions: small letters, digits and `_`, at most 40, unique.",
        needed=True,
    ),
    Key("kind", one_of(KINDS), "What sort of question it is; the table of kinds says which there are.", True),
    Key(
        "text",
        TEXTS,
        "What is asked. `{company}`, `{contact}` and `{account}` stand for names, and `{item_id|a word}`"
        " for an earlier answer; `{contact|somebody}` says what to read when there is none.",
        needed=True,
    ),
    Key(
        "text_for",
        Holds("texts_for"),
        "Another wording for a `promoter`, `passive` or `detractor`, by an earlier page's recommendation.",
    ),
    Key("help", TEXTS, "A line below the question."),
    Key("label", TEXTS, "A few words for reports: what a high answer says."),
    Key("measures", one_of(MEASURES), "What it measures; scoring goes by this and never by names."),
    Key("required", FLAG, "The page cannot be left forwards without an answer."),
    *CONDITION_KEYS,
    Key("scale", part("scale"), "The name of a scale, or a scale of its own."),
    Key("statements", part("statement", many=True), "What is rated on the battery's scale, one by one."),
    Key("shuffle", FLAG, "Another order of the statements for each person, and always the same one."),
    Key("options", part("option", many=True), "What can be chosen."),
    Key("na", FLAG, 'Offers "Not applicable": stored as `na`, never scored.'),
    Key("weight", WHOLE, "How much it counts among the items that measure the same; 1 without it."),
    Key("reversed", FLAG, "A high answer is a bad one: it is turned round before it is scored."),
    Key("gate", FLAG, "A high index needs a high answer to this item."),
    Key("minimum", NUMBER, "The least number that is taken."),
    Key("maximum", NUMBER, "The greatest number that is taken."),
    Key("decimals", WHOLE, "How many decimals the number may have; none without it."),
    Key(
        "max_length",
        WHOLE,
        f"How many characters are taken; without it {SHORT_TEXT_LENGTH} for a short text and"
        f" {LONG_TEXT_LENGTH:,} for a long one.",
    ),
)
NO_STATEMENT_KEYS = {"kind", "text_for", "scale", "statements", "shuffle", "options", "max_length"} | {
    "minimum",
    "maximum",
    "decimals",
}
PARTS: Mapping[str, Part] = {
    "questionnaire": Part(
        "The file",
        "A questionnaire, from the top of its file.",
        (
            Key("slug", Holds("slug"), "Its name: small letters, digits, `-` and `_`, at most 40.", True),
            Key("title", TEXTS, "What respondents read above the questions.", True),
            Key(
                "languages",
                Holds("language", many=True),
                "The languages it is there in; the first serves whoever speaks none of the others.",
                needed=True,
            ),
            Key("translations", part("translations"), "How each language is spoken, and who has signed it."),
            Key(
                "anonymous",
                FLAG,
                "No answer leads back to a person; it is asked over an open link, never by a program.",
            ),
            Key("scales", part("scales"), "Scales by name, for items to use."),
            Key("pages", part("page or module", many=True), "What is asked, page by page.", True),
        ),
    ),
    "translation": Part(
        "A language under `translations`",
        "How one language is spoken here.",
        (
            Key("register", TEXT, "How it addresses the reader, such as `Formal (Sie)`.", True),
            Key("reviewed_by", TEXT, "The native speaker who has read every text; empty until somebody has."),
        ),
    ),
    "page": Part(
        "A page",
        "What a respondent sees at once. A page whose items are all hidden is skipped.",
        (
            Key("id", ID, "Its name: small letters, digits and `_`, unique among the pages.", True),
            Key("title", TEXTS, "Its heading.", True),
            Key("intro", TEXTS, "A line below the heading."),
            Key("stage", one_of(STAGES), "The journey stage that the page is about."),
            *CONDITION_KEYS,
            Key("items", part("item", many=True), "The questions, in order.", True),
        ),
    ),
    "module": Part(
        "A module among the pages",
        "The pages of a module that comes with surveyd, put in by one line.",
        (Key("module", TEXT, "The name of the module: `loyalty` asks attitude, intent and growth.", True),),
    ),
    "item": Part("An item", "One question, or a block of some. Each kind takes some of these.", ITEM_KEYS),
    "statement": Part(
        "A statement of a battery",
        "Rated like a rating of its own, on the battery's scale.",
        tuple(key for key in ITEM_KEYS if key.name not in NO_STATEMENT_KEYS),
    ),
    "option": Part(
        "An option",
        "One answer of a choice.",
        (
            Key("value", ID, "What is stored: small letters, digits and `_`.", True),
            Key("text", TEXTS, "What is read.", True),
            Key("other", FLAG, "Asks for words besides, stored as the item's id with `_other`."),
        ),
    ),
    "scale": Part(
        "A scale",
        "Whole numbers from one to another, both ends in words.",
        (
            Key("low", WHOLE, "The least number.", True),
            Key("high", WHOLE, "The greatest number, at most 100 above the least.", True),
            Key("low_end", TEXTS, "What the least number means.", True),
            Key("high_end", TEXTS, "What the greatest number means.", True),
        ),
    ),
    "all": Part(
        "A condition: all of some",
        "Holds when all of its parts do.",
        (Key("all", part("condition", many=True), "The conditions that must all hold.", True),),
    ),
    "any": Part(
        "A condition: any of some",
        "Holds when any of its parts does.",
        (Key("any", part("condition", many=True), "The conditions of which one is enough.", True),),
    ),
    "not": Part(
        "A condition: not",
        "Holds when its part does not.",
        (Key("not", part("condition"), "The condition that must not hold.", True),),
    ),
    "on answer": Part(
        "A condition on an answer",
        "Looks at the answer to an item of an earlier page; without an answer it does not hold.",
        (
            Key("item", ID, "The item, on an earlier page.", True),
            Key("equals", Holds("answer"), "The answer is this one; of several choices, one is."),
            Key("in", Holds("answer", many=True), "The answer is one of these."),
            Key("category", some_of(CATEGORIES), "The recommendation falls into one of these categories."),
            Key("at_least", NUMBER, "The number is this or more."),
            Key("at_most", NUMBER, "The number is this or less."),
            Key("answered", Holds("flag", ("true",)), "There is an answer, whichever."),
        ),
    ),
    "on fact": Part(
        "A condition on a fact",
        "Looks at what is known about the person; letters' case does not count. "
        + "; ".join(
            f"`{fact}` is one of {', '.join(f'`{value}`' for value in values)}"
            for fact, values in KNOWN_FACTS.items()
        )
        + ".",
        (
            Key(
                "fact",
                one_of(FACTS),
                "The role of the contact, the region or tier of the account, or the channel.",
                True,
            ),
            Key("equals", TEXT, "The fact is this."),
            Key("in", Holds("text", many=True), "The fact is one of these."),
        ),
    ),
}
CONDITION_PARTS = ("all", "any", "not", "on answer", "on fact")
