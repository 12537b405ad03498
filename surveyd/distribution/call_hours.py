"""Who of the call list can be called now: where it is working time, and who is in nobody's hands.

Whether somebody can be called hangs on their zone and on the program's hours. Both have few values, so they
are read once and become a condition: the database sorts and pages, by the table of calls alone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    case,
    false,
    func,
    null,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.distribution.call_claims import in_other_hands
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.call_windows import Windows, own_windows, window_for
from surveyd.distribution.calls import call_scope
from surveyd.distribution.days_off import calendars
from surveyd.distribution.models import Invitation, Program, Touch, Wave
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
    free, due, own = _free(held, caller), Call.not_before <= caller.now, own_windows(session)
    listed = [Call.state == CallState.OPEN, call_scope(caller.scope)]
    wanted = [*listed, *([] if narrowed is None else [narrowed])]
    groups = session.execute(_grouped(due, own).where(*wanted)).all()
    every = groups if narrowed is None else session.execute(_grouped(due, own).where(*listed)).all()
    promised = _not_promised(caller)
    # The few that are in hand or promised are counted apart, so that an index tells all the others.
    kept = Call.id.in_(_perhaps_kept(held, caller))
    less = session.execute(_grouped(due, own).where(*wanted, kept, ~and_(free, promised))).all()
    work = _Work(session, {row.wave_id for row in every}, own, now=caller.now)
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


def _grouped(due: ColumnElement[bool], own: Collection[int]) -> Select[*tuple[Any, ...]]:
    """Calls counted by all that decides when they can be made; conditions are the caller's to add.

    Their `step` is told of the waves `own` only, whose calls have hours of their own.
    """
    keys = (Call.wave_id, Call.time_zone, Call.country, Call.language)
    counts = (
        func.count().label("people"),
        func.count(case((due, 1))).label("due"),
        func.min(Call.not_before).label("earliest"),
    )
    if not own:
        return select(*keys, null().label("step"), *counts).group_by(*keys)
    touched = and_(Touch.id == Call.touch_id, Call.wave_id.in_(own))
    query = select(*keys, Touch.step, *counts).select_from(Call).outerjoin(Touch, touched)
    return query.group_by(*keys, Touch.step)


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
"""Open calls of one wave, zone, country and language, and of one step where that counts."""


@dataclass(frozen=True, slots=True)
class _Window:
    """When the program of a wave calls."""

    slug: str
    program: Program
    own: Windows


class _Work:
    """The working times of waves: their steps' or programs' hours, and the days off there."""

    def __init__(
        self, session: Session, wave_ids: set[int], own: Mapping[int, Windows], *, now: datetime
    ) -> None:
        rows = session.execute(
            select(Wave.id, Wave.slug, Program)
            .join(Program, Program.id == Wave.program_id)
            .where(Wave.id.in_(wave_ids))
        )
        self.now = now
        self.windows = {key: _Window(slug, program, own.get(key, {})) for key, slug, program in rows}
        self.calendars = calendars(session, since=now)

    def opens(self, row: Group, earliest: datetime) -> datetime:
        """When the people of a group can be called, now or later, but not before `earliest`."""
        found = self.windows[row.wave_id]
        window = window_for(found.program, found.own, row.step)
        off = self.calendars.of(found.program.id, row.country)
        return window.opens(max(self.now, earliest), zone_named(row.time_zone), off)


def _within(at_work: list[Group], groups: Sequence[Group]) -> ColumnElement[bool]:
    """True of the calls in the groups that are at work: by wave and zone, without countries on holiday."""
    zones: dict[tuple[int, str | None], set[str]] = {}
    for row in at_work:
        zones.setdefault((row.wave_id, row.step), set()).add(row.time_zone)
    working = {(row.wave_id, row.step, row.time_zone, row.country) for row in at_work}
    resting = [row for row in groups if (row.wave_id, row.step, row.time_zone, row.country) not in working]
    off = [
        and_(*_of(row.wave_id, row.step), Call.time_zone == row.time_zone, Call.country == row.country)
        for row in resting
        if row.time_zone in zones.get((row.wave_id, row.step), ())
    ]
    places = [and_(*_of(*key), Call.time_zone.in_(sorted(names))) for key, names in zones.items()]
    return and_(or_(false(), *places), ~or_(false(), *off))


def _of(wave_id: int, step: str | None) -> list[ColumnElement[bool]]:
    """The calls of a wave, or of one of its steps."""
    theirs = select(Touch.id).where(Touch.wave_id == wave_id, Touch.step == step)
    return [Call.wave_id == wave_id, *([] if step is None else [Call.touch_id.in_(theirs)])]


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
