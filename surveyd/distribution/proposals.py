"""Waves that have proposed themselves, as lists show them."""

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.clock import from_local, zone_named
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

    @property
    def slug(self) -> str:
        return f"{self.program[:70]}-{self.nominal_day:%Y-%m}"

    @property
    def was_shifted(self) -> bool:
        """Whether it stands on another day than its own."""
        return self.day != self.nominal_day


def list_proposals(session: Session, *, first: date, last: date) -> list[ProposalLine]:
    """The proposals from one day to another that nobody has decided about, by day."""
    hour = func.coalesce(Recurrence.hour, USUAL_HOUR)
    rows = session.execute(
        select(Proposal, Program.slug, Program.time_zone, hour.label("hour"))
        .join(Program, Program.id == Proposal.program_id)
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
        )
        for one, slug, time_zone, at in rows
    ]
