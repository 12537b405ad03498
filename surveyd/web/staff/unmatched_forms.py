"""The forms of the queue: who it is, a new person, and why nobody has to look at it."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import EmailField, Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import DataRequired, Length, Regexp, ValidationError

from surveyd.people.cells import read_address
from surveyd.responses.open_queue import LONGEST_REASON

AN_ID = Regexp(r"[1-9][0-9]{0,17}$")


def _trimmed(typed: str | None) -> str:
    return (typed or "").replace("\0", "").strip()


class MatchForm(Form):
    """The contact who has answered."""

    contact = StringField(
        validators=[DataRequired(lazy_gettext("Choose who it is.")), AN_ID],
    )

    @property
    def contact_id(self) -> int:
        """Who was chosen. Only after the form was found valid."""
        return int(self.contact.data or 0)


class NoteForm(MatchForm):
    """The same, and the response on which this one is kept as a note."""

    response = StringField(validators=[DataRequired(), AN_ID])


class NewPersonForm(Form):
    """Somebody whom nobody has kept yet, at an account."""

    name = StringField(
        filters=[_trimmed],
        validators=[
            DataRequired(lazy_gettext("Write the person's name.")),
            Length(max=200, message=lazy_gettext("Shorten the name to 200 characters.")),
        ],
    )
    email = EmailField(filters=[_trimmed])
    account = SelectField(
        coerce=str, validators=[DataRequired(lazy_gettext("Choose the account that they belong to."))]
    )

    def offer(self, accounts: Sequence[tuple[int, str]]) -> None:
        """Let the person belong to one of these."""
        offered = [SelectChoice(str(account_id), name) for account_id, name in accounts]
        self.account.choices = [SelectChoice("", _("Choose an account")), *offered]

    def validate_email(self, field: EmailField) -> None:
        """Nothing, or an address that mail can go to."""
        try:
            field.data = read_address(field.data or "")
        except ValueError as error:
            raise ValidationError(_("Type an e-mail address, such as name@company.example.")) from error


class DismissForm(Form):
    """Why nobody has to look at the response."""

    reason = StringField(
        filters=[_trimmed],
        validators=[
            DataRequired(lazy_gettext("Say in a few words why nobody has to look at it.")),
            Length(max=LONGEST_REASON, message=lazy_gettext("Shorten the reason to 300 characters.")),
        ],
    )
