"""What keeps senders from the relay: written down while it lasts, so that people are told."""

import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.distribution.invitations import run
from surveyd.distribution.limit_models import RelayTrouble

NO_ANSWER = "no answer"
LOGIN_REFUSED = "login refused"
NOT_UNDERSTOOD = "no conversation"
OVER = timedelta(minutes=2)
"""Senders try every half minute while a mail is due; what none of them has seen for so long is over."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why no sender gets through to the relay, and since when (system time)."""

    kind: str
    since: datetime


def note_trouble(session: Session, error: Exception, *, system_now: datetime) -> None:
    """A sender could not open a connection; the first such failure says since when."""
    kind = _kind_of(error)
    session.execute(delete(RelayTrouble).where(RelayTrouble.kind != kind))
    if not run(session, update(RelayTrouble).where(RelayTrouble.kind == kind).values(seen_at=system_now)):
        insert_new(
            session,
            RelayTrouble,
            [{"kind": kind, "since": system_now, "seen_at": system_now}],
            unique=["kind"],
        )


def forget_trouble(session: Session) -> None:
    """A sender got through: all is well again."""
    session.execute(delete(RelayTrouble))


def trouble(session: Session, *, system_now: datetime) -> Trouble | None:
    """What keeps the senders from the relay at this moment; None when nothing does, or nobody tries."""
    lasts = select(RelayTrouble).where(RelayTrouble.seen_at > system_now - OVER)
    found = session.scalars(lasts.order_by(RelayTrouble.since).limit(1)).first()
    return None if found is None else Trouble(found.kind, found.since)


def _kind_of(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPNotSupportedError):
        return LOGIN_REFUSED
    # A time limit and a refused connection say the same: there is nobody.
    return NOT_UNDERSTOOD if isinstance(error, smtplib.SMTPException) else NO_ANSWER
