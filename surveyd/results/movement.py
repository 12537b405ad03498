"""Who moved where between two waves: people, and accounts with their revenue, counted by the database."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Subquery, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.models import Account
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.revenue import SILENT, Money, standing_of_asked
from surveyd.results.scores import RULE_VERSION


@dataclass(frozen=True, slots=True)
class Move:
    """How many went from one state to another (or stayed), of those whom both waves have asked.

    For accounts `sums` holds their revenue by currency and `unknown` those without a known one; people have
    none.
    """

    before: str
    now: str
    count: int
    unknown: int = 0
    sums: tuple[Money, ...] = ()


def account_moves(session: Session, before_id: int, wave_id: int, *, scope: Scope) -> tuple[Move, ...]:
    """The moves of the accounts that both waves have asked. One statement."""
    then, now = standing_of_asked(before_id, scope), standing_of_asked(wave_id, scope)
    rows = session.execute(
        select(
            then.c.state.label("before"),
            now.c.state.label("now"),
            Account.currency,
            func.count().label("accounts"),
            func.count(Account.revenue_cents).label("known"),
            func.coalesce(func.sum(Account.revenue_cents), 0).label("cents"),
        )
        .select_from(Account)
        .join(then, then.c.account_id == Account.id)
        .join(now, now.c.account_id == Account.id)
        .group_by(then.c.state, now.c.state, Account.currency)
        .order_by(Account.currency)
    )
    return _gather(list(rows))


def people_moves(session: Session, before_id: int, wave_id: int, *, scope: Scope) -> tuple[Move, ...]:
    """The moves of the people whom both waves have asked. One statement."""
    then, now = _people(before_id, scope), _people(wave_id, scope)
    rows = session.execute(
        select(then.c.state, now.c.state, func.count())
        .select_from(then)
        .join(now, now.c.contact_id == then.c.contact_id)
        .group_by(then.c.state, now.c.state)
    )
    return tuple(Move(before, after, count) for before, after, count in rows)


def _people(wave_id: int, scope: Scope) -> Subquery:
    state: ColumnElement[Any] = func.coalesce(Score.segment, SILENT)
    return (
        select(Invitation.contact_id, state.label("state"))
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .outerjoin(Score, (Score.response_id == Response.id) & (Score.rule_version == RULE_VERSION))
        .where(Invitation.wave_id == wave_id, visible_by_account(scope, Invitation.account_id))
        .subquery()
    )


def _gather(rows: list[Row[Any]]) -> tuple[Move, ...]:
    """One move per pair of states out of one row per pair and currency."""
    pairs = dict.fromkeys((row.before, row.now) for row in rows)
    return tuple(_move(*pair, [row for row in rows if (row.before, row.now) == pair]) for pair in pairs)


def _move(before: str, now: str, rows: list[Row[Any]]) -> Move:
    return Move(
        before,
        now,
        count=sum(row.accounts for row in rows),
        unknown=sum(row.accounts - row.known for row in rows),
        sums=tuple(Money(row.currency, int(row.cents), row.known) for row in rows if row.known),
    )
