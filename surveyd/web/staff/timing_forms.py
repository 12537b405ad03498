"""The forms that say in which steps a program asks, how often, and when nobody is asked."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import DateField, FieldList, Form, FormField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from surveyd.base.errors import Refused
from surveyd.distribution.blackouts import NAME_LIMIT, REASON_LIMIT, NewBlackout
from surveyd.distribution.cadence import Cadence, Step
from surveyd.distribution.cadences import CALL, LAST_DAY, MOST_STEPS, check_cadence, new_step
from surveyd.distribution.crowds import LARGEST
from surveyd.distribution.mails import LANGUAGES
from surveyd.distribution.recurring import TIMES_A_YEAR, Rhythm
from surveyd.web.filters import language

SPARE = 2
"""So many empty lines stand below the steps for new ones."""
WHOLE_NUMBER = lazy_gettext("Write a whole number of days.")
NO_DAY = lazy_gettext("Write a day.")


def trimmed(typed: str | None) -> str:
    """What was typed without the blanks around it."""
    return (typed or "").strip()


class StepForm(Form):
    """One line of the cadence. A line without a name is no step."""

    name = StringField(filters=[trimmed], validators=[Length(max=30)])
    kind = SelectField(
        default="reminder",
        choices=[
            SelectChoice("invitation", lazy_gettext("mail: invitation")),
            SelectChoice("reminder", lazy_gettext("mail: reminder")),
            SelectChoice("call", lazy_gettext("call")),
        ],
    )
    day = IntegerField(validators=[Optional(), NumberRange(0, LAST_DAY, WHOLE_NUMBER)])
    hours = StringField(filters=[trimmed])
    days = SelectField(
        default="",
        choices=[
            SelectChoice("", lazy_gettext("as the program")),
            SelectChoice("mon-fri", lazy_gettext("on working days")),
            SelectChoice("all", lazy_gettext("on every day")),
        ],
    )
    language = SelectField(
        default="",
        choices=[
            SelectChoice("", lazy_gettext("each contact's own")),
            *(SelectChoice(code, language(code)) for code in LANGUAGES),
        ],
    )

    def step(self) -> Step:
        """The step of the line. Raises Refused for hours that are none."""
        data = self.data
        said = data["language"] if data["kind"] != CALL else ""
        if data["day"] is None:
            raise Refused(_("Write the day of the step %(name)s.", name=data["name"]))
        return new_step(
            data["name"], data["kind"], data["day"], hours=data["hours"], days=data["days"], language=said
        )


class CadenceForm(Form):
    """The steps of a program and the day on which its waves close."""

    steps = FieldList(FormField(StepForm), max_entries=MOST_STEPS + SPARE)
    close_day = IntegerField(validators=[InputRequired(WHOLE_NUMBER)])
    wrong = ""

    def cadence(self) -> Cadence | None:
        """The cadence that was typed, or None: `wrong` says what to write instead."""
        try:
            steps = tuple(line.form.step() for line in self.steps if line.form.name.data)
            wanted = Cadence(steps, self.close_day.data or 0)
            check_cadence(wanted)
        except Refused as refused:
            self.wrong = str(refused)
            return None
        return wanted


def cadence_form(cadence: Cadence) -> CadenceForm:
    """The form as it stands, with empty lines below."""
    lines: list[dict[str, object]] = [_line(step) for step in cadence.steps]
    spare = max(0, min(SPARE, MOST_STEPS - len(lines)))
    return CadenceForm(data={"steps": lines + [{}] * spare, "close_day": cadence.close_day})


def _line(step: Step) -> dict[str, object]:
    own = step.window
    return {
        "name": step.name,
        "kind": step.mail or CALL,
        "day": step.day,
        "hours": f"{own.start:02}-{own.end:02}" if own else "",
        "days": ("mon-fri" if own.workdays_only else "all") if own else "",
        "language": step.language,
    }


class RhythmForm(Form):
    """How often a program asks, from which day on."""

    per_year = SelectField(
        coerce=int,
        default=0,
        choices=[
            SelectChoice(0, lazy_gettext("when somebody schedules a wave")),
            *(SelectChoice(times, str(times)) for times in TIMES_A_YEAR),
        ],
    )
    first_day = DateField(validators=[Optional()])
    hour = IntegerField(
        default=9,
        validators=[InputRequired(), NumberRange(0, 23, lazy_gettext("Write a full hour from 0 to 23."))],
    )

    def validate_hour(self, field: IntegerField) -> None:
        """Who asks in a rhythm begins on a day: an empty one ends the checks of its own field."""
        if self.per_year.data and self.first_day.data is None and not self.first_day.errors:
            self.first_day.errors = [_("Write the day of the first wave.")]

    def rhythm(self) -> Rhythm | None:
        """The rhythm that was chosen, None for none."""
        if not self.per_year.data or self.first_day.data is None:
            return None
        return Rhythm(self.first_day.data, self.per_year.data, self.hour.data or 0)


class LimitForm(Form):
    """How many people of one account a program touches on one day; empty is no limit."""

    people = IntegerField(
        validators=[
            Optional(),
            NumberRange(1, LARGEST, lazy_gettext("Write a number from 1 to 1,000, or leave it empty.")),
        ]
    )


class BlackoutForm(Form):
    """A period in which nobody is asked."""

    name = StringField(
        filters=[trimmed],
        validators=[
            DataRequired(lazy_gettext("Give it a name, such as year's end.")),
            Length(max=NAME_LIMIT, message=lazy_gettext("Shorten the name a little.")),
        ],
    )
    first_day = DateField(validators=[InputRequired(NO_DAY)])
    last_day = DateField(validators=[InputRequired(NO_DAY)])
    program = SelectField(choices=[])
    reason = StringField(
        filters=[trimmed],
        validators=[Length(max=REASON_LIMIT, message=lazy_gettext("Shorten the reason a little."))],
    )

    def facts(self) -> NewBlackout:
        """What the form says, for the verb. Only after it was found valid."""
        first, last = self.first_day.data or date.min, self.last_day.data or date.min
        return NewBlackout(first, last, self.name.data or "", self.reason.data or "")


class AcceptForm(Form):
    """The name of the wave that a proposal becomes."""

    slug = StringField(filters=[trimmed], validators=[DataRequired(lazy_gettext("Give the wave a name."))])


class MoveForm(Form):
    """The day that a proposal moves to."""

    day = DateField(validators=[InputRequired(NO_DAY)])
