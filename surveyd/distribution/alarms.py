"""Alarms: admins are told of a red finding once, however long it lasts, and of the next one again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.base.errors import Finding
from surveyd.distribution import outbox
from surveyd.distribution.invitations import run
from surveyd.distribution.limit_models import Alarm
from surveyd.distribution.staff_mails import staff_mail
from surveyd.people.models import StaffRole, User

QUIET = timedelta(minutes=10)
"""A finding that comes back sooner is the same one still, and nobody is told twice."""


@dataclass(frozen=True, slots=True)
class Sums:
    """How many mails are owed, and the age of the oldest, in seconds."""

    owed: int
    oldest_s: int


@dataclass(frozen=True, slots=True)
class News:
    """A red finding that is to be told, and since when it stands (system time)."""

    finding: Finding
    since: datetime


def note_alarms(session: Session, red: Sequence[Finding], *, system_now: datetime) -> list[News]:
    """Keep which findings are red; returns those that nobody was told of yet, to be told now.

    Of two that look at once one tells. Those that have been gone for ten minutes are forgotten.
    """
    news = []
    for finding in red:
        first = {"code": finding.code, "since": system_now, "seen_at": system_now, "told_at": None}
        insert_new(session, Alarm, [first], unique=["code"])
        this = update(Alarm).where(Alarm.code == finding.code)
        run(session, this.values(seen_at=system_now))
        if run(session, this.where(Alarm.told_at.is_(None)).values(told_at=system_now)):
            news.append(News(finding, session.get_one(Alarm, finding.code, populate_existing=True).since))
    session.execute(delete(Alarm).where(Alarm.seen_at < system_now - QUIET))
    return news


def take_back(session: Session, news: Sequence[News]) -> None:
    """They could not be told: the next look tells them. Mails that are written are not written again."""
    codes = [one.finding.code for one in news]
    run(session, update(Alarm).where(Alarm.code.in_(codes)).values(told_at=None))


def is_quiet(session: Session) -> bool:
    """Whether no alarm is known."""
    return session.scalar(select(Alarm.code).limit(1)) is None


def mail_admins(
    session: Session, news: Sequence[News], sums: Sums, *, now: datetime, mail_domain: str
) -> None:
    """Write every active admin one mail a finding; it goes out as soon as mails go out at all."""
    admins = session.scalars(select(User).where(User.role == StaffRole.ADMIN, User.active)).all()
    mails = [
        staff_mail(
            "alarm",
            to=admin,
            key=f"{one.finding.code}:{one.since.isoformat()}:{admin.id}",
            context={
                "sentence": one.finding.sentence,
                "hint": one.finding.hint,
                "owed": sums.owed,
                "minutes": sums.oldest_s // 60,
                "seen_at": f"{one.since.day} {one.since:%B %Y, %H:%M} UTC",
                "path": "/staff/sending",
            },
            now=now,
        )
        for one in news
        for admin in admins
    ]
    outbox.queue(session, mails, mail_domain=mail_domain)
