"""Which waves are compared with one another: launched ones of a program that ask the same kind of people.

What active customers say is held against what active customers said before, never against those who left or
whom an event named, whichever wave of a program came last.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from surveyd.distribution.audience_models import AudiencePlan, Customers
from surveyd.distribution.models import Wave, WaveKind
from surveyd.distribution.overview import LAUNCHED
from surveyd.distribution.trigger_models import TRIGGERED

OF_ALL, OF_LAPSED, OF_EVENTS = range(3)
"""What `asks` says of a wave."""


def asks(wave: type[Wave]) -> ColumnElement[int]:
    """Whom a `Wave` row asks: active customers by the calendar, those who left, or whom an event named."""
    lapsed = select(AudiencePlan.wave_id).where(
        AudiencePlan.wave_id == wave.id, AudiencePlan.customers == Customers.LAPSED
    )
    by_event = wave.slug.like(f"%{TRIGGERED}____-__")
    return case((by_event, OF_EVENTS), (lapsed.correlate(wave).exists(), OF_LAPSED), else_=OF_ALL)


def asks_all(wave: type[Wave]) -> ColumnElement[bool]:
    """Whether a `Wave` row asks active customers by the calendar."""
    return asks(wave) == OF_ALL


def place_in_kind(*first: ColumnElement[int]) -> ColumnElement[int]:
    """The place of a `Wave` row among those of its kind: 1 for the latest, or for what is `first`.

    Events make a wave a month: counted together they would push out those of the calendar, two a year.
    """
    latest: tuple[ColumnElement[Any], ...] = (*first, Wave.day_zero.desc(), Wave.id.desc())
    return func.row_number().over(partition_by=asks(Wave), order_by=latest)


def launched_until(wave_id: int, *, program_id: int, day_zero: datetime | None) -> Select[Wave]:
    """A wave and those before it that compare with it, the latest first."""
    same_day = and_(Wave.day_zero == day_zero, Wave.id <= wave_id)
    this = aliased(Wave)
    theirs = select(asks(this)).where(this.id == wave_id).scalar_subquery()
    return launched_of(program_id).where(or_(Wave.day_zero < day_zero, same_day), asks(Wave) == theirs)


def launched_of(program_id: int) -> Select[Wave]:
    """The launched waves of a program, whomever they ask, the latest first."""
    launched = select(Wave).where(Wave.kind == WaveKind.PROGRAM, Wave.state.in_(LAUNCHED))
    return launched.where(Wave.program_id == program_id).order_by(Wave.day_zero.desc(), Wave.id.desc())


def wave_before(session: Session, wave_id: int, *, program_id: int, day_zero: datetime | None) -> Wave | None:
    """The wave that a launched one is compared with; None for the first of its kind. One statement."""
    until = launched_until(wave_id, program_id=program_id, day_zero=day_zero)
    return session.scalars(until.where(Wave.id != wave_id).limit(1)).one_or_none()


def with_before(session: Session, wave: Wave | None) -> list[Wave]:
    """A launched wave and the one that it is compared with, as far as there are."""
    if wave is None:
        return []
    before = wave_before(session, wave.id, program_id=wave.program_id, day_zero=wave.day_zero)
    return [wave] if before is None else [wave, before]
