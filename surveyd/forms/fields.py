"""The kinds of question: one class each and one row in KINDS.

A kind says which keys its items may have, which answers they take, which template draws them
and which WTForms field reads what comes back. WTForms validates and renders nothing; a field
reports a fault as a code (`Problem`) that the page words in the reader's language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wtforms import Field, ValidationError
from wtforms.fields.core import UnboundField

from surveyd.forms.definition import NOT_APPLICABLE, Answer, Item

SHORT_TEXT_LENGTH = 200
LONG_TEXT_LENGTH = 4000


class Problem(StrEnum):
    """What can be wrong with an answer."""

    REQUIRED = "required"
    NOT_AN_OPTION = "not_an_option"
    TOO_LONG = "too_long"


class PickField(Field):
    """One of a few answers. What is none of them is a fault, and the answer before it stays."""

    def __init__(self, *, choices: Mapping[str, Answer], required: bool, **rest: Any) -> None:
        super().__init__(label="", **rest)
        self.choices = choices
        self.required = required
        self.sent = ""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the last value sent. Nothing sent means nothing chosen in this view: the answer stays."""
        self.sent = valuelist[-1] if valuelist else ""
        self.data = self.choices.get(self.sent, self.data)

    def pre_validate(self, form: object) -> None:
        """Raise a Problem for an unknown answer or a missing required one."""
        if (self.sent and self.sent not in self.choices) or self.data not in (None, *self.choices.values()):
            raise ValidationError(Problem.NOT_AN_OPTION)
        if self.required and self.data is None:
            raise ValidationError(Problem.REQUIRED)


class WordsField(Field):
    """A text. One that is too long is a fault and is kept all the same."""

    def __init__(self, *, max_length: int, required: bool, **rest: Any) -> None:
        super().__init__(label="", **rest)
        self.max_length = max_length
        self.required = required

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the text with its line ends as plain new lines; nothing else is changed."""
        if valuelist:
            # A browser sends CR LF. No database stores NUL, and no keyboard types it.
            text = valuelist[-1].replace("\r\n", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
            self.data = text if text.strip() else None

    def pre_validate(self, form: object) -> None:
        """Raise a Problem for a text that is too long, or missing though required."""
        if self.data and len(self.data) > self.max_length:
            raise ValidationError(Problem.TOO_LONG)
        if self.required and not self.data:
            raise ValidationError(Problem.REQUIRED)


@dataclass(frozen=True, slots=True)
class Kind:
    """What all kinds of question have in common."""

    template: str
    keys: frozenset[str]
    needed: frozenset[str] = frozenset()

    def choices(self, item: Item) -> Mapping[str, Answer]:
        """The possible answers by the text that a form sends for each; empty for open texts."""
        raise NotImplementedError

    def field(self, item: Item) -> "UnboundField[Field]":
        """The WTForms field, unbound, that reads an answer to `item`."""
        return UnboundField(PickField, choices=self.choices(item), required=item.required)

    def limit(self, item: Item) -> int:
        """How many characters an answer to `item` may have; 0 for what is not typed."""
        return 0


@dataclass(frozen=True, slots=True)
class ScaleKind(Kind):
    """Whole numbers with labelled ends, and "not applicable" where the item offers it."""

    def choices(self, item: Item) -> Mapping[str, Answer]:
        """The numbers of the scale, and NOT_APPLICABLE where the item offers it."""
        if item.scale is None:
            return {}
        numbers: dict[str, Answer] = {str(n): n for n in range(item.scale.low, item.scale.high + 1)}
        return numbers | ({NOT_APPLICABLE: NOT_APPLICABLE} if item.na else {})


@dataclass(frozen=True, slots=True)
class ChoiceKind(Kind):
    """One of the item's options."""

    def choices(self, item: Item) -> Mapping[str, Answer]:
        """The options' values."""
        return {option.value: option.value for option in item.options}


@dataclass(frozen=True, slots=True)
class TextKind(Kind):
    """The respondent's own words, up to a length."""

    max_length: int = SHORT_TEXT_LENGTH

    def choices(self, item: Item) -> Mapping[str, Answer]:
        """None: every text is an answer."""
        return {}

    def field(self, item: Item) -> "UnboundField[Field]":
        """A field that keeps every word, and marks a text that is too long."""
        return UnboundField(WordsField, max_length=self.limit(item), required=item.required)

    def limit(self, item: Item) -> int:
        """How many characters an answer to `item` may have."""
        return item.max_length or self.max_length


SCORED = frozenset({"reversed", "weight", "gate"})
KINDS: Mapping[str, Kind] = {
    "recommendation": ScaleKind("respond/scale.html", frozenset({"scale"}), needed=frozenset({"scale"})),
    "rating": ScaleKind(
        "respond/scale.html", frozenset({"scale", "na"}) | SCORED, needed=frozenset({"scale"})
    ),
    "choice": ChoiceKind("respond/choice.html", frozenset({"options"}), needed=frozenset({"options"})),
    "short_text": TextKind(
        "respond/short_text.html", frozenset({"max_length"}), max_length=SHORT_TEXT_LENGTH
    ),
    "long_text": TextKind("respond/long_text.html", frozenset({"max_length"}), max_length=LONG_TEXT_LENGTH),
}
SHARED_KEYS = frozenset(
    {"id", "kind", "text", "text_for", "help", "label", "measures", "required", "show_if"}
)


def kind_of(item: Item) -> Kind:
    """The kind of `item`."""
    return KINDS[item.kind]
