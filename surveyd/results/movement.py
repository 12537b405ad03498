"""Who moved where between two waves: people, and accounts with their revenue, counted by the database."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.rates import Rates
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.results.revenue import NOT_ASKED, SILENT, AccountGroup, Money, add_up, told_in

UNCONVERTED = Rates("", ())


@dataclass(frozen=True, slots=True)
class Move:
    """How many went from one state to another (or stayed).

    For accounts `sums` holds their revenue, converted where there are rates, and `unknown` those without a
    known one; people have none.
    """

    before: str
    now: str
    count: int
    unknown: int = 0
    sums: tuple[Money, ...] = ()

    @property
    def is_of_both(self) -> bool:
        """Whether both waves have asked them."""
        return NOT_ASKED not in (self.before, self.now)

    @property
    def is_heard_twice(self) -> bool:
        """Whether both waves have heard of them."""
        return not {SILENT, NOT_ASKED} & {self.before, self.now}


def account_moves(
    groups: Iterable[AccountGroup], *, rates: Rates = UNCONVERTED, everybody: bool = False
) -> tuple[Move, ...]:
    """The moves of the accounts that both waves have asked, out of groups that know the wave before.

    With `everybody` also of those that one of the two has asked: the other state is then "not asked".
    """
    pairs: dict[tuple[str, str], list[AccountGroup]] = defaultdict(list)
    for group in groups:
        if (group.before, group.state) != (NOT_ASKED, NOT_ASKED):
            pairs[group.before, group.state].append(group)
    moves = (
        Move(
            before,
            now,
            count=sum(group.accounts for group in of),
            unknown=sum(group.accounts - group.known for group in of),
            sums=told_in(add_up(of), rates),
        )
        for (before, now), of in sorted(pairs.items())
    )
    return tuple(move for move in moves if everybody or move.is_of_both)


def people_moves(
    session: Session, before_id: int, wave_id: int, *, scope: Scope, everybody: bool = False
) -> tuple[Move, ...]:
    """The moves of the people whom both waves have asked, with `everybody` of all. One statement."""
    each = people_between(before_id, wave_id, scope=scope).subquery("each_person")
    rows = session.execute(
        select(each.c.before, each.c.now, func.count()).group_by(each.c.before, each.c.now)
    )
    moves = (Move(before, now, count) for before, now, count in rows)
    return tuple(move for move in moves if everybody or move.is_of_both)


def people_between(before_id: int, wave_id: int, *, scope: Scope) -> Select[Any]:
    """One row a person whom either wave has asked: contact_id, account_id, before, now, response_id.

    The response is that of the later wave, None for who has none.
    """
    then, now = _people(before_id, scope), _people(wave_id, scope)
    nobody = null()
    each = union_all(
        select(
            then.c.contact_id,
            then.c.account_id,
            then.c.state.label("before"),
            nobody.label("now"),
            nobody.label("response_id"),
        ),
        select(now.c.contact_id, now.c.account_id, nobody, now.c.state, now.c.response_id),
    ).subquery("either_wave")
    not_asked = literal(NOT_ASKED)
    return select(
        each.c.contact_id,
        func.max(each.c.account_id).label("account_id"),
        func.coalesce(func.max(each.c.before), not_asked).label("before"),
        func.coalesce(func.max(each.c.now), not_asked).label("now"),
        func.max(each.c.response_id).label("response_id"),
    ).group_by(each.c.contact_id)


def _people(wave_id: int, scope: Scope) -> Subquery:
    state: ColumnElement[Any] = func.coalesce(Score.segment, SILENT)
    return (
        select(
            Invitation.contact_id,
            Invitation.account_id,
            state.label("state"),
            Response.id.label("response_id"),
        )
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .outerjoin(Score, (Score.response_id == Response.id) & (Score.rule_version == CURRENT_RULE))
        .where(Invitation.wave_id == wave_id, visible_by_account(scope, Invitation.account_id))
        .subquery()
    )
