"""How often and how soon a program calls again."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response
from wtforms import Form, IntegerField
from wtforms.validators import InputRequired, NumberRange

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound
from surveyd.base.services import services
from surveyd.distribution.call_rules import MOST_ATTEMPTS, MOST_HOURS, Rules, rules_of, set_rules
from surveyd.distribution.models import Program
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp

HOURS = [
    InputRequired(lazy_gettext("Say a number of hours from 1 to 720.")),
    NumberRange(1, MOST_HOURS, lazy_gettext("Say a number of hours from 1 to 720.")),
]


class RulesForm(Form):
    """After how many attempts a call is over, and the hours in between."""

    attempts = IntegerField(
        validators=[
            InputRequired(lazy_gettext("Say a number of attempts from 1 to 20.")),
            NumberRange(1, MOST_ATTEMPTS, lazy_gettext("Say a number of attempts from 1 to 20.")),
        ]
    )
    after_no_answer = IntegerField(validators=HOURS)
    after_message = IntegerField(validators=HOURS)


@dataclass(frozen=True, slots=True)
class RulesPage:
    """One program's rules for its calls."""

    program_id: int
    program: str
    form: RulesForm


@bp.get("/programs/<id:program_id>/calls", endpoint="call_rules")
def show_rules(program_id: int) -> str:
    """The rules by which a program calls."""
    with reading() as session:
        rules = rules_of(session, program_id)
    return _show(program_id, RulesForm(obj=rules))


@bp.post("/programs/<id:program_id>/calls")
def set_call_rules(program_id: int) -> Response | tuple[str, int]:
    """Let a program call by other rules from its next attempt on."""
    form = RulesForm(request.form)
    if not form.validate():
        return _show(program_id, form), 422
    rules = Rules(form.attempts.data or 0, form.after_no_answer.data or 0, form.after_message.data or 0)
    with writing() as session:
        if session.get(Program, program_id) is None:
            raise NotFound("program", program_id)
        set_rules(session, program_id, rules, by=reader().user_id, now=services().clock.now())
    return redirect(url_for("staff.program", program_id=program_id), 303)


def _show(program_id: int, form: RulesForm) -> str:
    with reading() as session:
        program = session.get(Program, program_id)
        if program is None:
            raise NotFound("program", program_id)
        page = RulesPage(program_id, program.slug, form)
    return render_template("staff/call_rules.html", page=page)
