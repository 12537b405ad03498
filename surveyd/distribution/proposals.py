"""Waves that have proposed themselves, as lists show them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.clock import from_local, zone_named
from surveyd.distribution.cadence import USUAL, Cadence, read_cadence
from surveyd.distribution.cadence_models import ProgramCadence
from surveyd.distribution.calendar import Mark, marks_of
from surveyd.distribution.calendar_models import Proposal, ProposalState, Recurrence
from surveyd.distribution.models import Program
from surveyd.distribution.recurring import USUAL_HOUR


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """One wave that waits for a person's word. `slug` is a name that it could have."""

    id: int
    program_id: int
    program: str
    nominal_day: date
    day: date
    moved: bool
    begins: datetime
    cadence: Cadence

    @property
    def slug(self) -> str:
        return f"{self.program[:70]}-{self.nominal_day:%Y-%m}"

    @property
    def closes(self) -> datetime:
        """When the wave would close."""
        return self.begins + timedelta(days=self.cadence.close_day)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The days of the wave that it would be."""
        return marks_of(self.cadence.steps, self.begins, self.closes)

    @property
    def was_shifted(self) -> bool:
        """Whether it stands on another day than its own."""
        return self.day != self.nominal_day


def list_proposals(session: Session, *, first: date, last: date) -> list[ProposalLine]:
    """The proposals from one day to another that nobody has decided about, by day."""
    hour = func.coalesce(Recurrence.hour, USUAL_HOUR)
    rows = session.execute(
        select(Proposal, Program.slug, Program.time_zone, hour.label("hour"), ProgramCadence)
        .join(Program, Program.id == Proposal.program_id)
        .outerjoin(ProgramCadence, ProgramCadence.program_id == Program.id)
        .outerjoin(Recurrence, Recurrence.program_id == Program.id)
        .where(Proposal.state == ProposalState.PROPOSED, Proposal.day.between(first, last))
        .order_by(Proposal.day, Proposal.id)
    )
    return [
        ProposalLine(
            id=one.id,
            program_id=one.program_id,
            program=slug,
            nominal_day=one.nominal_day,
            day=one.day,
            moved=one.moved,
            begins=from_local(datetime.combine(one.day, time(at)), zone_named(time_zone)),
            cadence=read_cadence(own.steps, own.close_day) if own else USUAL,
        )
        for one, slug, time_zone, at, own in rows
    ]


def last_proposal(session: Session) -> date | None:
    """The day of the last wave that waits for a person's word."""
    waiting = select(func.max(Proposal.day)).where(Proposal.state == ProposalState.PROPOSED)
    return session.execute(waiting).scalar()
