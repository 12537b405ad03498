"""Mails with a link to set a password: a new user's first one, or one that was forgotten."""

from datetime import datetime

from sqlalchemy.orm import Session

from surveyd.distribution import outbox
from surveyd.distribution.staff_mails import staff_mail
from surveyd.people.models import LinkPurpose, SignInLink, User

NAMES = {LinkPurpose.WELCOME: "welcome", LinkPurpose.RESET: "password_reset"}
LINK = "sign_in_link"
"""What the context calls the link's row; the address is made from it when the mail is written."""


def queue_sign_in_mail(
    session: Session, user: User, link: SignInLink, *, now: datetime, mail_domain: str
) -> None:
    """Queue the mail of one link, once."""
    message = staff_mail(
        NAMES[link.purpose],
        to=user,
        key=str(link.id),
        context={
            "name": user.name,
            LINK: link.id,
            "expires_at": link.expires_at.isoformat(timespec="minutes"),
            "time_zone": user.time_zone or "UTC",
        },
        now=now,
    )
    outbox.queue(session, [message], mail_domain=mail_domain)
