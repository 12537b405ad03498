"""The player: the sweeps and the sender at the instants at which they would have run, and people between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from surveyd.base.clock import SetClock, system_now
from surveyd.base.database import reading, writing
from surveyd.base.services import Services
from surveyd.closed_loop.intake import Office
from surveyd.distribution import touches
from surveyd.distribution.models import Call
from surveyd.distribution.sender import Lane
from surveyd.operations.replay.quiet_relay import QuietRelay
from surveyd.operations.replay.timeline import Timeline

STEP_HOURS = 3
STEP = timedelta(hours=STEP_HOURS)
"""People's deeds are gathered for so long before the sender looks; touches go out at their own instant."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """Somebody who came onto the call list."""

    call_id: int
    invitation_id: int


class Player:
    """Plays time from instant to instant. Runs inside an app context, as the only process at work."""

    def __init__(self, house: Services) -> None:
        self.house = house
        self.office = Office(house.keys, house.config.mail_domain)
        self.timeline = Timeline()
        self.clock = SetClock(system_now())
        self.relay = QuietRelay(house.config.relay, self.clock, house.config.data)
        self.lane = Lane(house.config, self.clock, self.relay)
        self._touch_due: datetime | None = None
        self.progress: Callable[[datetime], None] = lambda at: None
        self.plan_calls: Callable[[Sequence[Flagged], datetime], None] = lambda flagged, at: None

    def play(self, until: datetime) -> None:
        """Let everything happen that is due by `until`, in its order."""
        while (moment := self._next_moment(until)) is not None:
            self.timeline.run_until(moment)
            if self._touch_due == moment:
                self._release(moment)
            self.clock.instant = moment
            self.lane.drain()
            self.progress(moment)

    def _next_moment(self, until: datetime) -> datetime | None:
        with reading() as session:
            self._touch_due = touches.next_due(session)
        deed = self.timeline.next_at()
        gathered = None if deed is None else max(deed, min(_end_of_step(deed), until))
        instants = (at for at in (self._touch_due, gathered) if at is not None and at <= until)
        return min(instants, default=None)

    def _release(self, moment: datetime) -> None:
        calls = 0
        while True:
            with writing() as session:
                released = touches.release_due(
                    session, now=moment, system_now=system_now(), mail_domain=self.house.config.mail_domain
                )
            calls += released.calls
            if not released.total:
                break
        if calls:
            self.plan_calls(_flagged(moment), moment)


def _end_of_step(at: datetime) -> datetime:
    return at.replace(hour=at.hour - at.hour % STEP_HOURS, minute=0, second=0, microsecond=0) + STEP


def _flagged(moment: datetime) -> list[Flagged]:
    with reading() as session:
        rows = session.execute(
            select(Call.id, Call.invitation_id).where(Call.flagged_at == moment).order_by(Call.id)
        )
        return [Flagged(call_id, invitation_id) for call_id, invitation_id in rows]
