"""The follow-up cases in counts: contacted in time or not, and how long the open ones have been open."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, literal, select
from sqlalchemy.orm import Session

from surveyd.closed_loop.models import Case, CaseState
from surveyd.people.access import Scope, visible_by_account
from surveyd.responses.models import Response
from surveyd.results.standings import count_of

AGES = (("2days", 2), ("week", 7), ("fortnight", 14), ("month", 30))
OLDER = "older"


@dataclass(frozen=True, slots=True)
class CasesInTime:
    """The follow-up cases of a wave, each counted once."""

    in_time: int = 0
    late: int = 0
    overdue: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        return self.in_time + self.late + self.overdue + self.waiting

    @property
    def parts(self) -> tuple[tuple[str, int], ...]:
        """The counts by name, the good ones first."""
        names = ("in_time", "late", "overdue", "waiting")
        return tuple((name, getattr(self, name)) for name in names)


@dataclass(frozen=True, slots=True)
class AgeCount:
    """The open cases of one age: up to so many days, the last one whatever is older."""

    age: str
    cases: int
    overdue: int


def cases_in_time(session: Session, wave_id: int, *, scope: Scope, now: datetime) -> CasesInTime:
    """How the cases of a wave have gone: contacted in time or late, or not yet. One statement."""
    reached = func.coalesce(Case.contacted_at, Case.closed_at)
    fate = case(
        (reached <= Case.due_at, literal("in_time")),
        (reached.is_not(None), literal("late")),
        (and_(Case.state == CaseState.OPEN, Case.due_at < now), literal("overdue")),
        else_=literal("waiting"),
    ).label("fate")
    rows = session.execute(
        select(fate, func.count().label("cases"))
        .join(Response, Response.id == Case.response_id)
        .where(Response.wave_id == wave_id, visible_by_account(scope, Case.account_id))
        .group_by(fate)
    )
    return CasesInTime(**{row.fate: row.cases for row in rows})


def cases_by_age(session: Session, *, scope: Scope, now: datetime) -> tuple[AgeCount, ...]:
    """The open cases of any wave by the days since they were opened, the youngest first. One statement."""
    ages = [(Case.opened_at > now - timedelta(days=days), literal(name)) for name, days in AGES]
    age = case(*ages, else_=literal(OLDER)).label("age")
    overdue = and_(Case.state == CaseState.OPEN, Case.due_at < now)
    rows = session.execute(
        select(age, func.count().label("cases"), count_of(overdue).label("overdue"))
        .where(Case.state != CaseState.CLOSED, visible_by_account(scope, Case.account_id))
        .group_by(age)
    )
    found = {row.age: AgeCount(row.age, row.cases, row.overdue) for row in rows}
    return tuple(found.get(name, AgeCount(name, 0, 0)) for name in (*(name for name, _ in AGES), OLDER))
