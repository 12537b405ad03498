"""The numbers that nobody phones: shown, added, taken off again."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response
from wtforms import Form, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from surveyd.base.database import reading, writing
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution import barred_numbers
from surveyd.distribution.barred_numbers import NOTE_LIMIT, BarredList
from surveyd.people.cells import read_phone
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted


class NumberForm(Form):
    """A number that nobody phones any more, and why."""

    phone = StringField(validators=[InputRequired(lazy_gettext("Write the number."))])
    note = StringField(
        validators=[Length(max=NOTE_LIMIT, message=lazy_gettext("Shorten the reason a little."))]
    )

    def validate_phone(self, field: StringField) -> None:
        """It is a number with its country in front."""
        try:
            read_phone(field.data or "", "")
        except ValueError as error:
            raise ValidationError(
                _("Write the number with its country in front, as +49 30 1234567.")
            ) from error


class AllowForm(Form):
    """A number that is phoned again."""

    number = IntegerField(validators=[InputRequired(), NumberRange(1, 2**63 - 1)])


@dataclass(frozen=True, slots=True)
class NumbersPage:
    """The numbers, and the form for another one."""

    found: BarredList
    wanted: Wanted
    form: NumberForm


@bp.get("/calls/numbers", endpoint="barred_numbers")
def show_numbers() -> str:
    """The numbers that nobody phones, the latest first."""
    return _show(NumberForm())


@bp.post("/calls/numbers")
def bar_number() -> Response | tuple[str, int]:
    """Never phone a number again; whoever has it leaves the call list."""
    form = NumberForm(request.form)
    if not form.validate():
        return _show(form), 422
    with writing() as session:
        barred_numbers.bar_number(
            session,
            read_phone(form.phone.data or "", ""),
            note=" ".join((form.note.data or "").split()),
            by=reader().user_id,
            now=services().clock.now(),
        )
    return redirect(url_for("staff.barred_numbers"), 303)


@bp.post("/calls/numbers/allow")
def allow_number() -> Response | tuple[str, int]:
    """Phone a number again."""
    form = AllowForm(request.form)
    if not form.validate():
        return _show(NumberForm()), 422
    with writing() as session:
        number_id = int(form.number.data or 0)
        barred_numbers.allow_number(session, number_id, by=reader().user_id, now=services().clock.now())
    return redirect(url_for("staff.barred_numbers"), 303)


def _show(form: NumberForm) -> str:
    wish = wanted(sorts=(), sort="")
    with reading() as session:
        found = barred_numbers.barred_numbers(session, wanted=wish)
    return render_template("staff/call_numbers.html", page=NumbersPage(found, wish, form))
