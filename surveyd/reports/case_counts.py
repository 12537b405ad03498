"""The follow-up cases in counts: contacted in time or not, and how long the open ones have been open."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select, true
from sqlalchemy.orm import Session

from surveyd.closed_loop.case_fates import Fate, fate_of
from surveyd.closed_loop.case_search import Age, Shown, cases_by_age
from surveyd.closed_loop.models import Case
from surveyd.people.access import Scope, visible_by_account
from surveyd.responses.models import Response


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
        return tuple((fate.value, getattr(self, fate.value)) for fate in Fate)


@dataclass(frozen=True, slots=True)
class AgeCount:
    """The cases of one age that are not closed, and those of them whose person waits too long."""

    age: str
    cases: int
    overdue: int


def cases_in_time(
    session: Session, wave_id: int, *, scope: Scope, now: datetime, among: Select[int] | None = None
) -> CasesInTime:
    """How the cases of a wave have gone: contacted in time or late, or not yet. One statement.

    `among` narrows them to the cases of some responses, by a query of their ids.
    """
    fate = fate_of(now).label("fate")
    rows = session.execute(
        select(fate, func.count().label("cases"))
        .join(Response, Response.id == Case.response_id)
        .where(Response.wave_id == wave_id, visible_by_account(scope, Case.account_id))
        .where(true() if among is None else Response.id.in_(among))
        .group_by(fate)
    )
    return CasesInTime(**{row.fate: row.cases for row in rows})


def open_by_age(session: Session, *, scope: Scope, now: datetime) -> tuple[AgeCount, ...]:
    """The open cases of any wave by the days since they were opened, the youngest first. One statement."""
    rows = {row.shown: dict(row.counts) for row in cases_by_age(session, scope=scope, now=now)}
    return tuple(
        AgeCount(age.value, rows[Shown.OPEN][age] + rows[Shown.CONTACTED][age], rows[Shown.OVERDUE][age])
        for age in Age
    )
