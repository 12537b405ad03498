"""Who of the call list can be called now: where it is working time, and who is in nobody's hands.

Whether somebody can be called hangs on their zone and on the program's hours. Both have few values, so they
are read once and become a condition: the database sorts and pages, by the table of calls alone.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
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
from surveyd.base.statements import spelled
from surveyd.distribution.call_claims import in_other_hands
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.call_windows import Windows, own_windows, window_for
from surveyd.distribution.calls import call_scope
from surveyd.distribution.days_off import calendars
from surveyd.distribution.models import Invitation, Program, Touch, Wave
from surveyd.distribution.tallies import T, tallied
from surveyd.distribution.tally_models import TallyKind
from surveyd.people.access import Reach, Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and when: `now` is the program's time, `system_now` that of claims."""

    user_id: int
    now: datetime
    system_now: datetime
    scope: Scope


_Key = tuple[int, str, str, str, str | None]


@dataclass(frozen=True, slots=True)
class Group:
    """Open calls of one wave, zone, country and language, and of one step where that counts."""

    wave_id: int
    time_zone: str
    country: str
    language: str
    step: str | None
    people: int
    due: int
    earliest: datetime

    @property
    def key(self) -> _Key:
        return self.wave_id, self.time_zone, self.country, self.language, self.step


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
    free, due, own = _free(held, caller), _is_due(caller), own_windows(session)
    listed = [Call.state == CallState.OPEN, call_scope(caller.scope)]
    wanted = [*listed, *([] if narrowed is None else [narrowed])]
    every = _every(session, own, caller)
    groups = every if narrowed is None else _read(session, _grouped(due, own).where(*wanted))
    promised = _not_promised(caller)
    # The few that are in hand or promised are counted apart, so that an index tells all the others.
    kept = Call.id.in_(_perhaps_kept(held, caller))
    few = [open_unsearched(), *wanted[1:]]
    less = _read(session, _grouped(due, own, apart=True).where(*few, kept, ~and_(free, promised)))
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


def _grouped(
    due: ColumnElement[bool], own: Collection[int], *, apart: bool = False
) -> Select[*tuple[Any, ...]]:
    """Calls counted by all that decides when they can be made; conditions are the caller's to add.

    Their `step` is told of the waves `own` only, whose calls have hours of their own. `apart` leaves the
    index aside that has all open calls in groups: the conditions leave few.
    """
    wave_id: ColumnElement[int] = Call.wave_id + 0 if apart else Call.wave_id.expression
    keys = (wave_id.label("wave_id"), Call.time_zone, Call.country, Call.language)
    counts = (
        func.count().label("people"),
        func.count(case((due, 1))).label("due"),
        func.min(Call.not_before).label("earliest"),
    )
    if not own:
        return select(*keys, null().label("step"), *counts).group_by(wave_id, *keys[1:])
    touched = and_(Touch.id == Call.touch_id, Call.wave_id.in_(own))
    query = select(*keys, Touch.step, *counts).select_from(Call).outerjoin(Touch, touched)
    return query.group_by(wave_id, *keys[1:], Touch.step)


def _every(session: Session, own: Collection[int], caller: Caller) -> Sequence[Group]:
    """All open calls of the caller's scope. Of those that everybody has, only who waits is counted."""
    due = _is_due(caller)
    if caller.scope.reach not in (Reach.ALL, Reach.CALLS):
        return _read(
            session, _grouped(due, own).where(Call.state == CallState.OPEN, call_scope(caller.scope))
        )
    waits = (Call.state == CallState.OPEN, Call.not_before > caller.now)
    waiting = {row.key: row for row in _read(session, _grouped(due, own, apart=True).where(*waits))}
    columns = (T.wave_id, T.time_zone, T.country, T.language, T.step)
    kept = tallied(*columns, kinds=[TallyKind.CALL]).where(T.state == CallState.OPEN.value)
    people = Counter[_Key]()
    for row in session.execute(kept):
        people[(*row[:4], row.step if row.wave_id in own else None)] += row.number
    found = []
    for key, many in people.items():
        later = waiting.get(key)
        due_now = many - (later.people if later else 0)
        found.append(Group(*key, many, due_now, later.earliest if later and not due_now else caller.now))
    return found


def _read(session: Session, query: Select[*tuple[Any, ...]]) -> Sequence[Group]:
    return [Group(*tuple(row)) for row in session.execute(query)]


def open_unsearched() -> ColumnElement[bool]:
    """The condition on open calls, for where they are found by something that fewer calls have.

    Without statistics SQLite thinks that few calls are open, and would look through all of them.
    """
    return func.coalesce(Call.state, spelled(CallState.DONE)) == spelled(CallState.OPEN)


def _is_due(caller: Caller) -> ColumnElement[bool]:
    # Nor is it searched for: most are due.
    return func.coalesce(Call.not_before, Call.flagged_at) <= caller.now


def _perhaps_kept(held: list[int], caller: Caller) -> CompoundSelect[int]:
    """The calls that may be in others' hands or promised, each kind by its index."""
    theirs = select(Invitation.id).where(Invitation.contact_id.in_(held))
    return union(
        select(Call.id).where(Call.claimed_until >= caller.system_now),
        select(Call.id).where(Call.owner_id > 0, open_unsearched()),
        select(Call.id).where(Call.invitation_id.in_(theirs)),
    )


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


def _within(at_work: Sequence[Group], groups: Sequence[Group]) -> ColumnElement[bool]:
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
    # Which is no way to find calls: most of the list are of few waves, and it is read in its own order.
    return [Call.wave_id + 0 == wave_id, *([] if step is None else [Call.touch_id.in_(theirs)])]


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
