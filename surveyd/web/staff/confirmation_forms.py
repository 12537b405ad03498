"""The forms of contact confirmation: the round, one contact, and why somebody is left out."""

import re
from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import (
    DateField,
    EmailField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from surveyd.distribution.confirmation_days import USUAL_REMINDERS
from surveyd.distribution.confirmation_models import WhyExcluded
from surveyd.distribution.contact_marks import WORDS_LIMIT
from surveyd.people.cells import read_address, read_phone, read_text
from surveyd.people.contacts import ContactFacts, NewContact
from surveyd.people.models import RelationshipRole
from surveyd.web.filters import language
from surveyd.web.staff.confirmation_words import REASONS
from surveyd.web.staff.slices import CODED

NUMBERS = re.compile(r"[0-9]{1,3}([ ,;]+[0-9]{1,3})*")


def _trimmed(typed: str | None) -> str:
    return (typed or "").replace("\0", "").strip()


class RoundForm(Form):
    """Until when account managers can say something, and how many days before it they are reminded."""

    until = DateField(
        validators=[
            InputRequired(lazy_gettext("Write the last day on which something can be said, as 2026-03-31."))
        ]
    )
    remind = StringField(filters=[_trimmed], default=", ".join(map(str, USUAL_REMINDERS)))

    def validate_remind(self, field: StringField) -> None:
        """Numbers of days, or nothing."""
        if field.data and not NUMBERS.fullmatch(field.data):
            raise ValidationError(_("Write numbers of days, such as 3, 1; or nothing for no reminder."))

    @property
    def remind_days(self) -> tuple[int, ...]:
        """The days before the last one. Only after the form was found valid."""
        return tuple(int(one) for one in re.findall(r"[0-9]+", self.remind.data or ""))


class ContactForm(Form):
    """What staff may say of a contact. `country` is the account's, for numbers without a country in front."""

    name = StringField(
        filters=[_trimmed], validators=[DataRequired(lazy_gettext("Write the person's name."))]
    )
    email = EmailField(filters=[_trimmed])
    phone = StringField(filters=[_trimmed])
    role = SelectField(
        default=RelationshipRole.UNKNOWN.value,
        choices=[SelectChoice(role.value, CODED[role.value]) for role in RelationshipRole],
    )
    language = SelectField(default="")
    country = ""
    needs_address = False

    def speak(self, languages: Iterable[str], fallback: str) -> None:
        """Offer these languages, and the program's own for nothing known."""
        usual = SelectChoice("", _("the program's: %(language)s", language=language(fallback)))
        self.language.choices = [usual, *(SelectChoice(code, language(code)) for code in languages)]

    def validate_name(self, field: StringField) -> None:
        """One line without control characters."""
        try:
            field.data = read_text(field.data or "", 200)
        except ValueError as error:
            raise ValidationError(_("Write the name on one line, in at most 200 characters.")) from error

    def validate_email(self, field: EmailField) -> None:
        """An address that mail can go to."""
        if not field.data and self.needs_address:
            raise ValidationError(
                _("Write an e-mail address. Who is not to be asked is left out with a reason.")
            )
        try:
            field.data = read_address(field.data or "")
        except ValueError as error:
            raise ValidationError(_("Type an e-mail address, such as name@company.example.")) from error

    def validate_phone(self, field: StringField) -> None:
        """A number that can be dialled, or nothing."""
        try:
            field.data = read_phone(field.data or "", self.country)
        except ValueError as error:
            raise ValidationError(_("Write the number with its country, as +49 30 1234567.")) from error

    @property
    def facts(self) -> ContactFacts:
        """What was typed. Only after the form was found valid."""
        return ContactFacts(
            name=self.name.data or "",
            email=self.email.data or "",
            phone=self.phone.data or "",
            language=self.language.data or "",
            role=RelationshipRole(self.role.data),
        )


class CorrectForm(ContactForm):
    """The same, and the state of the contact that it was typed on."""

    seen = HiddenField()

    @property
    def seen_at(self) -> datetime:
        """When the contact was changed last, as the page knew it; long ago for something unreadable."""
        try:
            found = datetime.fromisoformat(self.seen.data or "")
        except ValueError:
            return datetime.fromisoformat("1970-01-01T00:00:00+00:00")
        return found if found.tzinfo else datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class NewContactForm(ContactForm):
    """Somebody who is missing, at an account."""

    account = SelectField(validators=[DataRequired(lazy_gettext("Choose the account that they belong to."))])
    needs_address = True

    def offer(self, accounts: Iterable[tuple[int, str]]) -> None:
        """Let the person belong to one of these."""
        offered = [SelectChoice(str(account_id), name) for account_id, name in accounts]
        # With one account there is nothing to choose.
        none = [] if len(offered) == 1 else [SelectChoice("", _("Choose an account"))]
        self.account.choices = [*none, *offered]

    @property
    def new(self) -> NewContact:
        """What was typed. Only after the form was found valid."""
        facts = self.facts
        return NewContact(
            int(self.account.data or 0),
            facts.name,
            facts.email,
            facts.phone,
            facts.language,
            role=facts.role,
        )


class ExcludeForm(Form):
    """Why somebody is left out."""

    why = RadioField(
        choices=[SelectChoice(why.value, said) for why, said in REASONS.items()],
        validators=[InputRequired(lazy_gettext("Choose why they are left out."))],
    )
    words = StringField(
        filters=[_trimmed],
        validators=[Length(max=WORDS_LIMIT, message=lazy_gettext("Shorten it to 300 characters."))],
    )

    def validate_words(self, field: StringField) -> None:
        """Another reason is told."""
        if self.why.data == WhyExcluded.OTHER.value and not field.data:
            raise ValidationError(_("Say in a few words why they are left out."))


class ManagerForm(Form):
    """Whose contacts are meant, and of how many the reader saw that nothing was said."""

    manager = IntegerField(validators=[InputRequired()])
    contacts = IntegerField(default=0, validators=[Optional()])


class PutBackForm(Form):
    """Who is asked all the same."""

    contact = IntegerField(validators=[InputRequired()])
