"""Who moved where between two waves: people, and accounts with their revenue, counted by the database."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Subquery, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation
from surveyd.people.access import Scope, visible_by_account
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.results.revenue import NOT_ASKED, SILENT, AccountGroup, Money, add_up


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


def account_moves(groups: Iterable[AccountGroup]) -> tuple[Move, ...]:
    """The moves of the accounts that both waves have asked, out of groups that know the wave before."""
    pairs: dict[tuple[str, str], list[AccountGroup]] = defaultdict(list)
    for group in groups:
        if NOT_ASKED not in (group.before, group.state):
            pairs[group.before, group.state].append(group)
    return tuple(
        Move(
            before,
            now,
            count=sum(group.accounts for group in of),
            unknown=sum(group.accounts - group.known for group in of),
            sums=add_up(of),
        )
        for (before, now), of in pairs.items()
    )


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
        .outerjoin(Score, (Score.response_id == Response.id) & (Score.rule_version == CURRENT_RULE))
        .where(Invitation.wave_id == wave_id, visible_by_account(scope, Invitation.account_id))
        .subquery()
    )
