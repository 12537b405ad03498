"""How waves stand: what has to be the same for kept columns to hold, read by one statement over indexes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, ScalarSelect, String, bindparam, cast, func, literal, select
from sqlalchemy.orm import Session

from surveyd.base.changes import INVITED, WAVE
from surveyd.base.models import ChangeCount
from surveyd.base.statements import table_of
from surveyd.distribution.models import Wave, WaveState
from surveyd.results.column_files import Key
from surveyd.results.models import Score

_wave, _score, _count = table_of(Wave), table_of(Score), table_of(ChangeCount)
_of_last = _score.alias("of_last")


def _changes(topic: str) -> ColumnElement[int]:
    """How often something of a row of waves has changed."""
    is_its = _count.c.topic == literal(topic).concat(cast(_wave.c.id, String))
    return func.coalesce(select(_count.c.number).where(is_its).correlate(_wave).scalar_subquery(), 0)


def _last() -> ScalarSelect[int]:
    """The highest score's id by one rule of a row of waves, from an index.

    Scores of other rules, which may be written at the same time, say nothing about what is kept.
    """
    order = (_score.c.wave_id.desc(), _score.c.rule_version.desc(), _score.c.id.desc())
    is_its = (_score.c.wave_id == _wave.c.id) & (_score.c.rule_version == bindparam("rule"))
    of_wave = select(_score.c.id).where(is_its)
    return of_wave.order_by(*order).limit(1).correlate(_wave).scalar_subquery()


# Building it takes longer than running it.
STANDS = (
    select(
        _wave.c.id,
        _wave.c.state,
        _wave.c.prepared_to,
        _changes(INVITED),
        _changes(WAVE),
        func.coalesce(_of_last.c.id, 0),
        _of_last.c.scored_at,
    )
    .select_from(_wave)
    .outerjoin(_of_last, _of_last.c.id == _last())
    .where(_wave.c.id.in_(bindparam("wave_ids", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class Stand:
    """How a wave stands: what has to be the same for its columns to hold, and its last score's id.

    `asked` is the same as long as its invitations are.
    """

    wave_id: int
    policy: str
    rule: str
    is_over: bool
    asked: str
    changes: int
    last: int
    last_at: str

    @property
    def key(self) -> Key:
        """What kept answers have to be of to be of use, up to whichever score."""
        return {"wave": self.wave_id, "policy": self.policy, "changes": self.changes}


def stands_of(session: Session, wave_ids: Sequence[int], *, policy: str, rule: str) -> list[Stand]:
    """How these waves stand by a policy's digest and version, in this order. One statement."""
    rows = session.execute(STANDS, {"wave_ids": list(wave_ids), "rule": rule})
    found = {
        wave_id: Stand(
            wave_id,
            policy,
            rule,
            is_over=state is WaveState.CLOSED,
            asked=f"{prepared}.{invited}",
            changes=changes,
            last=score_id,
            last_at=at.isoformat() if at else "",
        )
        for wave_id, state, prepared, invited, changes, score_id, at in rows
    }
    nothing = Stand(0, policy, rule, is_over=True, asked="", changes=0, last=0, last_at="")
    return [found.get(wave_id, replace(nothing, wave_id=wave_id)) for wave_id in wave_ids]


def scored_at(session: Session, score_id: int) -> str:
    """When a score was made: after a restore the same id may be another answer's. Empty for no score."""
    at = session.scalar(select(Score.scored_at).where(Score.id == score_id))
    return at.isoformat() if at else ""
