"""Programs that ask several times a year: their next waves propose themselves, and a person decides.

A proposal is no wave: it becomes one when somebody accepts it, and asks nobody before that is launched.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, takewhile

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import from_local, zone_named
from surveyd.base.database import insert_new
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.blackouts import list_blackouts
from surveyd.distribution.cadence import SATURDAY, DaysOff
from surveyd.distribution.calendar_models import Proposal, ProposalState, Recurrence
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Program, Wave, WaveKind, WaveState
from surveyd.distribution.waves import schedule_wave
from surveyd.people.audit import record

TIMES_A_YEAR = (1, 2, 3, 4, 6, 12)
MONTHS = 12
AHEAD = timedelta(days=366)
"""How far ahead waves propose themselves."""
NEAR = timedelta(days=21)
"""Where a wave of the program stands already, none proposes itself so near to it."""
REASON_LIMIT = 300
USUAL_HOUR = 9


@dataclass(frozen=True, slots=True)
class Rhythm:
    """`per_year` waves, evenly spread, from a first day on, at an hour of the program's zone."""

    first_day: date
    per_year: int
    hour: int = USUAL_HOUR

    def day(self, number: int) -> date:
        """The day of the `number`-th wave, counted from 0; in a month that is too short its last day."""
        months = self.first_day.month - 1 + number * (MONTHS // self.per_year)
        year, month = self.first_day.year + months // MONTHS, months % MONTHS + 1
        return date(year, month, min(self.first_day.day, calendar.monthrange(year, month)[1]))

    def days(self, after: date, until: date) -> list[date]:
        """The days of its waves behind `after`, up to `until`."""
        all_days = takewhile(lambda day: day <= until, (self.day(number) for number in count()))
        return [day for day in all_days if day > after]


def set_rhythm(
    session: Session, program: Program, rhythm: Rhythm | None, *, by: int | None, now: datetime
) -> None:
    """Let the program's next waves propose themselves in this rhythm; None ends that.

    What is proposed and not decided goes, and is proposed anew at once. Raises Refused for a number of waves
    that does not part a year evenly, an hour that is none, and a first day over a year from now.
    """
    if rhythm is not None:
        _check(rhythm, now=now)
    undecided = (Proposal.program_id == program.id, Proposal.state == ProposalState.PROPOSED)
    session.execute(delete(Proposal).where(*undecided))
    session.execute(delete(Recurrence).where(Recurrence.program_id == program.id))
    if rhythm is not None:
        facts = {"first_day": rhythm.first_day, "hour": rhythm.hour, "per_year": rhythm.per_year}
        session.add(Recurrence(program_id=program.id, **facts))
    session.flush()
    propose_waves(session, now=now)
    said = {"per_year": rhythm.per_year if rhythm else 0}
    record(session, action="recur", thing="program", thing_id=program.id, by=by, now=now, facts=said)


def rhythm_of(session: Session, program_id: int) -> Rhythm | None:
    """In which rhythm a program asks; None when nothing proposes itself."""
    found = session.get(Recurrence, program_id)
    return Rhythm(found.first_day, found.per_year, found.hour) if found else None


def propose_waves(session: Session, *, now: datetime) -> int:
    """Let the waves of the next year propose themselves; returns how many are new, moved or gone.

    Each stands on the first working day on or behind its own that no blackout covers; one that a person moved
    stays. Where somebody has dropped one none is proposed, and where a wave of the program is planned nearby
    it goes: nobody accepts by mistake what was scheduled by hand. A second run changes nothing.
    """
    changed = 0
    for recurrence, program in session.execute(
        select(Recurrence, Program).join(Program, Program.id == Recurrence.program_id).order_by(Program.id)
    ).all():
        rhythm = Rhythm(recurrence.first_day, recurrence.per_year, recurrence.hour)
        changed += _propose(
            session, program, rhythm, today=now.astimezone(zone_named(program.time_zone)).date()
        )
    return changed


def lacks_proposals(session: Session) -> bool:
    """Whether any program asks in a rhythm, so that there may be something to propose."""
    return session.scalar(select(Recurrence.program_id).limit(1)) is not None


def accept_proposal(session: Session, proposal_id: int, *, slug: str, by: int | None, now: datetime) -> Wave:
    """Make it a scheduled wave. Raises NotFound, and Refused when it is decided or the name is taken."""
    proposal, program = _open(session, proposal_id)
    _decide(session, proposal, ProposalState.ACCEPTED, by=by, now=now)
    wave = schedule_wave(session, program, slug, at=begins_at(session, proposal, program), now=now)
    run(session, update(Proposal).where(Proposal.id == proposal_id).values(wave_id=wave.id))
    facts = {"wave": wave.id}
    record(session, action="accept", thing="proposal", thing_id=proposal_id, by=by, now=now, facts=facts)
    return wave


def move_proposal(session: Session, proposal_id: int, *, day: date, by: int | None, now: datetime) -> None:
    """Put it on another day, where it stays. Raises NotFound, and Refused for a day that cannot be."""
    _, program = _open(session, proposal_id)
    if day <= now.astimezone(zone_named(program.time_zone)).date():
        raise Refused("Choose a day after today.")
    if _days_off(session, program, day).has(day):
        raise Refused("That day lies in a blackout period; choose another, or remove the period first.")
    if day.weekday() >= SATURDAY:
        raise Refused("That day is on a weekend; choose a working day.")
    if not run(session, update(Proposal).where(*_undecided(proposal_id)).values(day=day, moved=True)):
        raise Refused("Somebody has decided about this proposal already.")
    facts = {"day": day.isoformat()}
    record(session, action="move", thing="proposal", thing_id=proposal_id, by=by, now=now, facts=facts)


def drop_proposal(session: Session, proposal_id: int, *, reason: str, by: int | None, now: datetime) -> None:
    """Let it go: it is not proposed again. Raises NotFound, and Refused when somebody has decided already."""
    proposal, _ = _open(session, proposal_id)
    _decide(session, proposal, ProposalState.DROPPED, by=by, now=now, reason=reason.strip()[:REASON_LIMIT])
    record(session, action="drop", thing="proposal", thing_id=proposal_id, by=by, now=now)


def begins_at(session: Session, proposal: Proposal, program: Program) -> datetime:
    """The instant at which the wave of a proposal would begin."""
    rhythm = rhythm_of(session, program.id)
    hour = rhythm.hour if rhythm else USUAL_HOUR
    return from_local(datetime.combine(proposal.day, time(hour)), zone_named(program.time_zone))


def _propose(session: Session, program: Program, rhythm: Rhythm, *, today: date) -> int:
    known = {
        row.nominal_day: row
        for row in session.scalars(select(Proposal).where(Proposal.program_id == program.id))
    }
    planned = _planned_days(session, program)
    changed = 0
    for nominal in rhythm.days(today, today + AHEAD):
        day = _free_day(session, program, nominal)
        there = known.get(nominal)
        is_planned = any(abs(nominal - other) <= NEAR for other in planned)
        if there is None and not is_planned:
            new = {"program_id": program.id, "nominal_day": nominal, "day": day, "moved": False, "reason": ""}
            rows = [new | {"state": ProposalState.PROPOSED}]
            # Another process may propose it at this moment.
            insert_new(session, Proposal, rows, unique=["program_id", "nominal_day"])
            changed += 1
        elif there and there.state is ProposalState.PROPOSED and not there.moved and is_planned:
            changed += _withdraw(session, there)
        elif there and there.state is ProposalState.PROPOSED and not there.moved and there.day != day:
            there.day = day
            changed += 1
    session.flush()
    return changed


def _planned_days(session: Session, program: Program) -> list[date]:
    begins = func.coalesce(Wave.day_zero, Wave.scheduled_at)
    own = (Wave.program_id == program.id, Wave.kind == WaveKind.PROGRAM, Wave.state != WaveState.CANCELLED)
    zone = zone_named(program.time_zone)
    return [instant.astimezone(zone).date() for instant in session.scalars(select(begins).where(*own))]


def _free_day(session: Session, program: Program, nominal: date) -> date:
    off, day = _days_off(session, program, nominal), nominal
    while day.weekday() >= SATURDAY or off.has(day):
        day += timedelta(days=1)
    return day


def _days_off(session: Session, program: Program, since: date) -> DaysOff:
    lines = list_blackouts(session, first=since, last=since + 2 * AHEAD)
    return DaysOff(periods=tuple(line.period for line in lines if line.program_id in (None, program.id)))


def _open(session: Session, proposal_id: int) -> tuple[Proposal, Program]:
    found = session.get(Proposal, proposal_id, populate_existing=True)
    if found is None:
        raise NotFound("proposal", proposal_id)
    return found, session.get_one(Program, found.program_id)


def _decide(
    session: Session,
    proposal: Proposal,
    state: ProposalState,
    *,
    by: int | None,
    now: datetime,
    reason: str = "",
) -> None:
    values = {"state": state, "decided_at": now, "decided_by_id": by, "reason": reason}
    if not run(session, update(Proposal).where(*_undecided(proposal.id)).values(**values)):
        raise Refused("Somebody has decided about this proposal already.")
    session.refresh(proposal)


def _withdraw(session: Session, proposal: Proposal) -> int:
    gone = session.execute(delete(Proposal).where(*_undecided(proposal.id)).returning(Proposal.id))
    return len(gone.all())


def _undecided(proposal_id: int) -> tuple[ColumnElement[bool], ...]:
    return Proposal.id == proposal_id, Proposal.state == ProposalState.PROPOSED


def _check(rhythm: Rhythm, *, now: datetime) -> None:
    if rhythm.per_year not in TIMES_A_YEAR:
        raise Refused("Write 1, 2, 3, 4, 6 or 12 waves a year.")
    if not 0 <= rhythm.hour < 24:
        raise Refused("Write a full hour from 0 to 23.")
    if abs(rhythm.first_day - now.astimezone(UTC).date()) > 2 * AHEAD:
        raise Refused("Choose a first day within two years from today.")
