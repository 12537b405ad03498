"""The look at the call list after contacts have changed: whose address is stopped is not called."""

from datetime import datetime

from sqlalchemy import select

from surveyd.base.changes import CONTACTS
from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.models import ChangeCount
from surveyd.base.services import Services
from surveyd.distribution.gaps import beat
from surveyd.distribution.models import Heartbeat
from surveyd.distribution.stopped_calls import end_stopped

NAME = "calls"


def end_calls(house: Services, now: datetime) -> int:
    """Look once contacts have changed since the last look; returns how many calls are over."""
    with reading() as session:
        count = str(session.scalar(select(ChangeCount.number).where(ChangeCount.topic == CONTACTS)) or 0)
        if session.scalar(select(Heartbeat.note).where(Heartbeat.name == NAME)) == count:
            return 0
    with writing() as session:
        beat(session, NAME, now=now, system_now=system_now(), note=count)
        return end_stopped(session, now=now)
