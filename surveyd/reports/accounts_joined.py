"""Some accounts as rows: each with its facts, whom a wave has asked there, and what they said."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Integer, Row, Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation
from surveyd.people.access import Scope
from surveyd.people.models import Account, User
from surveyd.reports.account_groups import Standpoint
from surveyd.results.asked import asked
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.results.revenue import NOT_ASKED, SILENT
from surveyd.results.standings import standings
from surveyd.scoring.policy import Policy

OWN = ("wave_id", "account_id", "segment")
"""Columns of a standing that a line has of its own."""
KEPT_STATEMENTS = 64
"""How many scopes' statements are kept: building one takes longer than running it."""
WAVE = bindparam("wave_id", type_=BigInteger)
BEFORE = bindparam("before_id", type_=BigInteger)
IDS = bindparam("ids", type_=BigInteger, expanding=True)


def rows_of(session: Session, at: Standpoint, ids: Sequence[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """One row an account, by id; all of them are of the reader's scope. One statement.

    Columns: the account's facts, manager_name, manager_email, invited, asked_deciders, bounced, answered,
    segment (one of WORST_FIRST), answered_before, and those of ``standings``.
    """
    facts = {"wave_id": at.wave.id, "before_id": at.wave.before_id, "ids": list(ids)}
    return {row.id: row for row in session.execute(_rows(at.scope, at.policy), facts)}


@lru_cache(maxsize=KEPT_STATEMENTS)
def _rows(scope: Scope, policy: Policy) -> Select[*tuple[Any, ...]]:
    of = asked(scope, Invitation.wave_id == WAVE, Invitation.account_id.in_(IDS))
    said = standings(scope, Score.wave_id == WAVE, Score.account_id.in_(IDS), policy=policy)
    invited = func.coalesce(of.c.invited, 0, type_=Integer)
    heard = said.c.segment
    answered = select(Score.account_id).where(Score.wave_id == BEFORE, Score.rule_version == CURRENT_RULE)
    before = case((Account.id.in_(answered.where(Score.account_id.in_(IDS))), 1), else_=0)
    return (
        select(
            *Account.__table__.c,
            User.name.label("manager_name"),
            User.email.label("manager_email"),
            invited.label("invited"),
            of.c.asked_deciders,
            of.c.bounced,
            func.coalesce(said.c.voices, 0, type_=Integer).label("answered"),
            case((heard.is_not(None), heard), (invited > 0, SILENT), else_=NOT_ASKED).label("segment"),
            before.label("answered_before"),
            *(column for column in said.c if column.name not in OWN),
        )
        .select_from(Account)
        .outerjoin(User, User.id == Account.manager_id)
        .outerjoin(of, of.c.account_id == Account.id)
        .outerjoin(said, said.c.account_id == Account.id)
        .where(Account.id.in_(IDS))
    )
