"""The look that tells admins what is red: by mail, and where the operator has named an address, there too."""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.services import Services
from surveyd.base.webhook import call_hook
from surveyd.distribution.alarms import News, Sums, is_quiet, mail_admins, note_alarms, take_back
from surveyd.distribution.gaps import beat
from surveyd.distribution.models import Heartbeat
from surveyd.distribution.watch import RED, Ledger, findings_of, read_ledger

log = logging.getLogger("surveyd.alarms")

NAME = "alarms"
PAUSE = timedelta(seconds=15)


def look_for_alarms(house: Services, now: datetime) -> int:
    """Look four times a minute, over all processes; returns how many findings were told."""
    at = system_now()
    with reading() as session:
        last = session.scalar(select(Heartbeat.system_at).where(Heartbeat.name == NAME))
        if last is not None and timedelta(0) <= at - last < PAUSE:
            return 0
        ledger = read_ledger(session, now=now, system_now=at)
        quiet = is_quiet(session)
    red = [finding for finding in findings_of(ledger, system_now=at) if finding.severity == RED]
    with writing() as session:
        beat(session, NAME, now=now, system_now=at)
        news = [] if quiet and not red else note_alarms(session, red, system_now=at)
        if news:
            sums = Sums(ledger.owed, ledger.oldest_s)
            mail_admins(session, news, sums, now=now, mail_domain=house.config.mail_domain)
    if news and house.config.alert_url:
        _call(house, news, ledger)
    return len(news)


def _call(house: Services, news: list[News], ledger: Ledger) -> None:
    told = call_hook(
        house.config.alert_url,
        {
            "status": RED,
            "owed": ledger.owed,
            "oldest_s": ledger.oldest_s,
            "findings": [asdict(one.finding) for one in news],
            "page": f"{house.config.base_url}/staff/sending",
        },
    )
    if not told:
        log.warning("nobody could be called", extra={"facts": {"codes": [one.finding.code for one in news]}})
        with writing() as session:
            take_back(session, news)
