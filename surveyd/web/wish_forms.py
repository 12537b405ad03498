"""The three small forms of somebody who cannot answer now: another day, a call, another person.

What is wrong is said by the name of a word (see forms/wording.py and forms/ways_wording.py).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import DateField, Field, Form, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import Length, ValidationError

from surveyd.distribution.excuses import WORDS_LIMIT, Excuse, Named, excuse
from surveyd.distribution.wish_models import WhyNot
from surveyd.distribution.wishes import SUITS_LIMIT, Offer, call_instead, remind_on
from surveyd.people.cells import read_address, read_phone
from surveyd.responses.drafts import Link

TOO_LONG = "problem_too_long"
NAME_LIMIT = 200
LIMITS = {"suits": SUITS_LIMIT, "words": WORDS_LIMIT, "name": NAME_LIMIT}
"""How many characters a field takes."""


def _plain(typed: str | None) -> str:
    # No database stores NUL, and no keyboard types it.
    return (typed or "").replace("\0", "").strip()


def _in_line(typed: str | None) -> str:
    return " ".join(_plain(typed).split())


def _known(typed: str | None) -> str:
    return typed if typed in set(WhyNot) else WhyNot.OTHER.value


class DayField(DateField):
    """A date; what is none is a fault by the name of its word."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Raise ValueError for what is no date, and for nothing."""
        try:
            super().process_formdata(list(valuelist))
        except ValueError as error:
            raise ValueError("problem_day") from error


class WayForm(Form):
    """One of the forms; `offer` says what is possible for this person."""

    offer: Offer

    def take(self, session: Session, link: Link, *, now: datetime, mail_domain: str) -> None:
        """Do what was asked for. Raises Refused where it cannot be done."""
        raise NotImplementedError

    def _number(self, field: Field) -> str:
        try:
            return read_phone(field.data or "", self.offer.country)
        except ValueError as error:
            raise ValidationError("problem_not_a_phone") from error


class RemindForm(WayForm):
    """The day on which to be reminded."""

    day = DayField()

    def validate_day(self, field: DateField) -> None:
        """It is one of those on offer."""
        if not field.errors and not (field.data and self.offer.allows(field.data)):
            raise ValidationError("problem_day")

    def take(self, session: Session, link: Link, *, now: datetime, mail_domain: str) -> None:
        """Move the reminder."""
        assert self.day.data  # a form is taken after it was found valid
        remind_on(session, link.invitation_id, day=self.day.data, now=now)


class CallForm(WayForm):
    """The number to call, unless it is the one that we know, and when it suits."""

    phone = StringField(filters=[_plain])
    suits = StringField(filters=[_in_line], validators=[Length(max=SUITS_LIMIT, message=TOO_LONG)])

    def validate_phone(self, field: StringField) -> None:
        """There is a number, and it can be one."""
        if not self._number(field) and not self.offer.phone:
            raise ValidationError("problem_number")

    def take(self, session: Session, link: Link, *, now: datetime, mail_domain: str) -> None:
        """Put the person onto the call list."""
        number, suits = self._number(self.phone), self.suits.data or ""
        call_instead(session, link.invitation_id, phone=number, suits=suits, now=now)


class ExcuseForm(WayForm):
    """Why somebody is not the right person, and who is, if they know."""

    why = RadioField(choices=[SelectChoice(why.value) for why in WhyNot], filters=[_known])
    words = TextAreaField(filters=[_plain], validators=[Length(max=WORDS_LIMIT, message=TOO_LONG)])
    name = StringField(filters=[_in_line], validators=[Length(max=NAME_LIMIT, message=TOO_LONG)])
    email = StringField(filters=[_plain])
    phone = StringField(filters=[_plain])

    def validate_name(self, field: StringField) -> None:
        """Who is named by an address has a name."""
        if not field.data and (self.email.data or self.phone.data):
            raise ValidationError("problem_colleague_name")

    def validate_email(self, field: StringField) -> None:
        """Who is named has an address, and another one than who names them."""
        if not field.data and (self.name.data or self.phone.data):
            raise ValidationError("problem_colleague_email")
        if self._address(field).lower() == self.offer.email.lower() != "":
            raise ValidationError("problem_own_address")

    def validate_phone(self, field: StringField) -> None:
        """It can be a number."""
        self._number(field)

    def take(self, session: Session, link: Link, *, now: datetime, mail_domain: str) -> None:
        """End the asking, and pass on who was named."""
        named = None
        if self.name.data:
            named = Named(self.name.data, self._address(self.email), self._number(self.phone))
        given = Excuse(WhyNot(self.why.data), self.words.data or "", named)
        excuse(session, link.invitation_id, given, now=now, mail_domain=mail_domain)

    def _address(self, field: Field) -> str:
        try:
            return read_address(field.data or "")
        except ValueError as error:
            raise ValidationError("problem_not_an_email") from error


WAYS: dict[str, type[WayForm]] = {"remind": RemindForm, "call": CallForm, "excuse": ExcuseForm}
"""The forms by the name that each sends along."""


def forms_for(offer: Offer, sent: MultiDict[str, str] | None = None) -> dict[str, WayForm]:
    """All forms for one page; what was `sent` fills the one that it is of."""
    asked = sent.get("way", "") if sent is not None else ""
    forms = {name: way(sent if name == asked else None) for name, way in WAYS.items()}
    for form in forms.values():
        form.offer = offer
    return forms
