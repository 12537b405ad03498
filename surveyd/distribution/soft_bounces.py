"""Mails that did not arrive this time, counted by address; several within some months are one hard one.

It is the same whether the relay said so at once, or a mail system later by a returned mail.

An answer, or a survey that was begun, shows that mail arrives: what came back before it does not count. So
there is nothing to reset, and a count decays by itself.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.distribution.models import Invitation
from surveyd.distribution.return_models import SoftBounce
from surveyd.distribution.suppressions import suppress
from surveyd.people.models import Contact

LIMIT = 3
WITHIN = timedelta(days=200)
"""Two waves in half a year, so that no single bad week ends it."""
REASON = "kept_bouncing"


def note_soft(session: Session, message_id: int, recipient: str, *, detail: str, now: datetime) -> int:
    """Note that a mail did not arrive, once for each mail, and return how many have not of late.

    The third suppresses the address.
    """
    address = recipient.lower()
    row = {"message_id": message_id, "address": address, "at": now}
    insert_new(session, SoftBounce, [row], unique=["message_id"])
    count = count_soft(session, address, now=now)
    if count >= LIMIT:
        words = f"{count} mails in {WITHIN.days} days; the last: {detail}"
        suppress(session, address, reason=REASON, now=now, message_id=message_id, detail=words)
    return count


def count_soft(session: Session, address: str, *, now: datetime) -> int:
    """How many mails to an address have not arrived of late, since its person was last heard of."""
    heard = (
        select(func.max(func.coalesce(Invitation.answered_at, Invitation.started_at)))
        .join(Contact, Contact.id == Invitation.contact_id)
        .where(func.lower(Contact.email) == address)
    )
    since = max(filter(None, (now - WITHIN, session.scalar(heard))))
    which = (SoftBounce.address == address, SoftBounce.at > since)
    return session.scalar(select(func.count()).select_from(SoftBounce).where(*which)) or 0


def forget_soft(session: Session, address: str) -> None:
    """Begin to count anew, when an address is taken off the list."""
    session.execute(delete(SoftBounce).where(SoftBounce.address == address.lower()))
