"""The confirmation of contacts as the program admin sees it: how far each manager is, who is out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from surveyd.base.clock import zone_named
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution import confirmations, contact_marks, waves
from surveyd.distribution.confirmation_reminders import ask_again
from surveyd.distribution.confirmation_sums import ManagerSums, sums_of
from surveyd.distribution.confirmations import Round, find_round
from surveyd.distribution.models import Program, Wave, WaveState
from surveyd.results.skews import SkewReport, skew_of
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.confirmation_forms import ManagerForm, PutBackForm, RoundForm
from surveyd.web.staff.confirmation_words import REASONS, VERDICTS
from surveyd.web.staff.frame import bp

MOST_SHOWN = 200
USUAL_DAYS = timedelta(days=10)
BEFORE_WAVE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class ConfirmationPage:
    """One wave's confirmation; `round` is None as long as nobody has begun one."""

    wave_id: int
    wave: str
    program: str
    is_scheduled: bool
    round: Round | None
    managers: tuple[ManagerSums, ...]
    skew: SkewReport
    form: RoundForm
    problem: str

    @property
    def asked(self) -> tuple[ManagerSums, ...]:
        """The managers who were asked."""
        return tuple(one for one in self.managers if one.asked_at is not None)

    @property
    def to_ask(self) -> tuple[ManagerSums, ...]:
        """The managers who can be asked and were not."""
        return tuple(one for one in self.managers if one.can_be_asked and one.asked_at is None)

    @property
    def unmanaged(self) -> int:
        """Contacts about whom nobody can be asked."""
        return sum(one.planned for one in self.managers if not one.can_be_asked)

    @property
    def runs(self) -> bool:
        return self.round is not None and self.round.runs

    @property
    def title(self) -> str:
        """The page's answer."""
        if self.round is None and not self.is_scheduled:
            return _("Nobody was asked to look through their contacts")
        if self.round is None:
            return ngettext(
                "1 account manager could be asked to look through their contacts",
                "%(many)s account managers could be asked to look through their contacts",
                len(self.to_ask),
                many=number(len(self.to_ask)),
            )
        done = sum(one.finished_at is not None for one in self.asked)
        return ngettext(
            "%(done)s of 1 account manager is done",
            "%(done)s of %(many)s account managers are done",
            len(self.asked),
            done=number(done),
            many=number(len(self.asked)),
        )

    @property
    def shown(self) -> int:
        """How many of those who are left out are listed."""
        return min(len(self.skew.excluded), MOST_SHOWN)


@bp.get("/waves/<id:wave_id>/confirmation", endpoint="confirmation")
def show_confirmation(wave_id: int) -> str:
    """How far the account managers are, and whom they leave out."""
    return _page(wave_id)


@bp.post("/waves/<id:wave_id>/confirmation/begin")
def begin_confirmation(wave_id: int) -> Response | tuple[str, int]:
    """Mail each account manager; a second press finds it begun."""

    def begin(session: Session, wave: Wave, now: datetime, form: RoundForm) -> None:
        if find_round(session, wave, now=now) is None:
            confirmations.begin(
                session,
                wave,
                until=form.until.data,  # type: ignore[arg-type]  # it was validated
                remind_days=form.remind_days,
                by=reader().user_id,
                now=now,
                mail_domain=services().config.mail_domain,
            )

    return _set_days(wave_id, begin)


@bp.post("/waves/<id:wave_id>/confirmation/change")
def change_confirmation(wave_id: int) -> Response | tuple[str, int]:
    """Give it another last day, and other reminders."""

    def change(session: Session, wave: Wave, now: datetime, form: RoundForm) -> None:
        until, by = form.until.data, reader().user_id
        confirmations.change_round(session, wave, until=until, remind_days=form.remind_days, by=by, now=now)  # type: ignore[arg-type]  # it was validated

    return _set_days(wave_id, change)


@bp.post("/waves/<id:wave_id>/confirmation/ask")
def ask_manager(wave_id: int) -> Response | tuple[str, int]:
    """Mail one account manager once more, or for the first time."""
    form, house, by = ManagerForm(request.form), services(), reader().user_id
    if not form.validate():
        return _page(wave_id, problem=_("Say whom to ask.")), 422
    try:
        with writing() as session:
            wave, user_id = waves.get_wave(session, wave_id), form.manager.data or 0
            domain, now = house.config.mail_domain, house.clock.now()
            ask_again(session, wave, user_id, by=by, now=now, mail_domain=domain)
    except Refused as refused:
        return _page(wave_id, problem=str(refused)), 422
    return _back(wave_id)


@bp.post("/waves/<id:wave_id>/confirmation/put-back")
def put_contact_back(wave_id: int) -> Response | tuple[str, int]:
    """Ask somebody all the same whom an account manager has left out."""
    form, now, by = PutBackForm(request.form), services().clock.now(), reader().user_id
    if not form.validate():
        return _page(wave_id, problem=_("Say who is to be asked.")), 422
    try:
        with writing() as session:
            wave, contact_id = waves.get_wave(session, wave_id), form.contact.data or 0
            contact_marks.put_back(session, wave, contact_id, scope=reader().scope, by=by, now=now)
    except Refused as refused:
        return _page(wave_id, problem=str(refused)), 422
    return _back(wave_id)


Change = Callable[[Session, Wave, datetime, RoundForm], None]


def _set_days(wave_id: int, change: Change) -> Response | tuple[str, int]:
    """The one shape of what has a last day: validate, change, and say beside the field what was refused."""
    form = RoundForm(request.form)
    if not form.validate():
        return _page(wave_id, form=form), 422
    try:
        with writing() as session:
            change(session, waves.get_wave(session, wave_id), services().clock.now(), form)
    except Refused as refused:
        form.until.errors = [str(refused)]
        return _page(wave_id, form=form), 422
    return _back(wave_id)


def _page(wave_id: int, *, form: RoundForm | None = None, problem: str = "") -> str:
    now, scope = services().clock.now(), reader().scope
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        program = waves.program_of(session, wave)
        found = find_round(session, wave, now=now)
        page = ConfirmationPage(
            wave_id=wave.id,
            wave=wave.slug,
            program=program.slug,
            is_scheduled=wave.state is WaveState.SCHEDULED,
            round=found,
            managers=sums_of(session, wave, program, scope=scope, now=now),
            skew=skew_of(session, wave, program, scope=scope, now=now),
            form=form or _form(wave, program, found, now),
            problem=problem,
        )
    words = {"reasons": REASONS, "verdicts": VERDICTS}
    return render_template("staff/confirmation.html", page=page, **words)


def _form(wave: Wave, program: Program, found: Round | None, now: datetime) -> RoundForm:
    """The form with what holds; before a round with a day that leaves time."""
    if found is not None:
        return RoundForm(data={"until": found.until, "remind": ", ".join(map(str, found.remind_days))})
    zone = zone_named(program.time_zone)
    today = now.astimezone(zone).date()
    before = wave.scheduled_at.astimezone(zone).date() - BEFORE_WAVE
    until = min(before, today + USUAL_DAYS) if before > today else today + USUAL_DAYS
    return RoundForm(data={"until": until, "remind": RoundForm().remind.data})


def _back(wave_id: int) -> Response:
    return redirect(url_for("staff.confirmation", wave_id=wave_id), 303)
