"""A wave's people by name: who is in and where each stands, who is out and why."""

from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from surveyd.base.database import reading
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution import waves
from surveyd.distribution.audience import Counts, count_audience
from surveyd.distribution.audience_lists import IN, OUT, SORTS, AudienceLine, AudiencePage, list_audience
from surveyd.distribution.models import WaveState
from surveyd.distribution.standing import STANDINGS
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted
from surveyd.web.staff.wave_words import RULES, STANDS, STANDS_ALONE

FILTERS = ("in", "rule", "state")


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some of a wave's people. Before the launch it is a forecast."""

    wave_id: int
    wave: str
    program: str
    is_forecast: bool
    counts: Counts
    found: AudiencePage
    wish: Wanted

    @property
    def out(self) -> int:
        return sum(self.counts.left_out.values())

    @property
    def title(self) -> str:
        """The page's answer."""
        facts = {"many": number(self.counts.invited), "out": number(self.out)}
        if self.is_forecast:
            return ngettext(
                "1 contact would be in, %(out)s out",
                "%(many)s contacts would be in, %(out)s out",
                self.counts.invited,
                **facts,
            )
        return ngettext(
            "1 contact is in, %(out)s out",
            "%(many)s contacts are in, %(out)s out",
            self.counts.invited,
            **facts,
        )

    @property
    def filters(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """What the list can be narrowed by: what somebody is in, and where the invited stand."""
        rules = [(rule, str(RULES[rule])) for rule in RULES if rule in self.counts.left_out]
        narrowing = [
            ("in", _("In or out"), [(IN, _("in")), (OUT, _("out"))]),
            ("rule", _("Left out because"), rules),
        ]
        if not self.is_forecast:
            stands = [(name, str(STANDS[name])) for name in STANDINGS]
            narrowing.append(("state", _("Those who"), stands))
        return narrowing

    def reason(self, line: AudienceLine) -> str:
        """Why somebody is in or out, in words."""
        return str(RULES.get(line.rule, line.rule) if line.rule else STANDS_ALONE[line.standing])


@bp.get("/waves/<id:wave_id>/audience", endpoint="audience")
def show_audience(wave_id: int) -> str:
    """Who is in and who is out of one wave, searched by name."""
    wish = wanted(sorts=SORTS, filters=FILTERS, sort="name")
    now = services().clock.now()
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        program = waves.program_of(session, wave)
        page = PeoplePage(
            wave_id=wave.id,
            wave=wave.slug,
            program=program.slug,
            is_forecast=wave.state is WaveState.SCHEDULED,
            counts=count_audience(session, wave, program, now=now),
            found=list_audience(session, wave, program, wish=wish, now=now),
            wish=wish,
        )
    return render_template("staff/audience.html", page=page)
