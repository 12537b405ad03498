"""Whom a wave asks: the form before the launch, and the sample drawn once more."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution import waves
from surveyd.distribution.audience_dimensions import choices_of
from surveyd.distribution.audience_plans import Filters, plan_of
from surveyd.distribution.audience_samples import FIXED, draw_again, save_plan
from surveyd.distribution.last_waves import same_as_last
from surveyd.distribution.models import WaveState
from surveyd.people.audit import record
from surveyd.people.rates import reporting_currency
from surveyd.web.access import reader
from surveyd.web.staff.audience_form import AudienceForm, Group, form_of, groups_of, ticked
from surveyd.web.staff.frame import bp


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The form that says whom a wave asks. `problem` is why what was sent cannot be.

    `same_as` is the last wave where this one asks whom that one asked.
    """

    wave_id: int
    wave: str
    program: str
    form: AudienceForm
    groups: tuple[Group, ...]
    currency: str
    same_as: str
    problem: str


@bp.get("/waves/<id:wave_id>/audience/plan", endpoint="audience_plan")
def show_plan(wave_id: int) -> Response | str:
    """Whom the wave asks, to be changed; once it was launched, who is in and who is out."""
    with reading() as session:
        if waves.get_wave(session, wave_id).state is not WaveState.SCHEDULED:
            return redirect(url_for("staff.audience", wave_id=wave_id), 303)
    return _page(wave_id)


@bp.post("/waves/<id:wave_id>/audience/plan")
def save_audience_plan(wave_id: int) -> Response | tuple[str, int]:
    """Let the wave ask whom the form says, and draw its sample."""
    form, now = AudienceForm(request.form), services().clock.now()
    if not form.validate():
        return _page(wave_id, form, ticked(request.form)), 422
    plan = form.plan(request.form)
    try:
        with writing() as session:
            wave = waves.get_wave(session, wave_id)
            program = waves.program_of(session, wave)
            save_plan(session, wave, program, plan, by=reader().user_id, now=now)
            _trail(session, "plan_audience", wave_id)
    except Refused as refused:
        if str(refused) == FIXED:
            raise
        return _page(wave_id, form, ticked(request.form), str(refused)), 422
    return redirect(url_for("staff.audience", wave_id=wave_id), 303)


@bp.post("/waves/<id:wave_id>/audience/draw")
def draw_audience(wave_id: int) -> Response:
    """Draw the sample once more from who is there now, with the same seed."""
    with writing() as session:
        wave = waves.get_wave(session, wave_id)
        draw_again(session, wave, waves.program_of(session, wave), now=services().clock.now())
        _trail(session, "draw_audience", wave_id)
    return redirect(url_for("staff.audience", wave_id=wave_id), 303)


def _page(wave_id: int, form: AudienceForm | None = None, filters: Filters = (), problem: str = "") -> str:
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        plan, choices = plan_of(session, wave), choices_of(session)
        shown = form or form_of(plan)
        shown.offer(choices)
        page = PlanPage(
            wave_id=wave.id,
            wave=wave.slug,
            program=waves.program_of(session, wave).slug,
            form=shown,
            groups=groups_of(choices, filters if form else plan.filters),
            currency=reporting_currency(session),
            same_as=same_as_last(session, wave, now=services().clock.now()),
            problem=problem,
        )
    return render_template("staff/audience_plan.html", page=page)


def _trail(session: Session, action: str, wave_id: int) -> None:
    now = services().clock.now()
    record(session, action=action, thing="wave", thing_id=wave_id, by=reader().user_id, now=now)
