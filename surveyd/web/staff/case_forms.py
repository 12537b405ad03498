"""What can be done about a case, as forms; each knows how much of the log its writer has seen."""

from flask_babel import lazy_gettext
from wtforms import Form, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from surveyd.closed_loop import cases
from surveyd.closed_loop.cases import AttemptResult, EntryKind
from surveyd.closed_loop.models import Ending, RootCause
from surveyd.web.staff.case_words import ATTEMPTS, CAUSES, ENDINGS

NOTE = "note"


class StepForm(Form):
    """One step of a case. `seen` counts the lines of the log that stood on the page."""

    seen = IntegerField(validators=[Optional(), NumberRange(0, 1_000_000)])


class LogForm(StepForm):
    """One line of the log: an attempt to reach the person, or a note."""

    kind = RadioField(
        choices=[
            *(SelectChoice(result.value, words) for result, words in ATTEMPTS.items()),
            SelectChoice(NOTE, lazy_gettext("only a note")),
        ],
        validators=[InputRequired(lazy_gettext("Choose what happened."))],
    )
    text = TextAreaField(
        validators=[Length(max=cases.LONG_TEXT, message=lazy_gettext("Shorten the note a little."))]
    )

    def validate_text(self, field: TextAreaField) -> None:
        """A note without words says nothing."""
        if self.kind.data == NOTE and not cases.clean(field.data or ""):
            raise ValidationError(lazy_gettext("Write what is to be noted."))

    @property
    def line(self) -> tuple[EntryKind, str]:
        """The line of the log that the form writes."""
        text = self.text.data or ""
        if self.kind.data == NOTE:
            return EntryKind.NOTE, cases.clean(text)
        result = AttemptResult(self.kind.data)
        kind = EntryKind.CONTACT if result is AttemptResult.REACHED else EntryKind.ATTEMPT
        return kind, cases.attempt_text(result, text)


class CloseForm(StepForm):
    """How a case ended: sorted, and in words."""

    cause = SelectField(
        choices=[SelectChoice("", ""), *(SelectChoice(kind.value, words) for kind, words in CAUSES.items())],
        validators=[InputRequired(lazy_gettext("Choose what was behind it."))],
    )
    root_cause = StringField(
        validators=[
            InputRequired(lazy_gettext("Say what was behind it, in a few words.")),
            Length(max=cases.SHORT_TEXT, message=lazy_gettext("Shorten the root cause a little.")),
        ]
    )
    ending = RadioField(
        choices=[SelectChoice(ending.value, words) for ending, words in ENDINGS.items()],
        validators=[InputRequired(lazy_gettext("Choose how it ended."))],
    )
    outcome = StringField(
        validators=[
            InputRequired(lazy_gettext("Say what came of it, in a few words.")),
            Length(max=cases.SHORT_TEXT, message=lazy_gettext("Shorten the outcome a little.")),
        ]
    )

    @property
    def kinds(self) -> cases.Kinds:
        """How the case is sorted."""
        return cases.Kinds(RootCause(self.cause.data), Ending(self.ending.data))

    @property
    def line(self) -> tuple[EntryKind, str]:
        """The line of the log that the form writes."""
        texts = (self.root_cause.data, self.outcome.data)
        return EntryKind.CLOSING, "; ".join(cases.clean(text or "") for text in texts)


class HandOverForm(StepForm):
    """Who sees to the case from now on. The view gives the choices."""

    to = SelectField(
        coerce=str, validators=[InputRequired(lazy_gettext("Choose who sees to it from now on."))]
    )
    word = TextAreaField(
        validators=[Length(max=cases.LONG_TEXT, message=lazy_gettext("Shorten the word a little."))]
    )
