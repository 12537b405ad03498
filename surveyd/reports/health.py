"""Company health on one page: a wave's score, matrix, revenue, movement, response by step, and the cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.distribution.models import Wave, WaveState
from surveyd.distribution.overview import LAUNCHED, latest_waves
from surveyd.people.access import Reach, Scope
from surveyd.people.models import Account
from surveyd.reports.case_counts import AgeCount, CasesInTime, cases_in_time, open_by_age
from surveyd.reports.charts import Block, Stripes, Whisker, bar, stripes, whisker
from surveyd.reports.matrix import Matrix, matrix
from surveyd.reports.movement import Movement, movement
from surveyd.reports.response_steps import answers_by_step
from surveyd.reports.trend import Trend, trend
from surveyd.reports.words import AGES, FATE_KINDS, FATES, STATES, STEP_KINDS, STEPS, score_shown
from surveyd.results.movement import account_moves, people_moves
from surveyd.results.revenue import (
    Money,
    StateRevenue,
    account_groups,
    add_money,
    matrix_points,
    revenue_at_risk,
    revenue_by_state,
)
from surveyd.results.rollups import WaveFigures, wave_figures
from surveyd.results.trend import WavePoint, nps_trend
from surveyd.scoring import nps
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Base, Summary

MARKS = ((-1.0, "\N{MINUS SIGN}100"), (-0.5, "\N{MINUS SIGN}50"), (0.0, "0"), (0.5, "+50"), (1.0, "+100"))
MOST_WAVES = 24


@dataclass(frozen=True, slots=True)
class Health:
    """One wave as the scope may see it, compared with the one before of the same program.

    `waves` and `regions` are what the page can be asked for; `region` is empty for all that the scope sees.
    """

    wave_id: int
    wave: str
    state: WaveState
    waves: tuple[str, ...]
    region: str
    regions: tuple[str, ...]
    sees_revenue: bool
    figures: WaveFigures
    points: tuple[WavePoint, ...]
    steps: tuple[tuple[str, int], ...]
    cases: CasesInTime
    ages: tuple[AgeCount, ...]
    revenue: tuple[StateRevenue, ...]
    at_risk: StateRevenue
    matrix: Matrix
    moved_accounts: Movement | None
    moved_people: Movement | None
    state_names: ClassVar[Mapping[str, object]] = STATES
    state_kinds: ClassVar[Mapping[str, str]] = {name: name for name in STATES}
    step_names: ClassVar[Mapping[str, object]] = STEPS
    step_kinds: ClassVar[Mapping[str, str]] = STEP_KINDS
    fate_names: ClassVar[Mapping[str, object]] = FATES
    fate_kinds: ClassVar[Mapping[str, str]] = FATE_KINDS
    age_names: ClassVar[Mapping[str, object]] = AGES

    @property
    def title(self) -> str:
        """The page's answer."""
        waiting = self.overdue
        if not waiting:
            return self._score
        call = ngettext(
            "1 person waits too long for a call", "%(num)s people wait too long for a call", waiting
        )
        return str(_("%(score)s; %(call)s", score=self._score, call=call))

    @property
    def _score(self) -> str:
        of = self.figures
        if of.nps.base in (Base.NONE, Base.COUNTS):
            counts = {"answered": of.answered, "invited": of.invited, "wave": self.wave}
            return str(_("%(answered)s of %(invited)s have answered %(wave)s", **counts))
        match self.change:
            case "up":
                return str(_("NPS %(score)s, up", score=of.nps.shown))
            case "down":
                return str(_("NPS %(score)s, down", score=of.nps.shown))
            case "steady":
                return str(_("NPS %(score)s, steady", score=of.nps.shown))
        return str(_("NPS %(score)s", score=of.nps.shown))

    @property
    def change(self) -> str:
        """Up, down or steady since the wave before; empty without a verdict."""
        return self.points[-1].change if self.points else ""

    @property
    def before(self) -> WavePoint | None:
        """The wave before this one."""
        return self.points[-2] if len(self.points) > 1 else None

    @property
    def is_latest(self) -> bool:
        """Whether this is the wave that lists of accounts show without a wish."""
        return self.wave == self.waves[0]

    @property
    def is_open(self) -> bool:
        """Whether more answers may come."""
        return self.state is not WaveState.CLOSED

    def shown(self, of: Summary) -> str:
        """A score in the reader's language."""
        return score_shown(of)

    @property
    def interval(self) -> str:
        """The score's interval in words, empty where there is none to show."""
        around = self.figures.nps.interval
        if around is None or self.figures.nps.base is Base.COUNTS:
            return ""
        return str(_("%(low)s to %(high)s", low=nps.display(around.low), high=nps.display(around.high)))

    @property
    def chart(self) -> Whisker | None:
        """The score with its interval on its scale; None where the numbers cannot carry it."""
        summary = self.figures.nps
        if summary.value is None or summary.interval is None or summary.base is Base.COUNTS:
            return None
        return whisker(float(summary.value), summary.interval.low, summary.interval.high, marks=MARKS)

    @property
    def trend(self) -> Trend | None:
        """The score over the waves up to this one."""
        return trend(self.points)

    @property
    def step_bar(self) -> tuple[Block, ...]:
        """The answers, split by the step that brought them."""
        return bar(self.steps)

    @property
    def case_bar(self) -> tuple[Block, ...]:
        """The wave's cases, split by whether they were contacted in time."""
        return bar(self.cases.parts)

    @property
    def age_bars(self) -> Stripes:
        """The open cases by age, those overdue marked."""
        return stripes([(age.age, age.cases, age.overdue) for age in self.ages])

    @property
    def overdue(self) -> int:
        """The people who wait too long for a call, whichever wave they answered."""
        return sum(age.overdue for age in self.ages)

    @property
    def open_cases(self) -> int:
        return sum(age.cases for age in self.ages)

    @property
    def segments(self) -> list[tuple[str, int]]:
        """The segments with their people; those who cannot be placed only if there are any."""
        counts = [(segment.value, count) for segment, count in self.figures.segments.items()]
        return [pair for pair in counts if pair[1] or pair[0] != Segment.UNCLASSIFIED.value]

    @property
    def states(self) -> list[StateRevenue]:
        """Where the accounts stand; the states beside the matrix only if there are any accounts in them."""
        beside = {Segment.UNCLASSIFIED.value}
        return [one for one in self.revenue if one.accounts or one.state not in beside]

    @property
    def accounts(self) -> int:
        """All accounts behind the page."""
        return sum(one.accounts for one in self.revenue)

    @property
    def whole(self) -> tuple[Money, ...]:
        """The revenue of all accounts, by currency."""
        return add_money(money for one in self.revenue for money in one.sums)

    @property
    def unknown(self) -> int:
        """The accounts whose revenue nobody has told us."""
        return sum(one.unknown for one in self.revenue)

    def money_bars(self, currency: str) -> Stripes:
        """The revenue in one currency by where the accounts stand."""
        return stripes([(one.state, self.cents(one, currency), 0) for one in self.states])

    def cents(self, of: StateRevenue, currency: str) -> int:
        """The sum of a state in one currency."""
        return sum(money.cents for money in of.sums if money.currency == currency)


