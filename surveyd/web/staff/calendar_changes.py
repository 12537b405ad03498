"""What an admin does on the calendar: decides about proposals, and says when nobody is asked."""

from collections.abc import Callable
from datetime import date, datetime

from flask import redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution.blackouts import add_blackout, remove_blackout
from surveyd.distribution.program_lists import get_program
from surveyd.distribution.recurring import accept_proposal, drop_proposal, move_proposal, propose_waves
from surveyd.web.access import reader
from surveyd.web.staff.calendar import calendar_page, program_choices
from surveyd.web.staff.frame import bp
from surveyd.web.staff.timing_forms import AcceptForm, BlackoutForm, MoveForm

Change = Callable[[Session, datetime], object]


@bp.post("/proposals/<id:proposal_id>/accept", endpoint="accept_proposal")
def accept(proposal_id: int) -> Response | tuple[str, int]:
    """Make it a scheduled wave, and go on to that."""
    form, by = AcceptForm(request.form), reader().user_id
    if not form.validate():
        return _told(_("Give the wave a name, such as 2027-h1."))
    made: list[int] = []

    def schedule(session: Session, now: datetime) -> None:
        made.append(accept_proposal(session, proposal_id, slug=form.slug.data or "", by=by, now=now).id)

    return _change(schedule) or redirect(url_for("staff.wave", wave_id=made[0]), 303)


@bp.post("/proposals/<id:proposal_id>/move", endpoint="move_proposal")
def move(proposal_id: int) -> Response | tuple[str, int]:
    """Put it on another day."""
    form, by = MoveForm(request.form), reader().user_id
    day = form.day.data if form.validate() else None
    if day is None:
        return _told(_("Write the day that the wave moves to."))
    moved = _change(lambda session, now: move_proposal(session, proposal_id, day=day, by=by, now=now))
    return moved or _back(day)


@bp.post("/proposals/<id:proposal_id>/drop", endpoint="drop_proposal")
def drop(proposal_id: int) -> Response | tuple[str, int]:
    """Let it go; it is not proposed again."""
    by, reason = reader().user_id, request.form.get("reason", "")
    dropped = _change(lambda session, now: drop_proposal(session, proposal_id, reason=reason, by=by, now=now))
    return dropped or _back()


@bp.post("/calendar/blackouts")
def black_out() -> Response | tuple[str, int]:
    """Ask nobody in a period; proposals that lie in it move."""
    form, by = BlackoutForm(request.form), reader().user_id
    with reading() as session:
        form.program.choices = program_choices(session)
    if not form.validate():
        return calendar_page(form), 422
    facts, owner = form.facts(), form.program.data

    def add(session: Session, now: datetime) -> None:
        program = get_program(session, int(owner)) if owner else None
        add_blackout(session, program, facts, by=by, now=now, system_now=system_now())
        propose_waves(session, now=now)

    try:
        _write(add)
    except Refused as refused:
        form.last_day.errors = [str(refused)]
        return calendar_page(form), 422
    return _back(facts.first_day)


@bp.post("/calendar/blackouts/<id:blackout_id>/lift")
def lift_blackout(blackout_id: int) -> Response | tuple[str, int]:
    """Remove a period; proposals that it had moved go back to their days."""
    by = reader().user_id

    def lift(session: Session, now: datetime) -> None:
        remove_blackout(session, blackout_id, by=by, now=now)
        propose_waves(session, now=now)

    return _change(lift) or _back()


def _change(change: Change) -> tuple[str, int] | None:
    """Make the change; what refused it is told on the page."""
    try:
        _write(change)
    except Refused as refused:
        return _told(str(refused))
    return None


def _write(change: Change) -> None:
    with writing() as session:
        change(session, services().clock.now())


def _told(problem: str) -> tuple[str, int]:
    return calendar_page(BlackoutForm(), problem=problem), 422


def _back(day: date | None = None) -> Response:
    return redirect(url_for("staff.calendar", year=day.year if day else request.args.get("year")), 303)
