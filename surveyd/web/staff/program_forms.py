"""The forms that make a program and schedule a wave; what a fact must be is decided by the verbs below."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import (
    DateField,
    EmailField,
    Field,
    Form,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

from surveyd.base.clock import from_local
from surveyd.base.errors import Refused
from surveyd.distribution.cadence import read_window
from surveyd.distribution.mails import LANGUAGES
from surveyd.distribution.models import AfterSending
from surveyd.distribution.programs import NewProgram, check_address, check_slug, check_zone
from surveyd.web.filters import language

LONGEST_REST = 3650


def _trimmed(typed: str | None) -> str:
    return (typed or "").strip()


def _checked(check: Callable[[str], None]) -> Callable[[Form, Field], None]:
    """A validator of the form from a check of the house, so that both say the same."""

    def validate(form: Form, field: Field) -> None:
        try:
            check(field.data)
        except Refused as refused:
            raise ValidationError(str(refused)) from refused

    return validate


AFTER_SENDING = {
    AfterSending.NOTHING: lazy_gettext("nothing: they see the thanks and their receipt"),
    AfterSending.READ: lazy_gettext("read them"),
    AfterSending.CORRECT: lazy_gettext("read and correct them until the wave closes"),
}
"""What respondents may do with sent answers."""


AFTER_CHOICES = [SelectChoice(choice.value, words) for choice, words in AFTER_SENDING.items()]


class AfterSendingForm(Form):
    """What respondents of a program may do with sent answers."""

    after_sending = RadioField(
        choices=AFTER_CHOICES,
        validators=[InputRequired(lazy_gettext("Choose what respondents may do with what they have sent."))],
    )


class ProgramForm(Form):
    """A new program."""

    slug = StringField(
        filters=[_trimmed],
        validators=[
            DataRequired(lazy_gettext("Give it a short name, such as relationship.")),
            _checked(check_slug),
        ],
    )
    questionnaire = SelectField()
    company = StringField(
        filters=[_trimmed],
        validators=[
            DataRequired(lazy_gettext("Write the company's name as customers know it.")),
            Length(max=200, message=lazy_gettext("Shorten the name a little.")),
        ],
    )
    sender_name = StringField(
        filters=[_trimmed],
        validators=[
            DataRequired(lazy_gettext("Write who the mails come from, as the reader sees it.")),
            Length(max=200, message=lazy_gettext("Shorten the name a little.")),
        ],
    )
    sender = EmailField(
        filters=[_trimmed],
        validators=[
            DataRequired(lazy_gettext("Write the address that the mails come from.")),
            Length(max=254, message=lazy_gettext("Shorten the address a little.")),
            _checked(check_address),
        ],
    )
    reply_to = EmailField(
        filters=[_trimmed],
        validators=[
            DataRequired(lazy_gettext("Write where answers to the mails go.")),
            Length(max=254, message=lazy_gettext("Shorten the address a little.")),
            _checked(check_address),
        ],
    )
    window = StringField(
        default="08-18",
        filters=[_trimmed],
        validators=[_checked(lambda hours: (read_window(hours, "all"), None)[1])],
    )
    days = RadioField(
        default="mon-fri",
        choices=[
            SelectChoice("mon-fri", lazy_gettext("on working days")),
            SelectChoice("all", lazy_gettext("on every day")),
        ],
    )
    rest_days = IntegerField(
        default=90,
        validators=[
            InputRequired(lazy_gettext("Write a number of days, or 0 for no rest.")),
            NumberRange(0, LONGEST_REST, lazy_gettext("Write a number of days from 0 to 3,650.")),
        ],
    )
    after_sending = RadioField(default=AfterSending.READ.value, choices=AFTER_CHOICES)
    language = SelectField(default="en", choices=[SelectChoice(code, language(code)) for code in LANGUAGES])
    zone = StringField(default="UTC", filters=[_trimmed], validators=[_checked(check_zone)])

    def facts(self) -> NewProgram:
        """What the form says, for the verb. Only after it was found valid."""
        return NewProgram(
            slug=self.slug.data or "",
            company=self.company.data or "",
            sender_name=self.sender_name.data or "",
            sender=self.sender.data or "",
            reply_to=self.reply_to.data or "",
            window=read_window(self.window.data or "", self.days.data),
            rest_days=self.rest_days.data or 0,
            after_sending=AfterSending(self.after_sending.data),
            language=self.language.data,
            time_zone=self.zone.data or "UTC",
        )


class WaveForm(Form):
    """A new wave: its name, and the wall clock in the admin's zone from which it may go out."""

    slug = StringField(
        filters=[_trimmed],
        validators=[
            DataRequired(lazy_gettext("Give it a short name, such as 2026-h1.")),
            _checked(check_slug),
        ],
    )
    date = DateField(validators=[Optional()])
    time = TimeField(validators=[Optional()])

    def validate_time(self, field: TimeField) -> None:
        """A time alone says too little."""
        if field.data is not None and self.date.data is None and not self.date.errors:
            raise ValidationError(_("Write the date, too, or leave both empty."))

    def validate_date(self, field: DateField) -> None:
        """A date alone says too little."""
        if field.data is not None and self.time.data is None and not (self.time.raw_data or [""])[0]:
            raise ValidationError(_("Write the time, too, or leave both empty."))

    def instant(self, *, zone: ZoneInfo, now: datetime) -> datetime:
        """The instant that the form names; without one it is now."""
        if self.date.data is None or self.time.data is None:
            return now
        return from_local(datetime.combine(self.date.data, self.time.data), zone)
