"""All waves at a glance."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation, InvitationState, Program, Wave, WaveState


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


def list_waves(session: Session, *, most: int = 100) -> list[WaveLine]:
    """The waves, latest first."""
    answers = func.count(case((Invitation.state == InvitationState.ANSWERED, 1)))
    rows = session.execute(
        select(Wave, Program.slug, func.count(Invitation.id), answers)
        .join(Program, Program.id == Wave.program_id)
        .outerjoin(Invitation, Invitation.wave_id == Wave.id)
        .group_by(Wave.id, Program.slug)
        .order_by(Wave.scheduled_at.desc(), Wave.id.desc())
        .limit(most)
    )
    return [
        WaveLine(
            id=wave.id,
            slug=wave.slug,
            program=program,
            state=wave.state,
            is_paused=wave.paused_at is not None,
            scheduled_at=wave.scheduled_at,
            closes_at=wave.closes_at,
            invited=invited,
            answered=answered,
        )
        for wave, program, invited, answered in rows
    ]


def latest_waves(session: Session, *, most: int = 2) -> list[Wave]:
    """The waves that were launched last and not cancelled, latest first."""
    launched = (WaveState.PREPARING, WaveState.OPEN, WaveState.CLOSED)
    ordered = select(Wave).where(Wave.state.in_(launched)).order_by(Wave.day_zero.desc(), Wave.id.desc())
    return list(session.scalars(ordered.limit(most)))
