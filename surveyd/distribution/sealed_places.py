"""The people of a sealed wave as they were sealed: lists and counts of it go by these rows alone."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Wave, WaveState
from surveyd.distribution.seal_models import Seal, SealedPlace


def is_sealed(session: Session, wave: Wave) -> bool:
    """Whether nothing of the wave moves any more; only a closed one is looked up."""
    return wave.state is WaveState.CLOSED and session.get(Seal, wave.id) is not None


def sealed_rules(session: Session, wave: Wave) -> dict[str, int]:
    """How many each rule left out of a sealed wave; the empty rule has who was in."""
    counted = select(SealedPlace.rule, func.count().label("contacts")).where(SealedPlace.wave_id == wave.id)
    return {row.rule: row.contacts for row in session.execute(counted.group_by(SealedPlace.rule))}
