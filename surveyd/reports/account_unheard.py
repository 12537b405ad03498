"""Whom of an account a wave has asked and not heard."""

from dataclasses import dataclass

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation, InvitationState
from surveyd.people.access import Scope, visible_contacts
from surveyd.people.models import Contact, RelationshipRole

MOST_UNHEARD = 8


@dataclass(frozen=True, slots=True)
class Unheard:
    """Somebody who was asked and has not answered."""

    name: str
    role: str


def unheard(session: Session, account_id: int, *, scope: Scope, wave_id: int) -> tuple[Unheard, ...]:
    """Whom the wave has asked and who has not answered, decision makers first; the first MOST_UNHEARD."""
    decides = case((Contact.role == RelationshipRole.DECISION_MAKER, 0), else_=1)
    rows = session.execute(
        select(Contact.name, Contact.role)
        .join(Invitation, Invitation.contact_id == Contact.id)
        .where(
            Invitation.wave_id == wave_id,
            Invitation.account_id == account_id,
            Invitation.state != InvitationState.ANSWERED,
            visible_contacts(scope),
        )
        .order_by(decides, Contact.name, Contact.id)
        .limit(MOST_UNHEARD)
    )
    return tuple(Unheard(row.name, row.role.value) for row in rows)