def health(
    session: Session, *, scope: Scope, now: datetime, wave: str = "", region: str = ""
) -> Health | None:
    """The wave of that name, the latest by default; None before the first.

    `region` narrows a scope that sees all to one region and is passed over for any other scope. Raises
    NotFound for a wave or a region that there is none of.
    """
    waves = latest_waves(session, most=MOST_WAVES)
    chosen = next((one for one in waves if one.slug == wave or not wave), None)
    if wave and chosen is None:
        raise NotFound("wave", wave)
    if chosen is None:
        return None
    regions = _regions(session) if scope.sees_all else ()
    if region and scope.sees_all and region not in regions:
        raise NotFound("region", region)
    seen = Scope(Reach.REGION, None, region) if region and scope.sees_all else scope
    return _read(
        session, chosen, scope=seen, now=now, waves=tuple(one.slug for one in waves), regions=regions
    )


def health_of(session: Session, wave: Wave, *, scope: Scope, now: datetime) -> Health:
    """A launched wave, however long ago. Raises NotFound before its launch and for a cancelled one."""
    if wave.state not in LAUNCHED:
        raise NotFound("wave", wave.id)
    waves = tuple(one.slug for one in latest_waves(session, most=MOST_WAVES))
    return _read(session, wave, scope=scope, now=now, waves=waves, regions=())


def _read(
    session: Session,
    wave: Wave,
    *,
    scope: Scope,
    now: datetime,
    waves: tuple[str, ...],
    regions: tuple[str, ...],
) -> Health:
    points = nps_trend(session, wave.program_id, scope=scope, until=wave)
    before = points[-2] if len(points) > 1 else None
    before_id = before.wave_id if before else None
    groups = account_groups(session, wave.id, scope=scope, before_id=before_id)
    people = people_moves(session, before_id, wave.id, scope=scope) if before_id else ()
    revenue = revenue_by_state(groups)
    counts = {one.state: one.accounts for one in revenue}
    dots = matrix_points(session, wave.id, scope=scope)
    return Health(
        wave_id=wave.id,
        wave=wave.slug,
        state=wave.state,
        waves=waves,
        region=scope.region,
        regions=regions,
        sees_revenue=scope.sees_revenue,
        figures=wave_figures(session, wave.id, scope=scope),
        points=points,
        steps=answers_by_step(session, wave.id, scope=scope),
        cases=cases_in_time(session, wave.id, scope=scope, now=now),
        ages=open_by_age(session, scope=scope, now=now),
        revenue=revenue,
        at_risk=revenue_at_risk(groups),
        matrix=matrix(dots, counts=counts, sized=scope.sees_revenue),
        moved_accounts=movement(before.wave, account_moves(groups)) if before else None,
        moved_people=movement(before.wave, people) if before else None,
    )


def _regions(session: Session) -> tuple[str, ...]:
    named = select(Account.region).where(Account.region != "").distinct().order_by(Account.region)
    return tuple(session.scalars(named))
