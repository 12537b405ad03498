"""Company health on one page: the latest wave's score, matrix, response by step, and cases in time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from surveyd.closed_loop.models import Case, CaseState
from surveyd.distribution.models import Touch, TouchState, Wave
from surveyd.distribution.overview import latest_waves
from surveyd.people.access import Scope, visible_by_account
from surveyd.reports.charts import Block, Whisker, bar, whisker
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Response
from surveyd.results.rollups import WaveFigures, wave_figures
from surveyd.scoring import nps
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Base

STEPS = ("invitation", "reminder", "call")
MARKS = ((-1.0, "\N{MINUS SIGN}100"), (-0.5, "\N{MINUS SIGN}50"), (0.0, "0"), (0.5, "+50"), (1.0, "+100"))
SURE = 0.05


@dataclass(frozen=True, slots=True)
class CasesInTime:
    """The follow-up cases of a wave, each counted once."""

    in_time: int = 0
    late: int = 0
    overdue: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        return self.in_time + self.late + self.overdue + self.waiting


@dataclass(frozen=True, slots=True)
class Health:
    """One wave as the scope may see it; `change` compares it with the wave before, empty without one."""

    wave_id: int
    wave: str
    state: str
    figures: WaveFigures
    change: str
    steps: tuple[tuple[str, int], ...]
    cases: CasesInTime

    @property
    def title(self) -> str:
        """The page's answer."""
        if self.figures.nps.base in (Base.NONE, Base.COUNTS):
            said = f"{self.figures.answered} of {self.figures.invited} have answered {self.wave}"
        else:
            said = f"NPS {self.figures.nps.shown}{f', {self.change}' if self.change else ''}"
        if self.cases.overdue:
            people = "1 person waits" if self.cases.overdue == 1 else f"{self.cases.overdue} people wait"
            return f"{said}; {people} too long for a call"
        return said

    @property
    def interval(self) -> str:
        """The score's interval in words, empty where there is none to show."""
        around = self.figures.nps.interval
        if around is None or self.figures.nps.base is Base.COUNTS:
            return ""
        return f"{nps.display(around.low)} to {nps.display(around.high)}"

    @property
    def chart(self) -> Whisker | None:
        """The score with its interval on its scale; None where the numbers cannot carry it."""
        summary = self.figures.nps
        if summary.value is None or summary.interval is None or summary.base is Base.COUNTS:
            return None
        return whisker(float(summary.value), summary.interval.low, summary.interval.high, marks=MARKS)

    @property
    def step_bar(self) -> tuple[Block, ...]:
        """The answers, split by the step that brought them."""
        return bar(self.steps)

    @property
    def segments(self) -> list[tuple[str, int]]:
        """The segments with their counts; those who cannot be placed only if there are any."""
        counts = [(segment.value, count) for segment, count in self.figures.segments.items()]
        return [pair for pair in counts if pair[1] or pair[0] != Segment.UNCLASSIFIED.value]


def health(session: Session, *, scope: Scope, now: datetime) -> Health | None:
    """The latest wave, compared with the one before of the same program; None before the first."""
    waves = latest_waves(session, most=8)
    if not waves:
        return None
    latest = waves[0]
    figures = wave_figures(session, latest.id, scope=scope)
    before = next((wave for wave in waves[1:] if wave.program_id == latest.program_id), None)
    return Health(
        wave_id=latest.id,
        wave=latest.slug,
        state=latest.state.value,
        figures=figures,
        change=_change(figures, wave_figures(session, before.id, scope=scope)) if before else "",
        steps=_steps(session, latest, scope),
        cases=_cases(session, latest, scope, now),
    )


def _change(now: WaveFigures, before: WaveFigures) -> str:
    """Up, down or steady, where both waves can carry a verdict."""
    if Base.COUNTS in (now.nps.base, before.nps.base):
        return ""
    difference = nps.difference(now.nps.counts, before.nps.counts)
    if difference is None:
        return ""
    if difference.p >= SURE:
        return "steady"
    return "up" if difference.value > 0 else "down"


def _steps(session: Session, wave: Wave, scope: Scope) -> tuple[tuple[str, int], ...]:
    """How many answers came after which step, as the last one before the answer."""
    step = case(
        (or_(Response.channel == AnswerChannel.PHONE.value, _came_after("call")), literal("call")),
        (_came_after("reminder"), literal("reminder")),
        else_=literal("invitation"),
    ).label("step")
    rows = session.execute(
        select(step, func.count().label("answers"))
        .where(Response.wave_id == wave.id, visible_by_account(scope, Response.account_id))
        .group_by(step)
    )
    counts = {row.step: row.answers for row in rows}
    return tuple((name, counts.get(name, 0)) for name in STEPS)


def _came_after(step: str) -> ColumnElement[bool]:
    return exists().where(
        Touch.invitation_id == Response.invitation_id,
        Touch.step == step,
        Touch.state == TouchState.RELEASED,
        Touch.released_at <= Response.given_at,
    )


def _cases(session: Session, wave: Wave, scope: Scope, now: datetime) -> CasesInTime:
    reached = func.coalesce(Case.contacted_at, Case.closed_at)
    fate = case(
        (reached <= Case.due_at, literal("in_time")),
        (reached.is_not(None), literal("late")),
        (and_(Case.state == CaseState.OPEN, Case.due_at < now), literal("overdue")),
        else_=literal("waiting"),
    ).label("fate")
    rows = session.execute(
        select(fate, func.count().label("cases"))
        .join(Response, Response.id == Case.response_id)
        .where(Response.wave_id == wave.id, visible_by_account(scope, Case.account_id))
        .group_by(fate)
    )
    return CasesInTime(**{row.fate: row.cases for row in rows})
