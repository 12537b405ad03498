"""When touches that are due may go: in the window and on a working day there, none too soon after another.

It looks at one chunk of due touches at a time, and at what has gone to the same people and accounts already.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.distribution.cadence import Cadence, Window, cadences_of
from surveyd.distribution.crowds import Crowd, crowd_of, daily_limits, local_day
from surveyd.distribution.days_off import calendars
from surveyd.distribution.models import Channel, Touch, TouchState, Wave
from surveyd.distribution.plans import next_opening

Due = Row[*tuple[Any, ...]]
"""A due touch as `touches` reads it, with its wave, program, invitation and contact."""
Mails = dict[int, list[tuple[str, datetime]]]
"""Of an invitation: the steps that were mailed, and when."""


class Timing:
    """The moments of the touches of one chunk at `now`. It holds the limited accounts until the commit."""

    def __init__(self, session: Session, rows: Sequence[Due], *, now: datetime) -> None:
        waves = session.scalars(select(Wave).where(Wave.id.in_({row.wave_id for row in rows}))).all()
        self.now = now
        self.cadences = cadences_of(session, waves)
        self.calendars = calendars(session, since=now)
        self.limits = daily_limits(session, {row.program_id for row in rows})
        limited = {row.account_id for row in rows if row.program_id in self.limits}
        self.crowd = crowd_of(session, limited, since=now) if limited else Crowd()
        self.mailed = self._mails(session, rows)

    def cadence(self, row: Due) -> Cadence:
        """The cadence of the touch's wave."""
        return self.cadences[row.wave_id]

    def window(self, row: Due) -> Window:
        """The window of the touch: its step's own, or the program's."""
        step = self.cadence(row).step(row.step)
        own = step.window if step else None
        return own or Window(row.window_start, row.window_end, row.workdays_only)

    def opens(self, row: Due) -> datetime:
        """When the touch may go: now, or later for the hour, the day, another mail, or their account."""
        zone, window = zone_named(row.time_zone), self.window(row)
        off = self.calendars.of(row.program_id, row.country)
        opens = window.opens(self.now, zone, off)
        earliest = self._distant(row, zone)
        if local_day(opens, zone) < earliest:
            opens = next_opening(earliest - timedelta(days=1), zone, window, off)
        limit = self.limits.get(row.program_id)
        if opens > self.now or limit is None:
            return opens
        today = local_day(self.now, zone)
        if self.crowd.may_go(row.account_id, today, row.contact_id, limit=limit):
            return opens
        while True:
            opens = next_opening(local_day(opens, zone), zone, window, off)
            day = local_day(opens, zone)
            if self.crowd.has_room(row.account_id, day, row.contact_id, limit=limit):
                self.crowd.plan(row.account_id, day, row.contact_id)
                return opens

    def went(self, row: Due) -> None:
        """Remember that the touch goes now."""
        if row.channel is Channel.MAIL:
            self.mailed.setdefault(row.invitation_id, []).append((row.step, self.now))
        if row.program_id in self.limits:
            self.crowd.touch(row.account_id, local_day(self.now, zone_named(row.time_zone)), row.contact_id)

    def _distant(self, row: Due, zone: ZoneInfo) -> date:
        """The first day that is as far from the mails before it as the cadence has it."""
        cadence = self.cadence(row)
        step = cadence.step(row.step)
        days = [local_day(self.now, zone)]
        if step is not None and row.channel is Channel.MAIL:
            for name, at in self.mailed.get(row.invitation_id, []):
                before = cadence.step(name)
                if before is not None and before.day < step.day:
                    days.append(local_day(at, zone) + timedelta(days=step.day - before.day))
        return max(days)

    def _mails(self, session: Session, rows: Sequence[Due]) -> Mails:
        later = {row.invitation_id for row in rows if row.channel is Channel.MAIL and self._follows(row)}
        if not later:
            return {}
        gone = select(Touch.invitation_id, Touch.step, Touch.released_at).where(
            Touch.invitation_id.in_(later),
            Touch.channel == Channel.MAIL,
            Touch.state == TouchState.RELEASED,
            Touch.released_at.is_not(None),
        )
        found: Mails = {}
        for row in session.execute(gone):
            found.setdefault(row.invitation_id, []).append((row.step, row.released_at))
        return found

    def _follows(self, row: Due) -> bool:
        step = self.cadence(row).step(row.step)
        return step is not None and step.day > 0
