"""What was called in a time: attempts, people reached, answers taken, for each hour at work.

Who calls sees their own figures; who leads sees those of everybody, for the accounts of their scope.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, extract, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.call_lists import TALKED
from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome
from surveyd.distribution.models import Invitation, Wave
from surveyd.people.access import Reach, Scope, visible_by_account
from surveyd.people.models import User


@dataclass(frozen=True, slots=True)
class CallFigures:
    """What somebody did, or what was done in a wave.

    `hours` counts the hours of the clock, of each person, in which they called at least once.
    """

    name: str
    attempts: int
    reached: int
    completed: int
    hours: int

    @property
    def per_hour(self) -> float:
        """Attempts for each hour at work; 0 without one."""
        return self.attempts / self.hours if self.hours else 0.0


@dataclass(frozen=True, slots=True)
class TeamFigures:
    """The figures of a time, whole, by person and by wave: most attempts first."""

    all: CallFigures
    people: tuple[CallFigures, ...]
    waves: tuple[CallFigures, ...]


def figures_between(session: Session, start: datetime, end: datetime, *, scope: Scope) -> TeamFigures:
    """What was called from `start` to before `end`. One statement, whose rows are hours, not attempts.

    Support staff and account managers get their own; admins and executives everybody's; leaders what was
    called at accounts of their region.
    """
    hour = (extract("month", CallAttempt.at), extract("day", CallAttempt.at), extract("hour", CallAttempt.at))
    query = (
        select(
            User.id.label("user_id"),
            User.name,
            User.email,
            Wave.slug,
            *(part.label(name) for part, name in zip(hour, ("month", "day", "hour"), strict=True)),
            func.count().label("attempts"),
            func.count(case((CallAttempt.outcome.in_(TALKED), 1))).label("reached"),
            func.count(case((CallAttempt.outcome == CallOutcome.COMPLETED, 1))).label("completed"),
        )
        .join(User, User.id == CallAttempt.user_id)
        .join(Call, Call.id == CallAttempt.call_id)
        .join(Invitation, Invitation.id == Call.invitation_id)
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(CallAttempt.at >= start, CallAttempt.at < end)
        .group_by(User.id, User.name, User.email, Wave.slug, *hour)
    )
    if scope.reach in (Reach.CALLS, Reach.OWN_ACCOUNTS):
        query = query.where(CallAttempt.user_id == scope.user_id)
    else:
        query = query.where(visible_by_account(scope, Invitation.account_id))
    rows = session.execute(query).all()
    return TeamFigures(
        all=_sum("", rows),
        people=_by(rows, lambda row: (row.user_id, row.name or row.email)),
        waves=_by(rows, lambda row: (row.slug, row.slug)),
    )


Hour = Row[*tuple[Any, ...]]
"""What one person did in one wave in one hour."""


def _by(rows: Iterable[Hour], key: Callable[[Hour], tuple[object, str]]) -> tuple[CallFigures, ...]:
    groups: dict[tuple[object, str], list[Hour]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    found = (_sum(name, those) for (_key, name), those in groups.items())
    return tuple(sorted(found, key=lambda one: (-one.attempts, one.name)))


def _sum(name: str, rows: Iterable[Hour]) -> CallFigures:
    rows = list(rows)
    return CallFigures(
        name,
        attempts=sum(row.attempts for row in rows),
        reached=sum(row.reached for row in rows),
        completed=sum(row.completed for row in rows),
        hours=len({(row.user_id, row.month, row.day, row.hour) for row in rows}),
    )
