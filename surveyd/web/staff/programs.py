"""The programs: the list, one program with its waves, a new program, a new wave."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution import programs, waves
from surveyd.distribution.cadence import Cadence, cadence_of_program
from surveyd.distribution.models import AfterSending
from surveyd.distribution.overview import WaveList, list_waves
from surveyd.distribution.program_lists import (
    SORTS,
    ProgramList,
    ProgramView,
    get_program,
    list_program_lines,
    questionnaire_names,
    view_program,
)
from surveyd.distribution.programs import create_program as create
from surveyd.distribution.questionnaires import current_questionnaire
from surveyd.distribution.recurring import propose_waves
from surveyd.people.audit import record
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted
from surveyd.web.staff.program_forms import AFTER_SENDING, AfterSendingForm, ProgramForm, WaveForm


@dataclass(frozen=True, slots=True)
class ProgramsPage:
    """The programs, and the form for a new one."""

    found: ProgramList
    wish: Wanted
    form: ProgramForm

    @property
    def title(self) -> str:
        """The page's answer."""
        count = len(self.found.lines)
        if not count:
            return _("No program is like that") if self.wish.is_narrowed else _("There is no program yet")
        if self.found.after:
            return _("More than %(many)s programs", many=number(count))
        return ngettext("1 program", "%(many)s programs", count, many=number(count))


@dataclass(frozen=True, slots=True)
class ProgramPage:
    """One program, its waves, and the form for a new one, whose times are in `zone`, the reader's."""

    program: ProgramView
    waves: WaveList
    wish: Wanted
    form: WaveForm
    zone: str
    after: AfterSendingForm
    cadence: Cadence
    after_words = AFTER_SENDING


@bp.get("/programs", endpoint="programs")
def show_programs() -> str:
    """All programs."""
    return _programs_page(ProgramForm(zone=reader().zone.key))


@bp.post("/programs")
def create_program() -> Response | tuple[str, int]:
    """Make a program, as the command line does."""
    form, now = ProgramForm(request.form), services().clock.now()
    with reading() as session:
        form.questionnaire.choices = [SelectChoice(name, name) for name in questionnaire_names(session)]
    if not form.validate():
        return _programs_page(form), 422
    try:
        with writing() as session:
            questionnaire = current_questionnaire(session, form.questionnaire.data)
            made = create(session, form.facts(), questionnaire=questionnaire, now=now)
            _trail(session, "create", "program", made.id)
            program_id = made.id
    except Refused as refused:
        form.slug.errors = [str(refused)]
        return _programs_page(form), 422
    return redirect(url_for("staff.program", program_id=program_id), 303)


@bp.get("/programs/<id:program_id>", endpoint="program")
def show_program(program_id: int) -> str:
    """One program."""
    return _program_page(program_id, WaveForm())


@bp.post("/programs/<id:program_id>/after-sending")
def set_after_sending(program_id: int) -> Response | tuple[str, int]:
    """Change what respondents may do with sent answers."""
    form = AfterSendingForm(request.form)
    if not form.validate():
        return _program_page(program_id, WaveForm(), form), 422
    with writing() as session:
        choice = AfterSending(form.after_sending.data)
        programs.set_after_sending(session, get_program(session, program_id), choice)
        _trail(session, f"after_sending_{choice.value}", "program", program_id)
    return redirect(url_for("staff.program", program_id=program_id), 303)


@bp.post("/programs/<id:program_id>/case-survey")
def set_case_survey(program_id: int) -> Response:
    """Say whether people are asked if it is solved, once their case is closed."""
    on = request.form.get("to") == "on"
    with writing() as session:
        programs.set_case_survey(session, get_program(session, program_id), on=on)
        _trail(session, f"case_survey_{'on' if on else 'off'}", "program", program_id)
    return redirect(url_for("staff.program", program_id=program_id), 303)


@bp.post("/programs/<id:program_id>/waves")
def schedule_wave(program_id: int) -> Response | tuple[str, int]:
    """Schedule a wave, as the command line does; nothing goes out before its launch."""
    form, now = WaveForm(request.form), services().clock.now()
    if not form.validate():
        return _program_page(program_id, form), 422
    at = form.instant(zone=reader().zone, now=now)
    try:
        with writing() as session:
            program = get_program(session, program_id)
            wave = waves.schedule_wave(session, program, form.slug.data or "", at=at, now=now)
            propose_waves(session, now=now)
            _trail(session, "schedule", "wave", wave.id)
            wave_id = wave.id
    except Refused as refused:
        form.slug.errors = [str(refused)]
        return _program_page(program_id, form), 422
    return redirect(url_for("staff.wave", wave_id=wave_id), 303)


def _programs_page(form: ProgramForm) -> str:
    wish = wanted(sorts=SORTS, sort="name")
    with reading() as session:
        form.questionnaire.choices = [SelectChoice(name, name) for name in questionnaire_names(session)]
        page = ProgramsPage(list_program_lines(session, wish), wish, form)
    return render_template("staff/programs.html", page=page)


def _program_page(program_id: int, form: WaveForm, after: AfterSendingForm | None = None) -> str:
    wish = wanted(sorts=("name", "starts"), sort="-starts")
    with reading() as session:
        program = view_program(session, program_id)
        page = ProgramPage(
            program,
            list_waves(session, wish, program_id=program_id),
            wish,
            form,
            reader().zone.key,
            after or AfterSendingForm(after_sending=program.after_sending.value),
            cadence_of_program(session, get_program(session, program_id)),
        )
    return render_template("staff/program.html", page=page)


def _trail(session: Session, action: str, thing: str, thing_id: int) -> None:
    by, now = reader().user_id, services().clock.now()
    record(session, action=action, thing=thing, thing_id=thing_id, by=by, now=now)
