"""The WTForms fields that read what a page sends back. They validate and render nothing.

A fault is reported as a code (`Problem`) that the page words in the reader's language. Whatever
was typed stays the field's data, faulty or not: a fault costs nobody a word.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from wtforms import Field, ValidationError

from surveyd.forms.conditions import Answer

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
DIGITS_OF_A_PHONE = 5
LARGEST = 1e15
GROUPS = re.compile("[ \u00a0\u202f'\u2019]")
NUMBER = re.compile(
    rf"(?P<sign>[+-]?)(?P<whole>\d+|\d{{1,3}}({GROUPS.pattern}\d{{3}})+)"
    r"([.,\u066b](?P<rest>\d+))?"
)
"""A number as people type it; blanks and apostrophes may group its thousands."""


class Problem(StrEnum):
    """What can be wrong with an answer."""

    REQUIRED = "required"
    NOT_AN_OPTION = "not_an_option"
    TOO_LONG = "too_long"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    NOT_A_DATE = "not_a_date"
    NOT_AN_EMAIL = "not_an_email"
    NOT_A_PHONE = "not_a_phone"


class AnswerField(Field):
    """What all fields have in common: a required one has an answer."""

    data: Answer | None

    def __init__(self, *, required: bool, **rest: Any) -> None:
        super().__init__(label="", **rest)
        self.required = required

    def pre_validate(self, form: object) -> None:
        """Raise ValidationError with a Problem when the answer is faulty, or missing though required."""
        if self.data is not None:
            self.check()
        elif self.required:
            raise ValidationError(Problem.REQUIRED)

    def check(self) -> None:
        """Raise ValidationError with a Problem when the answer that is there is faulty."""


class PickField(AnswerField):
    """One of a few answers. What is none of them is a fault, and the answer before it stays."""

    def __init__(self, *, choices: Mapping[str, Answer], **rest: Any) -> None:
        super().__init__(**rest)
        self.choices = choices
        self.sent = ""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the last value sent. Nothing sent means nothing chosen in this view: the answer stays."""
        self.sent = valuelist[-1] if valuelist else ""
        self.data = self.choices.get(self.sent, self.data)

    def pre_validate(self, form: object) -> None:
        """Raise a Problem for an unknown answer or a missing required one."""
        if (self.sent and self.sent not in self.choices) or self.data not in (None, *self.choices.values()):
            raise ValidationError(Problem.NOT_AN_OPTION)
        super().pre_validate(form)


class PickManyField(AnswerField):
    """Any of a few answers, kept as one text in the order of the options."""

    def __init__(self, *, choices: Mapping[str, Answer], **rest: Any) -> None:
        super().__init__(**rest)
        self.choices = choices
        self.sent: Sequence[str] = ()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take all values sent. Nothing sent means that nothing is ticked: an answer is taken away."""
        self.sent = valuelist
        if any(value not in self.choices for value in valuelist):
            return
        self.data = " ".join(value for value in self.choices if value in valuelist) or None

    def pre_validate(self, form: object) -> None:
        """Raise a Problem for an unknown answer, or when nothing is ticked though something must be."""
        if any(value not in self.choices for value in (*self.sent, *str(self.data or "").split())):
            raise ValidationError(Problem.NOT_AN_OPTION)
        super().pre_validate(form)


class WordsField(AnswerField):
    """A text. One that is too long is a fault and is kept all the same."""

    def __init__(self, *, max_length: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.max_length = max_length

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the text with its line ends as plain new lines; nothing else is changed."""
        if valuelist:
            # A browser sends CR LF. No database stores NUL, and no keyboard types it.
            text = valuelist[-1].replace("\r\n", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
            self.data = text if text.strip() else None

    def check(self) -> None:
        """Raise a Problem for a text that is too long."""
        if len(str(self.data)) > self.max_length:
            raise ValidationError(Problem.TOO_LONG)


class EmailField(WordsField):
    """An e-mail address, as far as one can tell by looking."""

    def check(self) -> None:
        """Raise a Problem for what cannot be an address."""
        super().check()
        if not EMAIL.fullmatch(str(self.data).strip()):
            raise ValidationError(Problem.NOT_AN_EMAIL)


class PhoneField(WordsField):
    """A telephone number, however it is written."""

    def check(self) -> None:
        """Raise a Problem for a text with too few digits."""
        super().check()
        if sum(character.isdigit() for character in str(self.data)) < DIGITS_OF_A_PHONE:
            raise ValidationError(Problem.NOT_A_PHONE)


class DateField(WordsField):
    """A day, kept as year-month-day."""

    def check(self) -> None:
        """Raise a Problem for what is no day of the calendar."""
        try:
            self.data = date.fromisoformat(str(self.data).strip()).isoformat()
        except ValueError:
            raise ValidationError(Problem.NOT_A_DATE) from None


class NumberField(AnswerField):
    """A number, with a point or a comma before its decimals, in any script's digits."""

    def __init__(self, *, minimum: float | None, maximum: float | None, decimals: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.minimum, self.maximum, self.decimals = minimum, maximum, decimals

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the number; what is none is kept as it was typed."""
        if valuelist:
            text = valuelist[-1].replace("\0", "").strip()[:40]
            self.data = self._number(text) if text else None

    def _number(self, text: str) -> Answer:
        found = NUMBER.fullmatch(text)
        # In 1,200 and 1.200 the sign is a comma of thousands for some and of decimals for others.
        if not found or (len(found["rest"] or "") == 3 and self.decimals < 3):
            return text
        number = float(f"{found['sign']}{GROUPS.sub('', found['whole'])}.{found['rest'] or 0}")
        if abs(number) > LARGEST or round(number, self.decimals) != number:
            return text
        return int(number) if number == int(number) else number

    def check(self) -> None:
        """Raise a Problem for what is no number, or none of those that are asked for."""
        if isinstance(self.data, str) or self.data is None:
            raise ValidationError(Problem.NOT_A_NUMBER)
        too_low = self.minimum is not None and self.data < self.minimum
        if too_low or (self.maximum is not None and self.data > self.maximum):
            raise ValidationError(Problem.OUT_OF_RANGE)
