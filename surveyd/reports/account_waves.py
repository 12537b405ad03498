"""One account over the waves: how far each came with its people, and where the account stood."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation, Wave
from surveyd.people.access import Scope, visible_by_account
from surveyd.reports.account_people import first_reached
from surveyd.reports.words import recommend_parts
from surveyd.results.models import Score
from surveyd.results.revenue import SILENT
from surveyd.results.standings import count_of, standings
from surveyd.scoring import nps
from surveyd.scoring.nps import Counts
from surveyd.scoring.policy import Policy

WAVES = 8
"""How many waves back an account's history goes: four years of the usual cadence."""


@dataclass(frozen=True, slots=True)
class WaveOfAccount:
    """One wave's distribution report for one account, in people; segment is silent when nobody answered.

    `recommend` is the score, or the people counted: each part's words with the category that it counts.
    """

    wave: str
    day_zero: datetime | None
    invited: int
    reached: int
    started: int
    answered: int
    segment: str
    recommend: tuple[tuple[str, str], ...]


def waves_of(
    session: Session, account_id: int, *, scope: Scope, waves: Sequence[Wave], policy: Policy
) -> tuple[WaveOfAccount, ...]:
    """The waves in which somebody of the account was asked, in the order of `waves`, in one statement.

    All by one policy, with the roles that people have today, so that one wave compares with the next.
    """
    ids = [wave.id for wave in waves]
    asked = (
        select(
            Invitation.wave_id,
            func.count().label("invited"),
            count_of(first_reached().is_not(None)).label("reached"),
            count_of(Invitation.started_at.is_not(None)).label("started"),
        )
        .where(
            Invitation.account_id == account_id,
            Invitation.wave_id.in_(ids),
            visible_by_account(scope, Invitation.account_id),
        )
        .group_by(Invitation.wave_id)
        .subquery("asked")
    )
    said = standings(scope, Score.account_id == account_id, Score.wave_id.in_(ids), policy=policy)
    rows = session.execute(select(asked, said).outerjoin(said, said.c.wave_id == asked.c.wave_id))
    found = {row[0]: row for row in rows}
    return tuple(_line(wave, found[wave.id], policy) for wave in waves if wave.id in found)


def _line(wave: Wave, row: Row[*tuple[Any, ...]], policy: Policy) -> WaveOfAccount:
    counts = Counts(row.detractors or 0, row.passives or 0, row.promoters or 0)
    return WaveOfAccount(
        wave=wave.slug,
        day_zero=wave.day_zero,
        invited=row.invited,
        reached=row.reached,
        started=row.started,
        answered=row.voices or 0,
        segment=row.segment or SILENT,
        recommend=recommend_parts(nps.summary(counts, minimums=policy.minimums)),
    )
