"""The waves: the list, one wave's progress from the ledger, and its brakes."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form, IntegerField
from wtforms.validators import InputRequired, NumberRange

from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.distribution import waves
from surveyd.distribution.audience import RULES, audience_of
from surveyd.distribution.cadence import STEPS
from surveyd.distribution.models import Channel, Wave, WaveState
from surveyd.distribution.overview import WaveLine, list_waves
from surveyd.distribution.waves import WaveStatus
from surveyd.people.audit import record
from surveyd.web.access import reader
from surveyd.web.filters import number, percent
from surveyd.web.staff.frame import bp

RUNNING = (WaveState.PREPARING, WaveState.OPEN)
MOST_A_SECOND = 10_000
CADENCE = [step.name for step in STEPS]
BY_PHONE = [step.name for step in STEPS if step.channel is Channel.PHONE]


class RateForm(Form):
    """How many mails a second may go out; 0 is no limit."""

    rate = IntegerField(
        validators=[
            InputRequired("Write how many mails a second, or 0 for no limit."),
            NumberRange(0, MOST_A_SECOND, "Write a whole number from 0 to 10,000."),
        ]
    )


@dataclass(frozen=True, slots=True)
class WavesPage:
    """All waves, latest first."""

    waves: list[WaveLine]

    @property
    def title(self) -> str:
        """The page's answer."""
        running = [wave for wave in self.waves if wave.state in RUNNING]
        if not running:
            return "No wave is running"
        [latest, *others] = running
        answered = f"{number(latest.answered)} of {number(latest.invited)} have answered {latest.slug}"
        return f"{answered}; {len(others)} more waves run" if others else answered


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of the cadence: how many mails or calls are still planned, owed, sent or stopped.

    `mails` is false for a step that people do, on the phone.
    """

    name: str
    mails: bool
    planned: int
    owed: int
    sent: int
    other: dict[str, int]


@dataclass(frozen=True, slots=True)
class WavePage:
    """One wave. `left_out` has each rule's words and its count; `invited` is a forecast before the launch."""

    wave_id: int
    status: WaveStatus
    invited: int
    left_out: list[tuple[str, int]]
    form: RateForm

    @property
    def is_running(self) -> bool:
        return self.status.state in RUNNING

    @property
    def is_scheduled(self) -> bool:
        return self.status.state == WaveState.SCHEDULED

    @property
    def still_to_go(self) -> int:
        """What a cancellation would stop."""
        return self.status.owed + sum(self.status.planned.values())

    @property
    def steps(self) -> list[StepLine]:
        """The steps that have anything to show, in the order of the cadence."""
        names = [*dict.fromkeys([*self.status.messages, *self.status.planned])]
        return [self._step(name) for name in sorted(names, key=_order)]

    @property
    def title(self) -> str:
        """The page's answer."""
        status = self.status
        if self.is_scheduled:
            return f"{status.wave} would invite {number(self.invited)} contacts"
        done = f"{number(status.answered)} of {number(status.invited)} have answered"
        share = percent(status.answered, status.invited)
        return f"{done} ({share}){': paused' if status.paused else ''}"

    def _step(self, name: str) -> StepLine:
        states = dict(self.status.messages.get(name, {}))
        sent = states.pop("sent", 0)
        owed = sum(states.pop(state, 0) for state in ("queued", "sending", "uncertain", "held"))
        return StepLine(name, name not in BY_PHONE, self.status.planned.get(name, 0), owed, sent, states)


def _order(step: str) -> int:
    return CADENCE.index(step) if step in CADENCE else len(CADENCE)


@bp.get("/waves", endpoint="waves")
def show_waves() -> str:
    """All waves."""
    with reading() as session:
        lines = list_waves(session)
    return render_template("staff/waves.html", page=WavesPage(lines))


@bp.get("/waves/<id:wave_id>", endpoint="wave")
def show_wave(wave_id: int) -> str:
    """One wave: who is in and out, what went out, who has answered."""
    return _page(wave_id, RateForm())


@bp.post("/waves/<id:wave_id>/pause")
def pause_wave(wave_id: int) -> Response:
    """Stop sending within moments."""
    with writing() as session:
        wave = waves.get_wave(session, wave_id)
        waves.pause(session, wave, now=services().clock.now())
        _trail(session, wave, "pause")
    return redirect(url_for("staff.wave", wave_id=wave_id), 303)


@bp.post("/waves/<id:wave_id>/resume")
def resume_wave(wave_id: int) -> Response:
    """Go on where the pause began."""
    with writing() as session:
        wave = waves.get_wave(session, wave_id)
        waves.resume(session, wave)
        _trail(session, wave, "resume")
    return redirect(url_for("staff.wave", wave_id=wave_id), 303)


@bp.post("/waves/<id:wave_id>/cancel")
def cancel_wave(wave_id: int) -> Response:
    """End the wave for good."""
    with writing() as session:
        wave = waves.get_wave(session, wave_id)
        waves.cancel(session, wave, now=services().clock.now())
        _trail(session, wave, "cancel")
    return redirect(url_for("staff.wave", wave_id=wave_id), 303)


@bp.post("/waves/<id:wave_id>/rate")
def set_wave_rate(wave_id: int) -> Response | tuple[str, int]:
    """Limit how many mails go out a second."""
    form = RateForm(request.form)
    if not form.validate():
        return _page(wave_id, form), 422
    with writing() as session:
        wave = waves.get_wave(session, wave_id)
        waves.set_rate(session, wave, form.rate.data or 0)
        _trail(session, wave, "set_rate")
    return redirect(url_for("staff.wave", wave_id=wave_id), 303)


def _page(wave_id: int, form: RateForm) -> str:
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        status = waves.status(session, wave)
        invited, left_out = status.invited, status.left_out
        if wave.state is WaveState.SCHEDULED:
            program = waves.program_of(session, wave)
            audience = audience_of(session, wave, program, now=services().clock.now())
            invited, left_out = audience.invited, audience.left_out
    rules = sorted(((RULES.get(rule, rule), count) for rule, count in left_out.items()), key=lambda r: -r[1])
    page = WavePage(wave_id, status, invited, rules, form)
    return render_template("staff/wave.html", page=page)


def _trail(session: Session, wave: Wave, action: str) -> None:
    by, now = reader().user_id, services().clock.now()
    record(session, action=action, thing="wave", thing_id=wave.id, by=by, now=now)
