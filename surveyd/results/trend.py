"""The score over the waves of a program, with what can be said about each change."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from surveyd.distribution.comparable_waves import asks_all, launched_of, launched_until
from surveyd.distribution.models import Wave, WaveState
from surveyd.people.access import Scope
from surveyd.results.columns import Columns, columns_of
from surveyd.results.people_columns import accounts_of, seen_accounts
from surveyd.results.trend_points import Voices, WavePoint, trend_of
from surveyd.results.wholes import WaveName, wave_name
from surveyd.scoring.arrays import Mask

LAUNCHED = (WaveState.PREPARING, WaveState.OPEN, WaveState.CLOSED)
MOST_WAVES = 12


def nps_trend(
    session: Session,
    program_id: int,
    *,
    scope: Scope,
    until: Wave | WaveName | None = None,
    most: int = MOST_WAVES,
) -> tuple[WavePoint, ...]:
    """The trend over the last `most` launched waves of a program up to `until`, oldest first."""
    waves = waves_until(session, program_id, until=until, most=most)
    columns = columns_of(session, [wave.id for wave in waves])
    accounts = accounts_of(session)
    seen = seen_accounts(session, accounts, scope)
    heard = None if seen is None else seen[accounts.places(columns.answered.account_id)]
    return trend_of(voices_of(columns, waves, heard=heard), minimums=columns.policy.minimums)


def waves_until(
    session: Session, program_id: int, *, until: Wave | WaveName | None = None, most: int = MOST_WAVES
) -> tuple[WaveName, ...]:
    """The last `most` launched waves of a program up to `until`, oldest first. One statement.

    They ask the same kind of people as `until`; without it, active customers.
    """
    chosen = (
        launched_of(program_id).where(asks_all(Wave))
        if until is None
        else launched_until(until.id, program_id=program_id, day_zero=until.day_zero)
    )
    return tuple(wave_name(wave) for wave in session.scalars(chosen.limit(most)).all()[::-1])


def voices_of(
    columns: Columns, waves: Sequence[WaveName], *, heard: Mask | None = None
) -> tuple[Voices, ...]:
    """The answers of each wave, of those of `heard` (one place for each of `columns.answered`) or of all."""
    of = columns.answered
    found = []
    for wave in waves:
        here = of.wave_id == wave.id
        if heard is not None:
            here &= heard
        found.append(
            Voices(
                wave.id,
                wave.slug,
                wave.day_zero,
                ratings=of.recommendation[here],
                contacts=of.contact_id[here],
                accounts=of.account_id[here],
            )
        )
    return tuple(found)
