"""Open calls of contacts who were given an address at which somebody wants no more: they leave the list."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.distribution.address_wishes import RULE, stopped_address
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.invitations import hold, run
from surveyd.distribution.models import Invitation, Wave
from surveyd.people.models import Contact


def end_stopped(session: Session, *, now: datetime) -> int:
    """End the open calls of all whose address is stopped, for their program or at all."""
    stopped = stopped_address(Wave.program_id.expression, Contact.email.expression)
    query = (
        select(Invitation.id)
        .join(Call, Call.invitation_id == Invitation.id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Wave, Wave.id == Invitation.wave_id)
    )
    ids = session.scalars(query.where(Call.state == CallState.OPEN, stopped)).all()
    if not ids:
        return 0
    hold(session, Invitation.id.in_(ids))
    over = update(Call).where(Call.invitation_id.in_(ids), Call.state == CallState.OPEN)
    return run(session, over.values(state=CallState.CANCELLED, closed_at=now, reason=RULE))
