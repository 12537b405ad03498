"""The look that keeps the calendar: holidays of the years ahead, and waves that propose themselves."""

from datetime import datetime, timedelta

from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.services import Services
from surveyd.distribution.days_off import keep_holidays
from surveyd.distribution.gaps import beat
from surveyd.distribution.models import Heartbeat
from surveyd.distribution.recurring import propose_waves

NAME = "calendar"
PAUSE = timedelta(hours=1)


def keep_calendar(house: Services, now: datetime) -> int:
    """Look once an hour, over all processes; returns how many years of holidays and proposals are new."""
    at = system_now()
    with reading() as session:
        last = session.execute(
            select(Heartbeat.system_at, Heartbeat.program_at).where(Heartbeat.name == NAME)
        ).one_or_none()
    # A clock that jumps makes a new year of holidays due at once.
    if (
        last is not None
        and timedelta(0) <= at - last.system_at < PAUSE
        and abs(now - last.program_at) < PAUSE
    ):
        return 0
    with writing() as session:
        beat(session, NAME, now=now, system_now=at)
        return keep_holidays(session, now=now) + propose_waves(session, now=now)
