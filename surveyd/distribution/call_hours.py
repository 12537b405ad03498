"""Who of the call list can be called now: where it is working time, and who is in nobody's hands.

Whether somebody can be called hangs on their zone and on the program's hours. Both have few values, so they
are read once and become a condition: the database sorts and pages, by the table of calls alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, and_, case, false, func, or_, select, union
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.distribution.cadence import Window
from surveyd.distribution.call_claims import in_other_hands
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.calls import call_scope
from surveyd.distribution.days_off import calendars
from surveyd.distribution.models import Invitation, Program, Wave
from surveyd.distribution.programs import window_of
from surveyd.people.access import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and when: `now` is the program's time, `system_now` that of claims."""

    user_id: int
    now: datetime
    system_now: datetime
    scope: Scope


@dataclass(frozen=True, slots=True)
class Hours:
    """The list at one moment, as one caller sees it.

    `ready` is true of calls that can be made now, `free` of those that no colleague has in hand, `waiting` of
    those that nobody else has promised. `count` and `count_ready` are of those the list was narrowed to;
    `next_at` is when the next of them can be called by working time, in hand or not.
    """

    ready: ColumnElement[bool]
    free: ColumnElement[bool]
    count: int
    count_ready: int
    next_at: datetime | None
    waves: tuple[str, ...]
    languages: tuple[str, ...]


def read_hours(session: Session, narrowed: ColumnElement[bool] | None, caller: Caller) -> Hours:
    """How the open calls that `narrowed` names stand, None for all: a few statements, however many."""
    held = in_other_hands(session, by=caller.user_id, system_now=caller.system_now)
    free, due = _free(held, caller), Call.not_before <= caller.now
    listed = [Call.state == CallState.OPEN, call_scope(caller.scope)]
    wanted = [*listed, *([] if narrowed is None else [narrowed])]
    groups = session.execute(_grouped(due).where(*wanted)).all()
    every = groups if narrowed is None else session.execute(_grouped(due).where(*listed)).all()
    promised = _not_promised(caller)
    # The few that are in hand or promised are counted apart, so that an index tells all the others.
    kept = Call.id.in_(_perhaps_kept(held, caller))
    less = session.execute(_grouped(due).where(*wanted, kept, ~and_(free, promised))).all()
    work = _Work(session, {row.wave_id for row in every}, now=caller.now)
    opening = [work.opens(row, row.earliest) for row in groups]
    at_work = [row for row in groups if work.opens(row, caller.now) == caller.now]
    not_ready = sum(row.due for row in less if work.opens(row, caller.now) == caller.now)
    return Hours(
        ready=and_(_within(at_work, groups), due, free, promised),
        free=free,
        count=sum(row.people for row in groups),
        count_ready=sum(row.due for row in at_work) - not_ready,
        next_at=min(opening, default=None),
        waves=tuple(sorted({work.windows[row.wave_id].slug for row in every})),
        languages=tuple(sorted({row.language for row in every})),
    )


def _grouped(due: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Calls counted by all that decides when they can be made; conditions are the caller's to add."""
    keys = (Call.wave_id, Call.time_zone, Call.country, Call.language)
    return select(
        *keys,
        func.count().label("people"),
        func.count(case((due, 1))).label("due"),
        func.min(Call.not_before).label("earliest"),
    ).group_by(*keys)


def _perhaps_kept(held: list[int], caller: Caller) -> CompoundSelect[int]:
    """The calls that may be in others' hands or promised, each kind by its index."""
    theirs = select(Invitation.id).where(Invitation.contact_id.in_(held))
    is_open = Call.state == CallState.OPEN
    return union(
        select(Call.id).where(Call.claimed_until >= caller.system_now),
        select(Call.id).where(Call.owner_id > 0, is_open),
        select(Call.id).where(Call.invitation_id.in_(theirs)),
    )


Group = Row[*tuple[Any, ...]]
"""Open calls of one wave, zone, country and language."""


@dataclass(frozen=True, slots=True)
class _Window:
    """When the program of a wave calls."""

    slug: str
    program_id: int
    hours: Window


class _Work:
    """The working times of waves: their programs' hours, and the days off of their programs and countries."""

    def __init__(self, session: Session, wave_ids: set[int], *, now: datetime) -> None:
        rows = session.execute(
            select(Wave.id, Wave.slug, Program)
            .join(Program, Program.id == Wave.program_id)
            .where(Wave.id.in_(wave_ids))
        )
        self.now = now
        self.windows = {key: _Window(slug, program.id, window_of(program)) for key, slug, program in rows}
        self.calendars = calendars(session, since=now)

    def opens(self, row: Group, earliest: datetime) -> datetime:
        """When the people of a group can be called, now or later, but not before `earliest`."""
        window = self.windows[row.wave_id]
        off = self.calendars.of(window.program_id, row.country)
        return window.hours.opens(max(self.now, earliest), zone_named(row.time_zone), off)


def _within(at_work: list[Group], groups: Sequence[Group]) -> ColumnElement[bool]:
    """True of the calls in the groups that are at work: by wave and zone, without countries on holiday."""
    zones: dict[int, set[str]] = {}
    for row in at_work:
        zones.setdefault(row.wave_id, set()).add(row.time_zone)
    working = {(row.wave_id, row.time_zone, row.country) for row in at_work}
    resting = {(row.wave_id, row.time_zone, row.country) for row in groups} - working
    off = [
        and_(Call.wave_id == wave_id, Call.time_zone == zone, Call.country == country)
        for wave_id, zone, country in sorted(resting)
        if zone in zones.get(wave_id, ())
    ]
    places = [and_(Call.wave_id == key, Call.time_zone.in_(sorted(names))) for key, names in zones.items()]
    return and_(or_(false(), *places), ~or_(false(), *off))


def _free(held: list[int], caller: Caller) -> ColumnElement[bool]:
    """Nobody has the call in hand, nor the person or their number, whom `held` names, at another call."""
    unclaimed = or_(Call.claimed_until.is_(None), Call.claimed_until < caller.system_now)
    if not held:
        return unclaimed
    theirs = select(Invitation.id).where(Invitation.contact_id.in_(held))
    return and_(unclaimed, Call.invitation_id.not_in(theirs))


def _not_promised(caller: Caller) -> ColumnElement[bool]:
    """Nobody else is to make the call; what its owner has not done in time is anybody's."""
    return or_(Call.owner_id.is_(None), Call.owner_id == caller.user_id, Call.owner_until < caller.now)
