"""The kinds of question: one class each and one row in KINDS.

A kind says which keys its items may have, which answers they take, which template draws them,
which field reads what comes back (forms/inputs.py), and which parts it is made of.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from werkzeug.datastructures import MultiDict
from wtforms import Field
from wtforms.fields.core import UnboundField

from surveyd.forms.conditions import Answer, Answers, OnAnswer
from surveyd.forms.definition import NOT_APPLICABLE, Item
from surveyd.forms.inputs import (
    DateField,
    EmailField,
    NumberField,
    PhoneField,
    PickField,
    PickManyField,
    Problem,
    WordsField,
)

__all__ = ["KINDS", "SHARED_KEYS", "Kind", "Problem", "kind_of"]

SHORT_TEXT_LENGTH = 200
LONG_TEXT_LENGTH = 4000
ADDRESS_LENGTH = 254
CONSENTS = "yes"
CONTACT_PARTS: Mapping[str, str] = {"name": "short_text", "email": "email", "phone": "phone"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What all kinds of question have in common.

    `asks` is False for a block that has no answer of its own. `typed` kinds take what people type;
    `input` and `autocomplete` are the attributes of their HTML field.
    """

    template: str
    keys: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    asks: bool = True
    typed: bool = False
    input: str = ""
    autocomplete: str = "off"
    max_length: int = 0

    def choices(self, item: Item) -> Mapping[str, Answer]:
        """The possible answers by the text that a form sends for each; empty for what is typed."""
        return {}

    def picked(self, item: Item, answer: Answer | None) -> tuple[str, ...]:
        """What of `choices` this answer ticks."""
        sent = {choice: key for key, choice in self.choices(item).items()}
        return (sent[answer],) if answer in sent and not isinstance(answer, bool) else ()

    def field(self, item: Item) -> "UnboundField[Field]":
        """The WTForms field, unbound, that reads an answer to `item`."""
        return UnboundField(PickField, choices=self.choices(item), required=item.required)

    def limit(self, item: Item) -> int:
        """How many characters an answer to `item` may have; 0 for what is not typed."""
        return item.max_length or self.max_length

    def parts(self, item: Item) -> tuple[Item, ...]:
        """What else is answered in this block, made when the questionnaire is read."""
        return ()

    def meant(
        self, item: Item, sent: MultiDict[str, str], *, before: Answers = MappingProxyType({})
    ) -> Iterable[str]:
        """Choices that were not sent and are meant by what was sent, over what was answered `before`."""
        return ()


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
class BatteryKind(Kind):
    """Many statements on one scale; each statement is answered like a rating of its own."""

    def parts(self, item: Item) -> tuple[Item, ...]:
        """The statements, each with the battery's scale."""
        return tuple(
            replace(
                each,
                kind="rating",
                scale=item.scale,
                na=item.na or each.na,
                required=item.required or each.required,
            )
            for each in item.statements
        )


@dataclass(frozen=True, slots=True)
class ChoiceKind(Kind):
    """One of the item's options, and words for an "other"."""

    def choices(self, item: Item) -> Mapping[str, Answer]:
        """The options' values."""
        return {option.value: option.value for option in item.options}

    def parts(self, item: Item) -> tuple[Item, ...]:
        """A line for words where an option is an "other"; it counts when that option is chosen."""
        other = next((option for option in item.options if option.other), None)
        if other is None:
            return ()
        label = {code: f"{text} · {other.text.get(code, other.value)}" for code, text in item.label.items()}
        chosen = OnAnswer(item.id, (other.value,))
        words = Item(f"{item.id}_other", "short_text", {}, label=label, counts_if=chosen)
        return (words,)

    def meant(
        self, item: Item, sent: MultiDict[str, str], *, before: Answers = MappingProxyType({})
    ) -> Iterable[str]:
        """The "other", for whoever wrote its words and chose nothing; not for who took its tick away."""
        if not item.parts or sent.get(item.id):
            return
        words = sent.get(item.parts[0].id, "").replace("\r\n", "\n")
        if words.strip() and words != before.get(item.parts[0].id):
            yield from (option.value for option in item.options if option.other)


