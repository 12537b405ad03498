"""A wave's people by name: who is in and where each stands, who is out and why."""

from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from surveyd.base.database import reading
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution import waves
from surveyd.distribution.audience import Counts
from surveyd.distribution.audience_dimensions import manager_names
from surveyd.distribution.audience_kept import Figures, figures_of
from surveyd.distribution.audience_lists import (
    IN,
    MOST_REASONED,
    OUT,
    SORTS,
    AudienceLine,
    AudiencePage,
    Reasoned,
    added_later,
    list_audience,
    reasons_of,
)
from surveyd.distribution.audience_plans import plan_of
from surveyd.distribution.audience_rules import EXCLUDED
from surveyd.distribution.audience_samples import Drawn, drawn_of
from surveyd.distribution.contact_marks import reasons_for
from surveyd.distribution.last_waves import same_as_last
from surveyd.distribution.models import Program, Wave, WaveState
from surveyd.distribution.standing import STANDINGS
from surveyd.people.rates import reporting_currency
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.audience_words import LACKS, Told, plan_words, told_of
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted
from surveyd.web.staff.wave_words import RULES, STANDS, STANDS_ALONE

FILTERS = ("in", "rule", "state")


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some of a wave's people. Before the launch it is a forecast.

    `untold` is how many more people of this page match a search than are told of in sentences.
    `same_as` is the last wave where this one, which is still ahead, asks whom that one asked.
    """

    wave_id: int
    wave: str
    program: str
    is_forecast: bool
    figures: Figures
    found: AudiencePage
    told: tuple[Told, ...]
    untold: int
    plan: list[str]
    same_as: str
    drawn: Drawn | None
    wish: Wanted

    @property
    def counts(self) -> Counts:
        return self.figures.counts

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

    @property
    def lacks(self) -> list[tuple[str, str, int]]:
        """What accounts lack, in words, with how many do."""
        return [(name, str(LACKS[name]), count) for name, count in self.figures.lacking.lacks.items()]

    def reason(self, line: AudienceLine) -> str:
        """Why somebody is in or out, in words."""
        return str(RULES.get(line.rule, line.rule) if line.rule else STANDS_ALONE[line.standing])


@bp.get("/waves/<id:wave_id>/audience", endpoint="audience")
def show_audience(wave_id: int) -> str:
    """Who is in and who is out of one wave, searched by name; a search is answered in sentences."""
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        page = _read(session, wave, waves.program_of(session, wave), audience_wish())
    return render_template("staff/audience.html", page=page)


def audience_wish() -> Wanted:
    """What the address asks for."""
    return wanted(sorts=SORTS, filters=FILTERS, sort="name")


def _read(session: Session, wave: Wave, program: Program, wish: Wanted) -> PeoplePage:
    now, scope = services().clock.now(), reader().scope
    found = list_audience(session, wave, program, wish=wish, scope=scope, now=now)
    ahead, plan = wave.state is WaveState.SCHEDULED, plan_of(session, wave)
    told, untold = _answer(session, wave, program, wish, found)
    return PeoplePage(
        wave_id=wave.id,
        wave=wave.slug,
        program=program.slug,
        is_forecast=ahead,
        figures=figures_of(session, wave, program, scope=scope, now=now),
        found=found,
        told=told,
        untold=untold,
        plan=plan_words(plan, manager_names(session, plan.values("manager")), reporting_currency(session)),
        same_as=same_as_last(session, wave, now=now) if ahead else "",
        drawn=drawn_of(session, wave),
        wish=wish,
    )


def _answer(
    session: Session, wave: Wave, program: Program, wish: Wanted, found: AudiencePage
) -> tuple[tuple[Told, ...], int]:
    """What is said of those who were looked for, by name or address, and of how many more nothing is."""
    if not wish.search:
        return (), 0
    now, ahead = services().clock.now(), wave.state is WaveState.SCHEDULED
    reasoned = reasons_of(session, wave, program, lines=found.lines, now=now)
    later = () if found.lines else added_later(session, wave, search=wish.search, scope=reader().scope)
    reasoned += tuple(Reasoned(line, (line.rule,), ()) for line in later[:MOST_REASONED])
    left_out = [each.line.contact_id for each in reasoned if EXCLUDED in (*each.rules, *each.now)]
    reasons = reasons_for(session, wave, left_out) if left_out else {}
    told = tuple(told_of(each, reasons.get(each.line.contact_id), ahead=ahead) for each in reasoned)
    return told, len(found.lines or later) - len(told)
