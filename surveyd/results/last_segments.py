"""Accounts by where they stood when they last answered a wave: what audiences are narrowed by."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Wave, WaveKind
from surveyd.people.access import SYSTEM
from surveyd.people.models import Account
from surveyd.results.models import Score
from surveyd.results.policies import current
from surveyd.results.standings import standings


def last_segment_in(session: Session, segments: Sequence[str]) -> ColumnElement[bool]:
    """Whether an `Account` stood in one of these segments in the last wave that it answered.

    By the policy in force; who came by themselves does not count, and who never answered is in no segment.
    """
    of_waves = Score.wave_id.in_(select(Wave.id).where(Wave.kind == WaveKind.PROGRAM))
    stood = standings(SYSTEM, of_waves, policy=current(session))
    latest = func.row_number().over(
        partition_by=stood.c.account_id, order_by=(Wave.day_zero.desc(), stood.c.wave_id.desc())
    )
    ranked = (
        select(stood.c.account_id, stood.c.segment, latest.label("place"))
        .join(Wave, Wave.id == stood.c.wave_id)
        .subquery("stood")
    )
    return Account.id.in_(
        select(ranked.c.account_id).where(ranked.c.place == 1, ranked.c.segment.in_(segments))
    )
