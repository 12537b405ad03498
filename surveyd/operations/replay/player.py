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
from surveyd.distribution.call_models import Call
from surveyd.distribution.sender import Lane
from surveyd.operations.replay.quiet_relay import QuietRelay
from surveyd.operations.replay.timeline import Timeline

PAST_STEP, PRESENT_STEP = 12, 1
"""For how many hours people's deeds are gathered before the sender looks; touches go out at their instant."""


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
        self.step_hours = PAST_STEP
        self._touch_due: datetime | None = None
        self._has_mail = False
        self.progress: Callable[[datetime], None] = lambda at: None
        self.plan_calls: Callable[[Sequence[Flagged], datetime], None] = lambda flagged, at: None

    def ring(self) -> None:
        """Say that mails were queued: the sender looks at the end of the step."""
        self._has_mail = True

    def play(self, until: datetime) -> None:
        """Let everything happen that is due by `until`, in its order."""
        self._look_for_touches()
        while (moment := self._next_moment(until)) is not None:
            self.timeline.run_until(moment)
            if self._touch_due == moment:
                self._release(moment)
                self._look_for_touches()
            if self._has_mail:
                self.clock.instant = moment
                self.lane.drain()
                self._has_mail = False
            self.progress(moment)

    def _next_moment(self, until: datetime) -> datetime | None:
        deed = self.timeline.next_at()
        gathered = None if deed is None else max(deed, min(self._end_of_step(deed), until))
        instants = (at for at in (self._touch_due, gathered) if at is not None and at <= until)
        return min(instants, default=None)

    def _end_of_step(self, at: datetime) -> datetime:
        hour = at.replace(minute=0, second=0, microsecond=0)
        return hour + timedelta(hours=self.step_hours - at.hour % self.step_hours)

    def _look_for_touches(self) -> None:
        # What people do meanwhile cancels touches and makes none: an instant that is out of date is idle.
        with reading() as session:
            self._touch_due = touches.next_due(session)

    def _release(self, moment: datetime) -> None:
        calls = 0
        while True:
            with writing() as session:
                released = touches.release_due(
                    session, now=moment, system_now=system_now(), mail_domain=self.house.config.mail_domain
                )
            calls += released.calls
            self._has_mail = self._has_mail or released.messages > 0
            if not released.total:
                break
        if calls:
            self.plan_calls(_flagged(moment), moment)


def _flagged(moment: datetime) -> list[Flagged]:
    with reading() as session:
        rows = session.execute(
            select(Call.id, Call.invitation_id).where(Call.flagged_at == moment).order_by(Call.id)
        )
        return [Flagged(call_id, invitation_id) for call_id, invitation_id in rows]
