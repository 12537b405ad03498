"""The wave of a program before another one: a new wave is held against it, and starts from its audience."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from surveyd.distribution.audience_plans import EVERYBODY, plan_of
from surveyd.distribution.audience_samples import take_over
from surveyd.distribution.comparable_waves import asks
from surveyd.distribution.models import Program, Wave, WaveKind, WaveState


def last_wave(session: Session, wave: Wave, *, now: datetime) -> Wave | None:
    """The program's last launched wave before this one that asks the same kind of people.

    One that was cancelled does not count. A wave that nobody has planned yet asks active customers.
    """
    launched = (WaveState.PREPARING, WaveState.OPEN, WaveState.CLOSED)
    this = aliased(Wave)
    theirs = select(asks(this)).where(this.id == wave.id).scalar_subquery()
    before = (
        select(Wave)
        .where(Wave.program_id == wave.program_id, Wave.id != wave.id, Wave.kind == WaveKind.PROGRAM)
        .where(Wave.state.in_(launched), Wave.day_zero <= (wave.day_zero or now), asks(Wave) == theirs)
        .order_by(Wave.day_zero.desc(), Wave.id.desc())
    )
    return session.scalars(before.limit(1)).one_or_none()


def start_from_last(session: Session, wave: Wave, program: Program, *, now: datetime) -> None:
    """Let a new wave ask whom the last one asked, as a start: it can be changed until the launch."""
    last = last_wave(session, wave, now=now)
    if last is not None and plan_of(session, last) != EVERYBODY:
        take_over(session, wave, program, of=last, by=None, now=now)


def same_as_last(session: Session, wave: Wave, *, now: datetime) -> str:
    """The last wave's name where this one asks the same part of all customers, else empty."""
    plan = plan_of(session, wave)
    last = last_wave(session, wave, now=now) if plan != EVERYBODY else None
    return last.slug if last is not None and plan_of(session, last) == plan else ""
