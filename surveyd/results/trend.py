"""The score over the waves of a program, with what can be said about each change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Wave, WaveKind, WaveState
from surveyd.people.access import Scope
from surveyd.results.columns import Columns, columns_of
from surveyd.results.people_columns import accounts_of, seen_accounts
from surveyd.results.trend_points import Voices, WavePoint, trend_of
from surveyd.scoring.arrays import Mask

LAUNCHED = (WaveState.PREPARING, WaveState.OPEN, WaveState.CLOSED)
MOST_WAVES = 12


@dataclass(frozen=True, slots=True)
class WaveName:
    """A wave of a program, as a trend names it."""

    id: int
    slug: str
    day_zero: datetime | None


def nps_trend(
    session: Session, program_id: int, *, scope: Scope, until: Wave | None = None, most: int = MOST_WAVES
) -> tuple[WavePoint, ...]:
    """The trend over the last `most` launched waves of a program up to `until`, oldest first."""
    waves = waves_until(session, program_id, until=until, most=most)
    columns = columns_of(session, [wave.id for wave in waves])
    accounts = accounts_of(session)
    seen = seen_accounts(session, accounts, scope)
    heard = None if seen is None else seen[accounts.places(columns.answered.account_id)]
    return trend_of(voices_of(columns, waves, heard=heard), minimums=columns.policy.minimums)


def waves_until(
    session: Session, program_id: int, *, until: Wave | None = None, most: int = MOST_WAVES
) -> tuple[WaveName, ...]:
    """The last `most` launched waves of a program up to `until`, oldest first. One statement."""
    chosen = (
        select(Wave.id, Wave.slug, Wave.day_zero)
        .where(Wave.program_id == program_id, Wave.kind == WaveKind.PROGRAM, Wave.state.in_(LAUNCHED))
        .order_by(Wave.day_zero.desc(), Wave.id.desc())
        .limit(most)
    )
    if until is not None:
        same_day = and_(Wave.day_zero == until.day_zero, Wave.id <= until.id)
        chosen = chosen.where(or_(Wave.day_zero < until.day_zero, same_day))
    return tuple(WaveName(*row) for row in session.execute(chosen).all()[::-1])


def voices_of(
    columns: Columns, waves: Sequence[WaveName], *, heard: Mask | None = None
) -> tuple[Voices, ...]:
    """The answers of each wave, of those of `heard` (one place for each of `columns.answered`) or of all.

    `waves` names the waves of the columns, in their order.
    """
    of = columns.answered
    ends = np.cumsum([one.size for one in columns.waves])
    starts = ends - [one.size for one in columns.waves]
    found = []
    for wave, start, end in zip(waves, starts, ends, strict=True):
        here = slice(start, end)
        kept = slice(None) if heard is None else heard[here]
        found.append(
            Voices(
                wave.id,
                wave.slug,
                wave.day_zero,
                ratings=of.recommendation[here][kept],
                contacts=of.contact_id[here][kept],
                accounts=of.account_id[here][kept],
            )
        )
    return tuple(found)
