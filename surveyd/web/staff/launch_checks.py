"""The look before a launch as a page: every finding, what to do, and how an admin overrides what is red."""

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form, TextAreaField
from wtforms.validators import InputRequired, Length

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution.launching import gate
from surveyd.distribution.launching.findings import Finding, Report, worst_first
from surveyd.distribution.launching.gate import LONGEST_REASON, Override
from surveyd.distribution.launching.jobs import look_at, probe
from surveyd.distribution.launching.probe_checks import check_probes, with_probes
from surveyd.distribution.launching.probes import read_probes
from surveyd.distribution.models import Wave, WaveState
from surveyd.distribution.waves import get_wave, program_of
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.finding_words import FindingWords, words_of
from surveyd.web.staff.frame import bp


class OverrideForm(Form):
    """Why the wave shall go all the same."""

    reason = TextAreaField(
        filters=[lambda text: (text or "").strip()],
        validators=[
            InputRequired(lazy_gettext("Write the reason why the wave shall go all the same.")),
            Length(max=LONGEST_REASON, message=lazy_gettext("Write 500 characters at most.")),
        ],
    )


@dataclass(frozen=True, slots=True)
class LaunchChecks:
    """What the last look found, and who overrode it. `report` is None as long as nobody looked."""

    report: Report | None
    override: Override | None
    is_fresh: bool
    reader_id: int

    @property
    def findings(self) -> list[FindingWords]:
        """All of them, the worst first."""
        return [words_of(finding) for finding in self.report.findings] if self.report else []

    @property
    def made_at(self) -> datetime | None:
        return self.report.made_at if self.report else None

    @property
    def red(self) -> list[FindingWords]:
        return [finding for finding in self.findings if finding.level == "red"]

    @property
    def covers(self) -> bool:
        """Whether the last override speaks of what is red now."""
        return bool(self.report and self.override and self.override.covers(self.report))

    @property
    def is_overridden(self) -> bool:
        return bool(self.covers and self.override and self.override.is_confirmed)

    @property
    def waits_for_second(self) -> bool:
        return bool(self.covers and self.override and not self.override.is_confirmed)

    @property
    def may_confirm(self) -> bool:
        """Whether this reader is the second person."""
        return bool(self.waits_for_second and self.override and self.override.by_id != self.reader_id)

    @property
    def may_launch(self) -> bool:
        """Whether the last look keeps nothing back; without one the launch itself looks."""
        return not self.red or self.is_overridden

    @property
    def title(self) -> str:
        """What it comes to."""
        if self.report is None:
            return _("Not checked yet")
        red = len(self.report.red)
        if red:
            return ngettext(
                "1 finding forbids the launch", "%(n)s findings forbid the launch", red, n=number(red)
            )
        yellow = sum(finding.level == "yellow" for finding in self.findings)
        if yellow:
            return ngettext(
                "Nothing forbids the launch; 1 finding is worth knowing",
                "Nothing forbids the launch; %(n)s findings are worth knowing",
                yellow,
                n=number(yellow),
            )
        return _("Everything is as it should be")


@dataclass(frozen=True, slots=True)
class PreflightPage:
    """The page of one wave's findings."""

    wave_id: int
    wave: str
    is_scheduled: bool
    checks: LaunchChecks
    form: OverrideForm
    problem: str
    second_person_above: int
    seeds: tuple[str, ...]
    """The mailboxes that a probe goes to."""
    probes: list[FindingWords]
    """What is known of them, as long as nobody looked at all the rest."""


def read_checks(session: Session, wave_id: int) -> LaunchChecks:
    """What is known of a wave's launch; how far its probes are is read anew each time."""
    report = gate.latest_report(session, wave_id)
    wave = get_wave(session, wave_id)
    if report is not None and wave.state is WaveState.SCHEDULED:
        report = with_probes(report, _probes(session, wave))
    override = gate.latest_override(session, wave_id)
    return LaunchChecks(report, override, gate.is_fresh(report, system_now=system_now()), reader().user_id)


def _probes(session: Session, wave: Wave) -> list[Finding]:
    """What the wave's probes show now; of a launched wave nobody asks any more."""
    seeds, now = services().config.sending_domain.seeds, services().clock.now()
    if not seeds or wave.state is not WaveState.SCHEDULED:
        return []
    return check_probes(read_probes(session, wave, program_of(session, wave), now=now), seeds)


@bp.get("/waves/<id:wave_id>/preflight")
def preflight(wave_id: int) -> str:
    """All findings of the last look."""
    return _draw(wave_id)


@bp.post("/waves/<id:wave_id>/preflight")
def look_again(wave_id: int) -> Response | tuple[str, int]:
    """Look now, and show what was found."""
    try:
        look_at(wave_id)
    except Refused as refused:
        return _draw(wave_id, problem=str(refused)), 422
    return redirect(url_for("staff.preflight", wave_id=wave_id), 303)


@bp.post("/waves/<id:wave_id>/probe")
def send_probe(wave_id: int) -> Response | tuple[str, int]:
    """Send the wave's first mail to the seed boxes."""
    try:
        probe(wave_id, by=reader().user_id)
    except Refused as refused:
        return _draw(wave_id, problem=str(refused)), 422
    return redirect(url_for("staff.preflight", wave_id=wave_id), 303)


@bp.post("/waves/<id:wave_id>/override")
def override_checks(wave_id: int) -> Response | tuple[str, int]:
    """Let the wave go in spite of what is red, for a reason."""
    form = OverrideForm(request.form)
    if not form.validate():
        return _draw(wave_id, form=form), 422
    most, now = services().config.sending_domain.second_person_above, services().clock.now()
    try:
        with writing() as session:
            gate.ask_override(
                session,
                get_wave(session, wave_id),
                reason=form.reason.data or "",
                second_person_above=most,
                by=reader().user_id,
                now=now,
            )
    except Refused as refused:
        return _draw(wave_id, form=form, problem=str(refused)), 422
    return redirect(url_for("staff.preflight", wave_id=wave_id), 303)


@bp.post("/waves/<id:wave_id>/override/<id:override_id>")
def confirm_override(wave_id: int, override_id: int) -> Response | tuple[str, int]:
    """The second person's word."""
    try:
        with writing() as session:
            wave = get_wave(session, wave_id)
            gate.confirm_override(session, wave, override_id, by=reader().user_id, now=services().clock.now())
    except Refused as refused:
        return _draw(wave_id, problem=str(refused)), 422
    return redirect(url_for("staff.preflight", wave_id=wave_id), 303)


def _draw(wave_id: int, *, form: OverrideForm | None = None, problem: str = "") -> str:
    with reading() as session:
        wave: Wave = get_wave(session, wave_id)
        checks = read_checks(session, wave_id)
        probes = _probes(session, wave) if checks.report is None else []
        page = PreflightPage(
            wave_id=wave_id,
            wave=wave.slug,
            is_scheduled=wave.state is WaveState.SCHEDULED,
            checks=checks,
            form=form or OverrideForm(),
            problem=problem,
            second_person_above=services().config.sending_domain.second_person_above,
            seeds=tuple(seed.address for seed in services().config.sending_domain.seeds),
            probes=[words_of(finding) for finding in worst_first(probes)],
        )
    return render_template("staff/preflight.html", page=page)
