"""When a program asks: its cadence, its rhythm, and how many people of one account a day."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution.cadence import Cadence, cadence_of_program
from surveyd.distribution.cadences import is_usual, set_cadence
from surveyd.distribution.crowds import daily_limit, set_daily_limit
from surveyd.distribution.program_lists import ProgramView, get_program, view_program
from surveyd.distribution.recurring import Rhythm, rhythm_of, set_rhythm
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.timing_forms import CadenceForm, LimitForm, RhythmForm, cadence_form


@dataclass(frozen=True, slots=True)
class TimingPage:
    """One program's steps and rhythm, and the forms that change them."""

    program: ProgramView
    cadence: Cadence
    rhythm: Rhythm | None
    limit: int | None
    steps_form: CadenceForm
    rhythm_form: RhythmForm
    limit_form: LimitForm

    @property
    def title(self) -> str:
        """The page's answer."""
        steps = ngettext(
            "1 step over %(days)s days",
            "%(n)s steps over %(days)s days",
            len(self.cadence.steps),
            n=number(len(self.cadence.steps)),
            days=number(self.cadence.close_day),
        )
        facts = {"program": self.program.slug, "steps": steps}
        if self.rhythm is None:
            return _("%(program)s asks in %(steps)s", **facts)
        return ngettext(
            "%(program)s asks once a year, in %(steps)s",
            "%(program)s asks %(times)s times a year, in %(steps)s",
            self.rhythm.per_year,
            times=number(self.rhythm.per_year),
            **facts,
        )

    @property
    def is_usual(self) -> bool:
        """Whether the cadence is the one that a program begins with."""
        return is_usual(self.cadence)


@bp.get("/programs/<id:program_id>/timing", endpoint="timing")
def show_timing(program_id: int) -> str:
    """When the program asks."""
    return _page(program_id)


@bp.post("/programs/<id:program_id>/cadence")
def give_cadence(program_id: int) -> Response | tuple[str, int]:
    """Give the program's next waves other steps."""
    form = CadenceForm(request.form)
    wanted = form.cadence() if form.validate() else None
    if wanted is None:
        return _page(program_id, steps_form=form), 422
    with writing() as session:
        program = get_program(session, program_id)
        set_cadence(session, program, wanted, by=reader().user_id, now=services().clock.now())
    return _back(program_id)


@bp.post("/programs/<id:program_id>/rhythm")
def give_rhythm(program_id: int) -> Response | tuple[str, int]:
    """Say how often the program asks."""
    form = RhythmForm(request.form)
    if not form.validate() or form.first_day.errors:
        return _page(program_id, rhythm_form=form), 422
    try:
        with writing() as session:
            program = get_program(session, program_id)
            set_rhythm(session, program, form.rhythm(), by=reader().user_id, now=services().clock.now())
    except Refused as refused:
        form.first_day.errors = [str(refused)]
        return _page(program_id, rhythm_form=form), 422
    return _back(program_id)


@bp.post("/programs/<id:program_id>/daily-limit")
def limit_days(program_id: int) -> Response | tuple[str, int]:
    """Say how many people of one account are asked on one day."""
    form = LimitForm(request.form)
    if not form.validate():
        return _page(program_id, limit_form=form), 422
    with writing() as session:
        program = get_program(session, program_id)
        set_daily_limit(session, program, form.people.data, by=reader().user_id, now=services().clock.now())
    return _back(program_id)


def _page(
    program_id: int,
    *,
    steps_form: CadenceForm | None = None,
    rhythm_form: RhythmForm | None = None,
    limit_form: LimitForm | None = None,
) -> str:
    with reading() as session:
        program = view_program(session, program_id)
        cadence = cadence_of_program(session, get_program(session, program_id))
        rhythm, limit = rhythm_of(session, program_id), daily_limit(session, program_id)
    stands = (
        {"per_year": rhythm.per_year, "first_day": rhythm.first_day, "hour": rhythm.hour} if rhythm else {}
    )
    page = TimingPage(
        program,
        cadence,
        rhythm,
        limit,
        steps_form or cadence_form(cadence),
        rhythm_form or RhythmForm(data=stands),
        limit_form or LimitForm(data={"people": limit}),
    )
    return render_template("staff/timing.html", page=page)


def _back(program_id: int) -> Response:
    return redirect(url_for("staff.timing", program_id=program_id), 303)
