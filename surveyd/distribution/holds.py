"""All that is held and waits for a person's word, mails and touches alike: let go, skip, or shift to a day.

Held is what fell due in a gap of the heartbeats or before a restore, a mail whose delivery stays in doubt,
and one that cannot be written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from surveyd.base.clock import from_local, zone_named
from surveyd.base.errors import Refused
from surveyd.base.statements import spelled
from surveyd.distribution.cadence import Window
from surveyd.distribution.invitations import run
from surveyd.distribution.locks import in_order
from surveyd.distribution.models import Invitation, Message, MessageState, Program, Touch, TouchState, Wave

MAIL, TOUCH = "m", "t"
SKIPPED = "skipped by hand"
FILTERS = ("wave", "step", "reason", "one")
"""A group is a wave, a step and a reason; `one` is the key of a single thing, such as m4711 or t12."""
IS_HELD = Message.state == spelled(MessageState.HELD)
TOUCH_IS_HELD = Touch.state == TouchState.HELD
step_of_mail = case((Message.step != "", Message.step), else_=Message.name)


def let_go(session: Session, filters: Mapping[str, str], *, now: datetime) -> int:
    """Let them go at once, touches inside their window; returns how many."""
    mails = {"state": MessageState.QUEUED, "due_at": now, "stale_at": None, "reason": ""}
    touches = {"state": TouchState.PLANNED, "due_at": now, "reason": ""}
    return _change(session, filters, mails, touches)


def skip(session: Session, filters: Mapping[str, str]) -> int:
    """Never send them; later steps go on as planned. Returns how many."""
    mails = {"state": MessageState.CANCELLED, "reason": SKIPPED}
    touches = {"state": TouchState.CANCELLED, "reason": SKIPPED}
    return _change(session, filters, mails, touches)


def shift(session: Session, filters: Mapping[str, str], *, to: date, now: datetime) -> int:
    """Let them go when sending hours begin on that day where each person is; returns how many.

    On a day without sending hours the next one that has some counts. Raises Refused for a day that is past,
    and for one on which a wave that they belong to is closed.
    """
    shifted = 0
    for place in _places(session, filters):
        zone = zone_named(place.time_zone)
        window = Window(place.start, place.end, place.workdays_only)
        midnight = from_local(datetime.combine(to, time()), zone)
        if to < now.astimezone(zone).date():
            raise Refused(f"{to.isoformat()} is past; choose a day that is to come.")
        opens = window.opens(max(midnight, now), zone)
        if place.closes_at is not None and place.closes_at <= opens:
            raise Refused(f"The wave {place.wave} is closed by then; choose an earlier day.")
        mails = {"state": MessageState.QUEUED, "due_at": opens, "stale_at": None, "reason": ""}
        touches = {"state": TouchState.PLANNED, "due_at": opens, "reason": ""}
        shifted += _change(session, filters, mails, touches, place)
    return shifted


@dataclass(frozen=True, slots=True)
class _Place:
    """Whose sending hours these are: of one wave and program, where people have one time zone."""

    wave_id: int | None
    wave: str
    closes_at: datetime | None
    program_id: int | None
    time_zone: str
    start: int
    end: int
    workdays_only: bool


def _places(session: Session, filters: Mapping[str, str]) -> set[_Place]:
    facts = (
        Wave.id,
        func.coalesce(Wave.slug, ""),
        Wave.closes_at,
        Program.id,
        func.coalesce(Invitation.time_zone, Program.time_zone, "UTC"),
        func.coalesce(Program.window_start, 0),
        func.coalesce(Program.window_end, 24),
        func.coalesce(Program.workdays_only, False),
    )
    mails = (
        select(*facts, Message.touch_id.is_not(None).label("planned"))
        .select_from(Message)
        .outerjoin(Wave, Wave.id == Message.wave_id)
        .outerjoin(Invitation, Invitation.id == Message.invitation_id)
        .outerjoin(Program, Program.id == Message.program_id)
        .where(*held_mails(filters))
    )
    touches = (
        select(*facts, literal(True).label("planned"))
        .select_from(Touch)
        .join(Wave, Wave.id == Touch.wave_id)
        .join(Invitation, Invitation.id == Touch.invitation_id)
        .join(Program, Program.id == Wave.program_id)
        .where(*held_touches(filters))
    )
    found = [row for query in (mails, touches) for row in session.execute(query.distinct())]
    # A letter goes out after its wave has closed.
    return {_Place(row[0], row[1], row[2] if row.planned else None, *row[3:8]) for row in found}


def _change(
    session: Session,
    filters: Mapping[str, str],
    mails: Mapping[str, Any],
    touches: Mapping[str, Any],
    place: _Place | None = None,
) -> int:
    which_mails, which_touches = held_mails(filters), held_touches(filters)
    if place is not None:
        theirs = exists().where(
            Invitation.id == Message.invitation_id, Invitation.time_zone == place.time_zone
        )
        # Whoever has no invitation has the program's hours.
        alone = and_(Message.invitation_id.is_(None), literal(_is_own(session, place)))
        which_mails += [
            Message.wave_id.is_not_distinct_from(place.wave_id),
            Message.program_id.is_not_distinct_from(place.program_id),
            theirs | alone,
        ]
        which_touches += [
            Touch.wave_id == place.wave_id,
            exists().where(Invitation.id == Touch.invitation_id, Invitation.time_zone == place.time_zone),
        ]
    free = {"lease_by": None, "lease_until": None}
    planned = update(Touch).where(in_order(Touch, *which_touches), *which_touches)
    changed = run(session, planned.values(**touches))
    queued = update(Message).where(in_order(Message, *which_mails), *which_mails)
    return changed + run(session, queued.values(**mails, **free))


def _is_own(session: Session, place: _Place) -> bool:
    program = None if place.program_id is None else session.get(Program, place.program_id)
    return place.time_zone == (program.time_zone if program else "UTC")


def held_mails(filters: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """The condition on `Message` rows that are held and that these filters mean."""
    which: list[ColumnElement[bool]] = [IS_HELD]
    if filters.get("wave"):
        which.append(Message.wave_id.in_(select(Wave.id).where(Wave.slug == filters["wave"])))
    if filters.get("step"):
        which.append(step_of_mail == filters["step"])
    if filters.get("reason"):
        which.append(Message.reason == filters["reason"])
    if one := read_key(filters.get("one", "")):
        which.append(Message.id == (one[1] if one[0] == MAIL else -1))
    return which


def held_touches(filters: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """The same for planned touches."""
    which: list[ColumnElement[bool]] = [TOUCH_IS_HELD]
    if filters.get("wave"):
        which.append(Touch.wave_id.in_(select(Wave.id).where(Wave.slug == filters["wave"])))
    if filters.get("step"):
        which.append(Touch.step == filters["step"])
    if filters.get("reason"):
        which.append(Touch.reason == filters["reason"])
    if one := read_key(filters.get("one", "")):
        which.append(Touch.id == (one[1] if one[0] == TOUCH else -1))
    return which


def read_key(key: str) -> tuple[str, int] | None:
    """The kind and id of a key; what is no key means a mail that there is not."""
    if not key:
        return None
    kind, number = key[0], key[1:]
    if kind in (MAIL, TOUCH) and number.isascii() and number.isdigit() and len(number) < 18:
        return kind, int(number)
    return MAIL, -1
