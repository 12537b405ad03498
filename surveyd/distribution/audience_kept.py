"""An audience in numbers, as its pages say it; what a launch goes by is counted by `count_audience`."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from surveyd.distribution.audience import Counts, count_audience
from surveyd.distribution.audience_accounts import Lacking, count_lacking
from surveyd.distribution.audience_verdicts import verdicts_of
from surveyd.distribution.kept import Latest
from surveyd.distribution.models import Program, Wave, WaveState
from surveyd.people.access import Scope


@dataclass(frozen=True, slots=True)
class Figures:
    """An audience in numbers as it was at `at`, the program's time: its people, and its accounts."""

    counts: Counts
    lacking: Lacking
    at: datetime


SETTLED = Latest[Counts](lambda counts: counts.invited + sum(counts.left_out.values()))
"""The counts of launched waves, out of the ledger."""


def figures_of(session: Session, wave: Wave, program: Program, *, scope: Scope, now: datetime) -> Figures:
    """The audience of a wave in numbers, at most half a minute old where there are many contacts."""
    found = verdicts_of(session, wave, program, now=now)
    lacking = count_lacking(session, wave, found, scope=scope)
    if wave.state is WaveState.SCHEDULED:
        return Figures(found.counts, lacking, found.at)
    # Nobody is added to it but by hand.
    key = (str(session.get_bind().engine.url), wave.id, wave.state)
    settled = SETTLED.of(key, lambda: count_audience(session, wave, program, now=now))
    return Figures(settled, lacking, found.at)
