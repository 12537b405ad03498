"""How cases have gone: their people contacted in time, late, or not yet; as expressions over cases."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, func, literal, or_

from surveyd.closed_loop.models import Case, CaseState, Ending


class Fate(StrEnum):
    """How a case has gone, the good ones first; each case has one."""

    IN_TIME = "in_time"
    LATE = "late"
    OVERDUE = "overdue"
    WAITING = "waiting"


def fate_of(now: datetime) -> ColumnElement[str]:
    """The fate of a case as it stands now, an aware instant."""
    return case(
        (reached_at() <= Case.due_at, literal(Fate.IN_TIME.value)),
        (is_settled(), literal(Fate.LATE.value)),
        (and_(Case.state == CaseState.OPEN, Case.due_at < now), literal(Fate.OVERDUE.value)),
        else_=literal(Fate.WAITING.value),
    )


def reached_at() -> ColumnElement[datetime | None]:
    """When the person of a case was spoken to; NULL while they were not, though the case may be closed.

    A case that was closed without a word of contact counts by its close, unless it says that nobody was
    reached; old cases do not say how they ended.
    """
    closed = case((Case.ending.is_distinct_from(Ending.NOT_REACHED.value), Case.closed_at))
    return func.coalesce(Case.contacted_at, closed)


def is_settled() -> ColumnElement[bool]:
    """The condition on cases whose person was spoken to, or will not be any more."""
    return or_(reached_at().is_not(None), Case.state == CaseState.CLOSED)