@dataclass(frozen=True, slots=True)
class ChoicesKind(ChoiceKind):
    """Any of the item's options."""

    def picked(self, item: Item, answer: Answer | None) -> tuple[str, ...]:
        """The options that were ticked."""
        ticked = str(answer or "").split()
        return tuple(value for value in self.choices(item) if value in ticked)

    def field(self, item: Item) -> "UnboundField[Field]":
        """A field that takes several values."""
        return UnboundField(PickManyField, choices=self.choices(item), required=item.required)


@dataclass(frozen=True, slots=True)
class ConsentKind(ChoicesKind):
    """One box to tick. Where it is required, it must be ticked to go on."""

    def choices(self, item: Item) -> Mapping[str, Answer]:
        """Yes, or nothing."""
        return {CONSENTS: CONSENTS}

    def parts(self, item: Item) -> tuple[Item, ...]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class TextKind(Kind):
    """The respondent's own words, up to a length, read by `reads`."""

    reads: type[WordsField] = field(default=WordsField)

    def field(self, item: Item) -> "UnboundField[Field]":
        """A field that keeps every word, and marks what is too long or not what was asked for."""
        return UnboundField(self.reads, max_length=self.limit(item), required=item.required)


@dataclass(frozen=True, slots=True)
class NumberKind(Kind):
    """A number between two bounds, with so many decimals."""

    def field(self, item: Item) -> "UnboundField[Field]":
        """A field that reads numbers as people type them."""
        return UnboundField(
            NumberField,
            required=item.required,
            minimum=item.minimum,
            maximum=item.maximum,
            decimals=item.decimals,
        )


@dataclass(frozen=True, slots=True)
class ContactKind(Kind):
    """Name, e-mail address and telephone number, each answered by itself."""

    def parts(self, item: Item) -> tuple[Item, ...]:
        """The three lines."""
        return tuple(
            Item(f"{item.id}_{part}", kind, {}, required=item.required and part != "phone")
            for part, kind in CONTACT_PARTS.items()
        )


def _keys(*names: str) -> frozenset[str]:
    return frozenset(names)


SCORED = _keys("reversed", "weight", "gate")
LINE = "respond/short_text.html"
KINDS: Mapping[str, Kind] = {
    "recommendation": ScaleKind("respond/scale.html", _keys("scale"), _keys("scale")),
    "rating": ScaleKind("respond/scale.html", _keys("scale", "na") | SCORED, _keys("scale")),
    "battery": BatteryKind(
        "respond/battery.html",
        _keys("scale", "na", "shuffle", "statements"),
        _keys("scale", "statements"),
        asks=False,
    ),
    "choice": ChoiceKind("respond/choice.html", _keys("options"), _keys("options")),
    "choices": ChoicesKind("respond/choices.html", _keys("options"), _keys("options")),
    "number": NumberKind(LINE, _keys("minimum", "maximum", "decimals"), typed=True, input="text"),
    "date": TextKind(LINE, typed=True, input="date", max_length=40, reads=DateField),
    "short_text": TextKind(LINE, _keys("max_length"), typed=True, input="text", max_length=SHORT_TEXT_LENGTH),
    "long_text": TextKind(
        "respond/long_text.html", _keys("max_length"), typed=True, max_length=LONG_TEXT_LENGTH
    ),
    "contact_details": ContactKind("respond/contact_details.html", asks=False),
    "consent": ConsentKind("respond/consent.html"),
    "statement": Kind("respond/statement.html", asks=False),
    "email": TextKind(
        LINE, typed=True, input="email", autocomplete="email", max_length=ADDRESS_LENGTH, reads=EmailField
    ),
    "phone": TextKind(
        LINE, typed=True, input="tel", autocomplete="tel", max_length=SHORT_TEXT_LENGTH, reads=PhoneField
    ),
}
SHARED_KEYS = _keys(
    "id",
    "kind",
    "text",
    "text_for",
    "help",
    "label",
    "measures",
    "required",
    "show_if",
    "skip_if",
    "roles",
)


def kind_of(item: Item) -> Kind:
    """The kind of `item`."""
    return KINDS[item.kind]
