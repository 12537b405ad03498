"""Figures that others have published: kept with their source and date, and withdrawn, never deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.people.audit import record
from surveyd.people.models import User
from surveyd.results.outside_models import Measure, OutsideFigure

MOST_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class NewFigure:
    """One figure to be kept, in tenths of a point: 325 is 32.5."""

    measure: Measure
    title: str
    tenths: int
    people: int | None
    source: str
    day: date


@dataclass(frozen=True, slots=True)
class FigureLine:
    """One figure that is kept."""

    id: int
    figure: NewFigure
    by: str
    at: datetime

    @property
    def value(self) -> float:
        """The figure in points."""
        return self.figure.tenths / 10


def keep_figures(session: Session, figures: Sequence[NewFigure], *, by: int | None, now: datetime) -> int:
    """Keep those that are not there yet, and show withdrawn ones again; how many were changed."""
    changed = 0
    for figure in figures:
        there = session.scalar(
            select(OutsideFigure).where(
                OutsideFigure.measure == figure.measure,
                OutsideFigure.title == figure.title,
                OutsideFigure.source == figure.source,
                OutsideFigure.day == figure.day,
                OutsideFigure.tenths == figure.tenths,
            )
        )
        if there is not None and there.withdrawn_at is None:
            continue
        changed += 1
        if there is None:
            there = _added(session, figure, by=by, now=now)
        there.withdrawn_at = there.withdrawn_by_id = None
        session.flush()
        facts = {"measure": figure.measure.value, "day": figure.day.isoformat()}
        record(
            session, action="enter", thing="outside_figure", thing_id=there.id, by=by, now=now, facts=facts
        )
    return changed


def _added(session: Session, figure: NewFigure, *, by: int | None, now: datetime) -> OutsideFigure:
    row = OutsideFigure(
        measure=figure.measure,
        title=figure.title,
        tenths=figure.tenths,
        people=figure.people,
        source=figure.source,
        day=figure.day,
        by_id=by,
        at=now,
    )
    session.add(row)
    return row


def withdraw_figure(session: Session, figure_id: int, *, by: int | None, now: datetime) -> None:
    """Show a figure no longer; a second time changes nothing. Raises NotFound."""
    figure = session.get(OutsideFigure, figure_id)
    if figure is None:
        raise NotFound("figure", figure_id)
    if figure.withdrawn_at is not None:
        return
    figure.withdrawn_at, figure.withdrawn_by_id = now, by
    session.flush()
    record(session, action="withdraw", thing="outside_figure", thing_id=figure_id, by=by, now=now)


def outside_figures(session: Session, *, measure: Measure | None = None) -> tuple[FigureLine, ...]:
    """The figures that are shown, by measure, the latest first. One statement."""
    query = (
        select(OutsideFigure, User.name, User.email)
        .outerjoin(User, User.id == OutsideFigure.by_id)
        .where(OutsideFigure.withdrawn_at.is_(None))
        .order_by(OutsideFigure.measure, OutsideFigure.day.desc(), OutsideFigure.id)
        .limit(MOST_SHOWN)
    )
    if measure is not None:
        query = query.where(OutsideFigure.measure == measure)
    return tuple(_line(figure, name or email or "") for figure, name, email in session.execute(query))


def _line(of: OutsideFigure, by: str) -> FigureLine:
    figure = NewFigure(of.measure, of.title, of.tenths, of.people, of.source, of.day)
    return FigureLine(of.id, figure, by, of.at)
