"""A wave's statement: everybody in one state, the sums, and the seal with its check value."""

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution import waves
from surveyd.distribution.models import Wave, WaveState
from surveyd.distribution.standing import Reconciliation, reconcile
from surveyd.people.audit import record
from surveyd.results import seals
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.wave_words import RULES, STANDS


@dataclass(frozen=True, slots=True)
class Sealed:
    """The seal as the page shows it; `holds` is None until somebody asks for the check."""

    at: datetime
    check_value: str
    responses: int
    late: int
    late_wave: str
    holds: bool | None = None
    places_agree: bool = True
    answers_agree: bool = True


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Everybody of the wave, and what may be done with it."""

    wave_id: int
    wave: str
    is_closed: bool
    stood: Reconciliation
    sealed: Sealed | None
    problem: str = ""

    @property
    def title(self) -> str:
        """The page's answer."""
        return ngettext(
            "1 contact, in one state",
            "%(n)s contacts, each in exactly one state",
            self.stood.total,
            n=number(self.stood.total),
        )

    @property
    def stands(self) -> list[tuple[str, str, int]]:
        """Each state that somebody stands in, in words, with its count."""
        return [(name, str(STANDS[name]), count) for name, count in self.stood.standings.items()]

    @property
    def left_out(self) -> list[tuple[str, str, int]]:
        """Each rule that left somebody out, in words, with its count, most first."""
        found = sorted(self.stood.left_out.items(), key=lambda one: -one[1])
        return [(rule, str(RULES.get(rule, rule)), count) for rule, count in found]


@bp.get("/waves/<id:wave_id>/statement", endpoint="wave_statement")
def show_statement(wave_id: int) -> str:
    """What the wave came to; with `check=1` the check value is worked out anew."""
    return _page(wave_id, check=request.args.get("check") == "1")


@bp.post("/waves/<id:wave_id>/seal", endpoint="seal_wave")
def seal_wave(wave_id: int) -> Response | tuple[str, int]:
    """Freeze the wave; a second press finds it sealed."""
    now, by = services().clock.now(), reader().user_id
    try:
        with writing() as session:
            wave = waves.get_wave(session, wave_id)
            if seals.find_seal(session, wave) is None:
                seals.seal(session, wave, now=now, by=by)
                record(session, action="seal", thing="wave", thing_id=wave_id, by=by, now=now)
    except Refused as error:
        return _page(wave_id, problem=str(error)), 422
    return redirect(url_for("staff.wave_statement", wave_id=wave_id), 303)


def _page(wave_id: int, *, check: bool = False, problem: str = "") -> str:
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        if wave.launched_at is None:
            raise NotFound(_("The wave has no statement before it is launched."))
        page = StatementPage(
            wave_id=wave.id,
            wave=wave.slug,
            is_closed=wave.state is WaveState.CLOSED,
            stood=reconcile(session, wave),
            sealed=_sealed(session, wave, check=check),
            problem=problem,
        )
    return render_template("staff/wave_statement.html", page=page)


def _sealed(session: Session, wave: Wave, *, check: bool) -> Sealed | None:
    made = seals.find_seal(session, wave)
    if made is None:
        return None
    late_wave = session.get_one(Wave, made.late_wave_id).slug
    if not check:
        late = seals.count_late(session, made)
        return Sealed(made.sealed_at, made.check_value, made.responses, late, late_wave)
    verdict = seals.verify(session, wave)
    return Sealed(
        made.sealed_at,
        made.check_value,
        made.responses,
        verdict.late,
        late_wave,
        holds=verdict.holds,
        places_agree=verdict.places_agree,
        answers_agree=verdict.answers_agree,
    )
