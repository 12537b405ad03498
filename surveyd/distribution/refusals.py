"""Somebody on the telephone who wants no more calls and mails: they are not asked again, in any wave."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution.call_models import Call
from surveyd.distribution.models import Invitation
from surveyd.distribution.suppressions import opt_out
from surveyd.people import audit


def take_refusal(session: Session, call: Call, *, by: int, now: datetime) -> None:
    """Opt out whom a call was with, on their own word; a second time changes nothing."""
    contact_id = session.execute(
        select(Invitation.contact_id).where(Invitation.id == call.invitation_id)
    ).scalar_one()
    if opt_out(session, contact_id, now=now):
        audit.record(session, action="opt_out", thing="contact", thing_id=contact_id, by=by, now=now)
