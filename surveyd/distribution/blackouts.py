"""Blackout periods: days on which we ask nobody, in one program or in all, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import from_local, zone_named
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.cadence import DaysOff
from surveyd.distribution.calendar_models import Blackout
from surveyd.distribution.invitations import run
from surveyd.distribution.locks import in_order
from surveyd.distribution.models import Message, MessageState, Program
from surveyd.people.audit import record

LONGEST_DAYS = 92
NAME_LIMIT, REASON_LIMIT = 120, 300


@dataclass(frozen=True, slots=True)
class BlackoutLine:
    """One period with its first and last day. `program` is empty for one that holds for all programs."""

    id: int
    program_id: int | None
    program: str
    first_day: date
    last_day: date
    name: str
    reason: str

    @property
    def period(self) -> tuple[date, date]:
        """From its first to its last day."""
        return self.first_day, self.last_day


@dataclass(frozen=True, slots=True)
class NewBlackout:
    """What a person says of a period."""

    first_day: date
    last_day: date
    name: str
    reason: str = ""


def add_blackout(
    session: Session,
    program: Program | None,
    facts: NewBlackout,
    *,
    by: int | None,
    now: datetime,
    system_now: datetime,
) -> int:
    """Ask nobody in the period, in one program or in all; returns its id.

    It holds at once for what is planned and for mails that have not begun to go. Raises Refused when the
    period ends before it begins, is longer than three months, or has no name.
    """
    _check(facts)
    made = Blackout(
        program_id=program.id if program else None,
        first_day=facts.first_day,
        last_day=facts.last_day,
        name=facts.name.strip(),
        reason=facts.reason.strip(),
        created_at=now,
        created_by_id=by,
    )
    session.add(made)
    session.flush()
    _look_again(session, program, system_now=system_now)
    _trail(session, "add", made, by=by, now=now)
    return made.id


def remove_blackout(session: Session, blackout_id: int, *, by: int | None, now: datetime) -> None:
    """Let the period go; what it has moved already stays where it is. Raises NotFound."""
    found = session.get(Blackout, blackout_id)
    if found is None:
        raise NotFound("blackout", blackout_id)
    _trail(session, "remove", found, by=by, now=now)
    session.delete(found)
    session.flush()


def list_blackouts(session: Session, *, first: date, last: date) -> list[BlackoutLine]:
    """The periods that touch the days from `first` to `last`, by their first day."""
    rows = session.execute(
        select(Blackout, Program.slug)
        .outerjoin(Program, Program.id == Blackout.program_id)
        .where(Blackout.first_day <= last, Blackout.last_day >= first)
        .order_by(Blackout.first_day, Blackout.id)
    )
    return [
        BlackoutLine(
            id=found.id,
            program_id=found.program_id,
            program=program or "",
            first_day=found.first_day,
            last_day=found.last_day,
            name=found.name,
            reason=found.reason,
        )
        for found, program in rows
    ]


def behind_blackouts(session: Session, program: Program, instant: datetime) -> datetime:
    """`instant`, or the same time of the first day behind the blackouts that it falls into.

    A wave that began inside one would lose its first days, and whoever has no day left is not asked.
    """
    zone = zone_named(program.time_zone)
    wall = instant.astimezone(zone).replace(tzinfo=None)
    day = wall.date()
    off = DaysOff(periods=tuple(line.period for line in _of(session, program, since=day)))
    while off.has(day):
        day += timedelta(days=1)
    return instant if day == wall.date() else from_local(datetime.combine(day, wall.time()), zone)


def _of(session: Session, program: Program, *, since: date) -> Sequence[BlackoutLine]:
    lines = list_blackouts(session, first=since, last=date.max)
    return [line for line in lines if line.program_id in (None, program.id)]


def _look_again(session: Session, program: Program | None, *, system_now: datetime) -> None:
    """Take mails that keep sending hours as if these had shut: the next pass finds them a day."""
    waiting = [
        Message.state.in_([MessageState.QUEUED, MessageState.UNCERTAIN]),
        Message.stale_at.is_not(None),
        or_(Message.lease_by.is_(None), Message.begun_at.is_(None)),
    ]
    if program is not None:
        waiting.append(Message.program_id == program.id)
    values = {"stale_at": system_now, "lease_by": None, "lease_until": None}
    run(session, update(Message).where(in_order(Message, *waiting), *waiting).values(**values))


def _check(facts: NewBlackout) -> None:
    if facts.last_day < facts.first_day:
        raise Refused("The period ends before it begins; write the first day first.")
    if facts.last_day - facts.first_day >= timedelta(days=LONGEST_DAYS):
        raise Refused("A period has at most three months; make it shorter, or pause the wave.")
    if not 0 < len(facts.name.strip()) <= NAME_LIMIT:
        raise Refused("Give the period a name, such as year's end, of at most 120 letters.")
    if len(facts.reason.strip()) > REASON_LIMIT:
        raise Refused("Shorten the reason to 300 letters.")


def _trail(session: Session, action: str, found: Blackout, *, by: int | None, now: datetime) -> None:
    facts = {"first_day": found.first_day.isoformat(), "last_day": found.last_day.isoformat()}
    record(session, action=action, thing="blackout", thing_id=found.id, by=by, now=now, facts=facts)
