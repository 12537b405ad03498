"""The counts of large audiences, kept for some seconds: who turns a page need not count all again.

Small audiences are always counted anew, and so is what a launch goes by.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.changes import ACCOUNTS, CONTACTS
from surveyd.base.models import ChangeCount
from surveyd.distribution.audience import Counts, count_audience
from surveyd.distribution.audience_accounts import Lacking, count_lacking
from surveyd.distribution.audience_models import AudiencePlan
from surveyd.distribution.confirmation_models import ContactMark
from surveyd.distribution.models import Program, Wave
from surveyd.people.access import Scope

LARGE = 20_000
SECONDS = 30.0
MOST = 64


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


class Latest:
    """What was counted last, by what it was counted of; safe for several threads."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.kept: OrderedDict[object, tuple[float, Figures]] = OrderedDict()

    def of(self, key: object, count: Callable[[], Figures]) -> Figures:
        """The figures that are kept of `key` and fresh, or what `count` says."""
        with self.lock:
            begun, found = self.kept.get(key, (0.0, None))
        if found is not None and time.monotonic() - begun < SECONDS:
            return found
        begun, counted = time.monotonic(), count()
        if counted.contacts >= LARGE:
            with self.lock:
                self.kept[key] = (begun, counted)
                while len(self.kept) > MOST:
                    self.kept.popitem(last=False)
        return counted


LATEST = Latest()


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
