"""The counts of large audiences, kept for some seconds; what a launch goes by is always counted anew."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.changes import ACCOUNTS, CONTACTS
from surveyd.base.models import ChangeCount
from surveyd.distribution.audience import Counts, count_audience
from surveyd.distribution.audience_accounts import Lacking, count_lacking
from surveyd.distribution.audience_models import AudiencePlan
from surveyd.distribution.confirmation_models import ContactMark
from surveyd.distribution.kept import Latest
from surveyd.distribution.models import Program, Wave
from surveyd.people.access import Scope


@dataclass(frozen=True, slots=True)
class Figures:
    """An audience in numbers as it was at `at`, the program's time: its people, and its accounts."""

    counts: Counts
    lacking: Lacking
    at: datetime

    @property
    def contacts(self) -> int:
        """Everybody who was looked at."""
        return self.counts.invited + sum(self.counts.left_out.values())


LATEST = Latest[Figures](lambda found: found.contacts)


def figures_of(session: Session, wave: Wave, program: Program, *, scope: Scope, now: datetime) -> Figures:
    """The audience of a wave in numbers, at most half a minute old where there are many contacts."""

    def count() -> Figures:
        counts = count_audience(session, wave, program, now=now)
        return Figures(counts, count_lacking(session, wave, program, scope=scope, now=now), now)

    # An import, another plan or another draw is seen at once, and whom an account manager leaves out.
    marks = select(func.max(ContactMark.at)).where(ContactMark.wave_id == wave.id)
    marked = marks.scalar_subquery()
    changes = select(func.sum(ChangeCount.number)).where(ChangeCount.topic.in_([ACCOUNTS, CONTACTS]))
    signs = (
        select(changes.scalar_subquery(), marked, AudiencePlan.changed_at, AudiencePlan.drawn_at)
        .select_from(Wave)
        .outerjoin(AudiencePlan, AudiencePlan.wave_id == Wave.id)
        .where(Wave.id == wave.id)
    )
    seen = tuple(session.execute(signs).one())
    place = str(session.get_bind().engine.url)
    return LATEST.of((place, wave.id, wave.state, program.rest_days, scope, seen), count)
