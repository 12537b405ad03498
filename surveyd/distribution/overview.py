"""All waves at a glance."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.distribution.models import InvitationState, Program, Wave, WaveKind, WaveState
from surveyd.distribution.tallies import NUMBER, T
from surveyd.distribution.tally_models import TallyKind

SORTS = ("name", "program", "starts")
RUNNING = (WaveState.PREPARING, WaveState.OPEN)
LAUNCHED = (*RUNNING, WaveState.CLOSED)
PAUSED = "paused"
MOST_RUNNING = 20


@dataclass(frozen=True, slots=True)
class WaveLine:
    """One wave as a list shows it."""

    id: int
    slug: str
    program: str
    state: WaveState
    is_paused: bool
    scheduled_at: datetime
    closes_at: datetime | None
    invited: int
    answered: int


@dataclass(frozen=True, slots=True)
class WaveList:
    """Some waves; `after` is the key of the next page, empty on the last."""

    lines: tuple[WaveLine, ...]
    after: str


def list_waves(session: Session, wish: Wanted, *, program_id: int | None = None) -> WaveList:
    """A page of the waves that `wish` asks for, in one statement. Raises Refused for a broken key.

    The filters are `state` (a wave's state, or "paused") and `program`, the program's name.
    """
    query, state = _lines(), wish.filters.get("state", "")
    if program_id is not None:
        query = query.where(Wave.program_id == program_id)
    if wish.filters.get("program"):
        query = query.where(Program.slug == wish.filters["program"])
    if state == PAUSED:
        query = query.where(Wave.paused_at.is_not(None), Wave.state.in_(RUNNING))
    elif state:
        query = query.where(Wave.state.in_([known for known in WaveState if known == state]))
    if wish.search:
        query = query.where(Wave.slug.icontains(wish.search, autoescape=True))
    by = {"name": Wave.slug, "program": Program.slug, "starts": Wave.scheduled_at}[wish.column]
    page = slice_of(session, query, Order(by, Wave.id, wish.descends), after=wish.after)
    return WaveList(tuple(map(_line, page.rows)), page.after)


def running_waves(session: Session) -> list[WaveLine]:
    """The waves that are under way, latest first."""
    ordered = _lines().where(Wave.state.in_(RUNNING)).order_by(Wave.scheduled_at.desc(), Wave.id.desc())
    return [_line(row) for row in session.execute(ordered.limit(MOST_RUNNING))]


def _lines() -> Select[*tuple[Any, ...]]:
    number = select(func.coalesce(NUMBER, 0)).where(T.kind == TallyKind.INVITATION.value)
    invited = number.where(T.wave_id == Wave.id).correlate(Wave)
    answered = invited.where(T.state == InvitationState.ANSWERED.value)
    return select(
        Wave.id,
        Wave.slug,
        Program.slug.label("program"),
        Wave.state,
        Wave.paused_at,
        Wave.scheduled_at,
        Wave.closes_at,
        invited.scalar_subquery().label("invited"),
        answered.scalar_subquery().label("answered"),
    ).join(Program, and_(Program.id == Wave.program_id, Wave.kind == WaveKind.PROGRAM))


def _line(row: Row[*tuple[Any, ...]]) -> WaveLine:
    return WaveLine(
        id=row.id,
        slug=row.slug,
        program=row.program,
        state=row.state,
        is_paused=row.paused_at is not None and row.state in RUNNING,
        scheduled_at=row.scheduled_at,
        closes_at=row.closes_at,
        invited=row.invited,
        answered=row.answered,
    )


def latest_waves(session: Session, *, most: int = 2) -> list[Wave]:
    """The waves that were launched last and not cancelled, latest first."""
    launched = select(Wave).where(Wave.kind == WaveKind.PROGRAM, Wave.state.in_(LAUNCHED))
    return list(session.scalars(launched.order_by(Wave.day_zero.desc(), Wave.id.desc()).limit(most)))


def wave_names(session: Session, *, most: int = 100) -> list[str]:
    """The names of the latest waves, latest first: what a list of mails is narrowed by."""
    named = select(Wave.slug).where(Wave.kind == WaveKind.PROGRAM)
    return list(session.scalars(named.order_by(Wave.scheduled_at.desc(), Wave.id.desc()).limit(most)))
