"""Standing waves: where answers belong that no wave of a program has asked for.

A response needs an invitation and an invitation a wave. Feedback that came by itself, and what is asked after
a case, get both here: one wave a month for each purpose, always open, without touches and without an end. No
list, calendar, trend or response rate knows it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new, reserve_ids
from surveyd.base.statements import insert_into, table_of
from surveyd.base.tokens import Keys, token_digest
from surveyd.distribution.large_accounts import large_revenue
from surveyd.distribution.models import Invitation, InvitationState, Program, Wave, WaveKind, WaveState
from surveyd.people.models import Contact

LONGEST_PURPOSE = 60
_invitation = table_of(Invitation)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a standing wave is for: its name, at most 60 characters, and the version that is asked."""

    name: str
    version_id: int


def standing_wave(session: Session, program: Program, purpose: Purpose, *, now: datetime) -> Wave:
    """The standing wave of this purpose and of the month of `now`, in UTC; made when it is the first time.

    Its name has a blank, which no name that a person gives can have. Of two calls at once both get one wave.
    """
    slug = f"{purpose.name} {now:%Y-%m}"
    row = {
        "program_id": program.id,
        "slug": slug,
        "version_id": purpose.version_id,
        "kind": WaveKind.STANDING,
        "state": WaveState.OPEN,
        "scheduled_at": now,
        "launched_at": now,
        "day_zero": now,
        "pause_reason": "",
        "next_slot": 0.0,
        "prepared_to": 0,
        "large_revenue_cents": large_revenue(session),
    }
    found = select(Wave).where(Wave.slug == slug)
    wave = session.scalar(found)
    if wave is None:
        insert_new(session, Wave, [row], unique=["slug"])
        wave = session.scalars(found).one()
    return wave


def invite(
    session: Session,
    wave: Wave,
    contact: Contact,
    *,
    version_id: int,
    language: str,
    keys: Keys,
    now: datetime,
) -> int | None:
    """Invite a contact in a standing wave and return the invitation's id, or None when there is one already.

    The constraint decides between two at once. No touch is planned: nothing is sent by this.
    """
    program = session.get_one(Program, wave.program_id)
    (invitation_id,) = reserve_ids(session, "invitations", 1)
    insert = insert_into(session, Invitation).on_conflict_do_nothing(index_elements=["wave_id", "contact_id"])
    row = {
        "id": invitation_id,
        "wave_id": wave.id,
        "contact_id": contact.id,
        "account_id": contact.account_id,
        "version_id": version_id,
        "token_digest": token_digest(keys.survey_token(invitation_id)),
        "language": language,
        "time_zone": contact.time_zone or program.time_zone,
        "state": InvitationState.WAITING,
        "invited_at": now,
    }
    return session.execute(insert.returning(_invitation.c.id), row).scalar_one_or_none()
