"""Who of the call list can be called now: where it is working time, and who is in nobody's hands.

Whether somebody can be called hangs on their zone and on the program's hours. Both have few values, so they
are read once and become a condition: the database sorts and pages, by the table of calls alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, and_, case, false, func, or_, select, true
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.distribution.cadence import Window
from surveyd.distribution.call_claims import in_other_hands
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.calls import call_scope
from surveyd.distribution.models import Invitation, Program, Wave
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


def read_hours(session: Session, narrowed: ColumnElement[bool], caller: Caller) -> Hours:
    """How the open calls that `narrowed` names stand; four statements, however many there are."""
    free = _free(session, caller)
    due = and_(Call.not_before <= caller.now, free, _not_promised(caller))
    groups = session.execute(
        select(
            Call.wave_id,
            Call.time_zone,
            Call.language,
            func.count(case((narrowed, 1))).label("count"),
            func.count(case((and_(narrowed, due), 1))).label("due"),
            func.min(case((narrowed, Call.not_before))).label("earliest"),
        )
        .where(Call.state == CallState.OPEN, call_scope(caller.scope))
        .group_by(Call.wave_id, Call.time_zone, Call.language)
    ).all()
    windows = _windows(session, {row.wave_id for row in groups})
    at_work, ready, opening = _working(groups, windows, caller.now)
    places = [
        and_(Call.wave_id == wave_id, Call.time_zone.in_(sorted(zones))) for wave_id, zones in at_work.items()
    ]
    return Hours(
        ready=and_(or_(false(), *places), due),
        free=free,
        count=sum(row.count for row in groups),
        count_ready=ready,
        next_at=min(opening, default=None),
        waves=tuple(sorted({windows[row.wave_id][0] for row in groups})),
        languages=tuple(sorted({row.language for row in groups})),
    )


Windows = Mapping[int, tuple[str, Window]]
"""By a wave's id: its slug, and when its program calls."""


def _windows(session: Session, wave_ids: set[int]) -> Windows:
    window = (Program.window_start, Program.window_end, Program.workdays_only)
    rows = session.execute(
        select(Wave.id, Wave.slug, *window)
        .join(Program, Program.id == Wave.program_id)
        .where(Wave.id.in_(wave_ids))
    )
    return {key: (slug, Window(start, end, workdays)) for key, slug, start, end, workdays in rows}


def _working(
    groups: list[Row[tuple[int, str, str, int, int, datetime]]], windows: Windows, now: datetime
) -> tuple[dict[int, set[str]], int, list[datetime]]:
    """Where it is working time by wave, how many can be called there, and when it next is for each group."""
    at_work: dict[int, set[str]] = {}
    ready, opening = 0, []
    for row in groups:
        window, zone = windows[row.wave_id][1], zone_named(row.time_zone)
        if row.earliest is not None:
            opening.append(window.opens(max(now, row.earliest), zone))
        if window.opens(now, zone) == now:
            at_work.setdefault(row.wave_id, set()).add(row.time_zone)
            ready += row.due
    return at_work, ready, opening


def _free(session: Session, caller: Caller) -> ColumnElement[bool]:
    """Nobody has the call in hand, nor the person or their number at another call."""
    unclaimed = or_(Call.claimed_until.is_(None), Call.claimed_until < caller.system_now)
    held = in_other_hands(session, by=caller.user_id, system_now=caller.system_now)
    if not held:
        return unclaimed
    theirs = select(Invitation.id).where(Invitation.contact_id.in_(held))
    return and_(unclaimed, Call.invitation_id.not_in(theirs))


def _not_promised(caller: Caller) -> ColumnElement[bool]:
    """Nobody else is to make the call; what its owner has not done in time is anybody's."""
    if caller.user_id is None:
        return true()
    return or_(Call.owner_id.is_(None), Call.owner_id == caller.user_id, Call.owner_until < caller.now)
