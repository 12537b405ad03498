"""The calendar of waves: when each begins, reminds, calls and closes, planned or past."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from surveyd.distribution.cadence import Step, cadences_of
from surveyd.distribution.models import Program, Wave, WaveKind, WaveState

CALL, CLOSE = "call", "close"
MOST = 200
LONGEST = timedelta(days=365)
"""No cadence closes later than that after its day 0."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One day of a wave that matters: the name of its step, or "close"."""

    step: str
    at: datetime
    kind: str
    """What it is: invitation, reminder, call or close."""


@dataclass(frozen=True, slots=True)
class PlannedWave:
    """One wave from day 0 to its close. A wave that is not launched yet stands where it is scheduled."""

    id: int
    slug: str
    program: str
    state: WaveState
    is_paused: bool
    begins: datetime
    closes: datetime
    steps: tuple[Step, ...]

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The steps and the close; each contact's own moment lies around it, in their zone and window."""
        return marks_of(self.steps, self.begins, self.closes)


def marks_of(steps: tuple[Step, ...], begins: datetime, closes: datetime) -> tuple[Mark, ...]:
    """The days of a wave with these steps."""
    days = (Mark(step.name, begins + timedelta(days=step.day), step.mail or CALL) for step in steps)
    return (*days, Mark(CLOSE, closes, CLOSE))


def waves_between(session: Session, start: datetime, end: datetime) -> list[PlannedWave]:
    """The waves that run between two instants, earliest first, 200 at most; cancelled ones are left out."""
    begins = func.coalesce(Wave.day_zero, Wave.scheduled_at)
    rows = session.execute(
        select(Wave, Program.slug, begins.label("begins"))
        .join(Program, Program.id == Wave.program_id)
        .where(_is_planned(), begins < end, begins > start - LONGEST)
        .where(or_(Wave.closes_at.is_(None), Wave.closes_at > start))
        .order_by(begins, Wave.id)
    ).all()
    cadences = cadences_of(session, [row.Wave for row in rows])
    planned = (
        PlannedWave(
            id=wave.id,
            slug=wave.slug,
            program=program,
            state=wave.state,
            is_paused=wave.paused_at is not None,
            begins=day_zero,
            closes=wave.closes_at or day_zero + timedelta(days=cadences[wave.id].close_day),
            steps=cadences[wave.id].steps,
        )
        for wave, program, day_zero in rows
    )
    return list(islice((one for one in planned if one.closes > start), MOST))


def calendar_span(session: Session) -> tuple[datetime, datetime] | None:
    """When the first wave begins and the last one closes; None without a wave."""
    begins = func.coalesce(Wave.day_zero, Wave.scheduled_at)
    found = select(func.min(begins), func.max(begins), func.max(Wave.closes_at)).where(_is_planned())
    first, last, closes = session.execute(found).one()
    return (first, max(last, closes or last)) if first else None


def _is_planned() -> ColumnElement[bool]:
    return and_(Wave.kind == WaveKind.PROGRAM, Wave.state != WaveState.CANCELLED)
