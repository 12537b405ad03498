"""Somebody on the telephone who wants no more calls and mails: they are not asked again, in any wave."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution.calls import record
from surveyd.distribution.models import Call, CallOutcome, Invitation
from surveyd.distribution.suppressions import opt_out
from surveyd.people import audit


def record_refusal(
    session: Session,
    call: Call,
    *,
    now: datetime,
    system_now: datetime,
    by: int,
    note: str = "",
    seen: int | None = None,
) -> None:
    """Write down that they declined, and opt them out on their own word.

    `seen` is how many attempts the caller has seen. Raises Refused and Overtaken as `calls.record` does.
    """
    declined = CallOutcome.DECLINED
    record(session, call, declined, now=now, system_now=system_now, by=by, note=note, seen=seen)
    contact_id = session.execute(
        select(Invitation.contact_id).where(Invitation.id == call.invitation_id)
    ).scalar_one()
    if opt_out(session, contact_id, now=now):
        audit.record(session, action="opt_out", thing="contact", thing_id=contact_id, by=by, now=now)
