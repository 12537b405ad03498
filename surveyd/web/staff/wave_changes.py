"""What an admin does to a wave: launch, pause, go on, cancel, limit. All of one shape."""

from collections.abc import Callable
from datetime import datetime

from flask import redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form, IntegerField
from wtforms.validators import InputRequired

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution import waves
from surveyd.distribution.audience import count_audience
from surveyd.distribution.jobs import PREPARE_WAVE
from surveyd.distribution.launching.jobs import look_at
from surveyd.distribution.models import Wave
from surveyd.distribution.overview import RUNNING
from surveyd.people.audit import record
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.wave_page import RateForm, wave_page

Change = Callable[[Session, Wave, datetime], object]


class LaunchForm(Form):
    """The number of contacts that the admin saw and agreed to."""

    contacts = IntegerField(validators=[InputRequired()])


@bp.post("/waves/<id:wave_id>/launch")
def launch_wave(wave_id: int) -> Response | tuple[str, int]:
    """Let the wave go, to as many as the admin agreed to; a second press finds it launched."""
    form = LaunchForm(request.form)
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        if wave.state in RUNNING:
            return _back(wave_id)
        contacts = count_audience(
            session, wave, waves.program_of(session, wave), now=services().clock.now()
        ).invited
    if not form.validate() or form.contacts.data != contacts or not contacts:
        told = _(
            "The audience has changed: it is %(n)s contacts now. Look at it and launch again.",
            n=number(contacts),
        )
        return wave_page(wave_id, problem=told), 422
    by = reader().user_id
    try:
        look_at(wave_id, again=False)
        _change(wave_id, "launch", lambda session, wave, now: waves.launch(session, wave, now=now, by=by))
    except Refused as refused:
        if not _is_launched(wave_id):
            return wave_page(wave_id, problem=str(refused)), 409
    else:
        services().bell.ring(PREPARE_WAVE, wave_id)
    return _back(wave_id)


@bp.post("/waves/<id:wave_id>/pause")
def pause_wave(wave_id: int) -> Response:
    """Stop sending within moments."""
    return _change(wave_id, "pause", lambda session, wave, now: waves.pause(session, wave, now=now))


@bp.post("/waves/<id:wave_id>/resume")
def resume_wave(wave_id: int) -> Response:
    """Go on where the pause began."""
    return _change(wave_id, "resume", lambda session, wave, now: waves.resume(session, wave))


@bp.post("/waves/<id:wave_id>/cancel")
def cancel_wave(wave_id: int) -> Response:
    """End the wave for good."""
    return _change(wave_id, "cancel", lambda session, wave, now: waves.cancel(session, wave, now=now))


@bp.post("/waves/<id:wave_id>/rate")
def set_wave_rate(wave_id: int) -> Response | tuple[str, int]:
    """Limit how many mails go out a second."""
    form = RateForm(request.form)
    if not form.validate():
        return wave_page(wave_id, form=form), 422
    rate = form.rate.data or 0
    return _change(wave_id, "set_rate", lambda session, wave, now: waves.set_rate(session, wave, rate))


def _change(wave_id: int, action: str, change: Change) -> Response:
    """The one shape: load the wave, change it, leave a trail, commit, go back to the page."""
    now = services().clock.now()
    with writing() as session:
        wave = waves.get_wave(session, wave_id)
        change(session, wave, now)
        record(session, action=action, thing="wave", thing_id=wave_id, by=reader().user_id, now=now)
    return _back(wave_id)


def _back(wave_id: int) -> Response:
    return redirect(url_for("staff.wave", wave_id=wave_id), 303)


def _is_launched(wave_id: int) -> bool:
    with reading() as session:
        return waves.get_wave(session, wave_id).state in RUNNING
