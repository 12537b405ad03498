"""The flags of accounts as conditions, for lists to be narrowed by.

The rule is that of ``scoring/flags.py``; a test holds the two against each other.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, FromClause, Integer, and_, false, func

from surveyd.people.models import Account
from surveyd.results.asked import WaveAsked, answered_in
from surveyd.results.standings import is_split
from surveyd.scoring.flags import Flag
from surveyd.scoring.policy import Policy


def flag_conditions(
    said: FromClause, asked: FromClause, wave: WaveAsked, *, policy: Policy, now: datetime
) -> dict[Flag, ColumnElement[bool]]:
    """Say for each flag when an `Account` row has it that is outer joined to `standings` and to `asked`.

    Joined to `invited` instead, it can have all but two: those need to know who was asked.
    """
    invited = func.coalesce(asked.c.invited, 0, type_=Integer)
    silent = and_(invited > 0, said.c.voices.is_(None)) if wave.reminded else false()
    found: dict[Flag, ColumnElement[bool]] = {
        Flag.DM_HIGH_RISK: said.c.deciders_at_risk > 0,
        Flag.DM_DETRACTOR: said.c.deciders_detracting > 0,
        Flag.WENT_QUIET: and_(silent, Account.id.in_(answered_in(wave.before_id))),
        Flag.SILENT: silent,
        Flag.SPLIT: is_split(said, policy),
        Flag.SINGLE_VOICE: said.c.valid == 1,
        Flag.STALE: said.c.oldest < now - timedelta(days=policy.accounts.stale_after),
    }
    if "bounced" in asked.c:
        deciders = func.coalesce(said.c.deciders, 0, type_=Integer)
        quiet = and_(asked.c.asked_deciders > 0, deciders == 0)
        found |= {
            Flag.DM_SILENT: quiet if wave.reminded else false(),
            Flag.BOUNCED: asked.c.bounced > 0,
        }
    return found
