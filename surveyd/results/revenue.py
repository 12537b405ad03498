"""Revenue by where the accounts stand in a wave, and the accounts' places in the matrix.

Silence is a state of its own, never neutral. A missing revenue is counted, never taken for zero. Sums are
kept by currency and never added across them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Subquery, func, or_, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation
from surveyd.people.access import Scope, visible_accounts, visible_by_account
from surveyd.people.models import Account, AccountStatus
from surveyd.results.models import Score
from surveyd.results.standings import standings
from surveyd.scoring.loyalty import Segment

SILENT = "silent"
NOT_ASKED = "not_asked"
STATES = (*(segment.value for segment in Segment), SILENT, NOT_ASKED)
"""Every state that an account can be in, each account in one of them."""

MOST_POINTS = 300


@dataclass(frozen=True, slots=True)
class Money:
    """A sum in hundredths of `currency` over so many accounts whose revenue is known."""

    currency: str
    cents: int
    accounts: int


@dataclass(frozen=True, slots=True)
class StateRevenue:
    """The accounts in one state: how many, how many of them without a known revenue, and the sums."""

    state: str
    accounts: int
    unknown: int
    sums: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One account in the matrix; indexes from 0 to 100, revenue None where it is not known."""

    account_id: int
    name: str
    segment: Segment
    attitude: float
    intent: float
    revenue_cents: int | None
    currency: str


def standing_of_asked(wave_id: int, scope: Scope) -> Subquery:
    """One row per account that the wave has asked, for joining on `account_id`.

    Columns: account_id, state (one of STATES), deciders_at_risk, attitude and intent (0 to 100, or NULL).
    """
    asked = (
        select(Invitation.account_id)
        .where(Invitation.wave_id == wave_id, visible_by_account(scope, Invitation.account_id))
        .distinct()
        .subquery("asked")
    )
    heard = standings(scope, Score.wave_id == wave_id)
    return (
        select(
            asked.c.account_id,
            func.coalesce(heard.c.segment, SILENT).label("state"),
            func.coalesce(heard.c.deciders_at_risk, 0).label("deciders_at_risk"),
            heard.c.attitude,
            heard.c.intent,
        )
        .select_from(asked)
        .outerjoin(heard, heard.c.account_id == asked.c.account_id)
        .subquery()
    )


def revenue_by_state(session: Session, wave_id: int, *, scope: Scope) -> tuple[StateRevenue, ...]:
    """The accounts of the scope by state, all of STATES in their order: the active, and whoever was asked.

    Each account is in one state, so the sums of a currency add up to its whole. One statement.
    """
    stand = standing_of_asked(wave_id, scope)
    state = func.coalesce(stand.c.state, NOT_ASKED).label("state")
    meant = or_(Account.status == AccountStatus.ACTIVE, stand.c.state.is_not(None))
    rows = session.execute(
        select(state, Account.currency, *_amounts())
        .select_from(Account)
        .outerjoin(stand, stand.c.account_id == Account.id)
        .where(visible_accounts(scope), meant)
        .group_by(state, Account.currency)
        .order_by(Account.currency)
    ).all()
    return tuple(_revenue(name, [row for row in rows if row.state == name]) for name in STATES)


def revenue_at_risk(session: Session, wave_id: int, *, scope: Scope) -> StateRevenue:
    """The accounts at high risk, or with a decision maker who is: nobody is averaged away. One statement."""
    stand = standing_of_asked(wave_id, scope)
    rows = session.execute(
        select(Account.currency, *_amounts())
        .join(stand, stand.c.account_id == Account.id)
        .where(or_(stand.c.state == Segment.HIGH_RISK.value, stand.c.deciders_at_risk > 0))
        .group_by(Account.currency)
        .order_by(Account.currency)
    ).all()
    return _revenue(Segment.HIGH_RISK.value, rows)


def matrix_points(
    session: Session, wave_id: int, *, scope: Scope, most: int = MOST_POINTS
) -> tuple[Point, ...]:
    """The accounts with a place in the matrix: the `most` largest, each compared within its currency."""
    stand = standing_of_asked(wave_id, scope)
    size = func.coalesce(Account.revenue_cents, -1).desc()
    rank = func.row_number().over(partition_by=Account.currency, order_by=(size, Account.id))
    rows = session.execute(
        select(Account, stand.c.state, stand.c.attitude, stand.c.intent)
        .join(stand, stand.c.account_id == Account.id)
        .where(stand.c.attitude.is_not(None), stand.c.intent.is_not(None))
        .order_by(rank, Account.id)
        .limit(most)
    )
    return tuple(
        Point(
            account_id=account.id,
            name=account.name,
            segment=Segment(state),
            attitude=attitude,
            intent=intent,
            revenue_cents=account.revenue_cents if scope.sees_revenue else None,
            currency=account.currency,
        )
        for account, state, attitude, intent in rows
    )


def _amounts() -> tuple[ColumnElement[Any], ...]:
    return (
        func.count().label("accounts"),
        func.count(Account.revenue_cents).label("known"),
        func.coalesce(func.sum(Account.revenue_cents), 0).label("cents"),
    )


def _revenue(state: str, rows: Sequence[Any]) -> StateRevenue:
    return StateRevenue(
        state,
        accounts=sum(row.accounts for row in rows),
        unknown=sum(row.accounts - row.known for row in rows),
        sums=tuple(Money(row.currency, int(row.cents), row.known) for row in rows if row.known),
    )
