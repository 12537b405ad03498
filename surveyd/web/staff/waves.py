"""The waves as a list, and one wave's page."""

from dataclasses import dataclass

from flask import jsonify, render_template
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from surveyd.base.database import reading
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution import waves
from surveyd.distribution.overview import SORTS, WaveLine, WaveList, list_waves, running_waves
from surveyd.distribution.programs import list_programs
from surveyd.distribution.progress import progress
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted
from surveyd.web.staff.wave_page import wave_page
from surveyd.web.staff.wave_progress import ProgressWords
from surveyd.web.staff.wave_words import STATES, step, wave_state

bp.add_app_template_filter(wave_state)
bp.add_app_template_filter(step)


@dataclass(frozen=True, slots=True)
class WavesPage:
    """The waves that were asked for, and those that are under way."""

    found: WaveList
    running: list[WaveLine]
    programs: list[str]
    wish: Wanted

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.running:
            return _("No wave is running")
        [latest, *others] = self.running
        facts = {
            "answered": number(latest.answered),
            "invited": number(latest.invited),
            "wave": latest.slug,
        }
        if not others:
            return _("%(answered)s of %(invited)s have answered %(wave)s", **facts)
        return ngettext(
            "%(answered)s of %(invited)s have answered %(wave)s; 1 more wave runs",
            "%(answered)s of %(invited)s have answered %(wave)s; %(num)s more waves run",
            len(others),
            **facts,
        )

    @property
    def filters(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """What the list can be narrowed by."""
        return [
            ("state", _("State"), [(state, str(word)) for state, word in STATES.items()]),
            ("program", _("Program"), [(slug, slug) for slug in self.programs]),
        ]


@bp.get("/waves", endpoint="waves")
def show_waves() -> str:
    """All waves, narrowed by state and program."""
    wish = wanted(sorts=SORTS, filters=("state", "program"), sort="-starts")
    with reading() as session:
        page = WavesPage(
            list_waves(session, wish),
            running_waves(session),
            [program.slug for program in list_programs(session)],
            wish,
        )
    return render_template("staff/waves.html", page=page)


@bp.get("/waves/<id:wave_id>", endpoint="wave")
def show_wave(wave_id: int) -> str:
    """One wave: who is in and out, what went out, who has answered."""
    return wave_page(wave_id)


@bp.get("/waves/<id:wave_id>/progress")
def wave_progress(wave_id: int) -> Response:
    """How the mails get on, in words and numbers: what the wave's page shows fresh while it is open."""
    now = services().clock.now()
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        status = waves.status(session, wave)
        words = ProgressWords(status, progress(session, wave, status=status, now=now), now)
    return jsonify(words.as_json())
