"""What staff make of excuses: the colleague who was named becomes a contact, or the excuse is set aside.

Until somebody has looked, whoever said that they are not the right person is left out of new waves.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.base.tokens import Keys
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Invitation, Program, QuestionnaireVersion, Wave
from surveyd.distribution.preparing import invite_one
from surveyd.distribution.return_models import Absence
from surveyd.distribution.wish_models import Nomination, NominationState, WhyNot
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.audit import record
from surveyd.people.contacts import NewContact, add_contact
from surveyd.people.models import Contact

REASON_LIMIT = 200


@dataclass(frozen=True, slots=True)
class NominationLine:
    """One excuse that waits for staff: who gave it, why, and whom they named, if anybody."""

    id: int
    contact_id: int
    contact: str
    why: WhyNot
    words: str
    name: str
    email: str
    phone: str
    wave: str
    at: datetime
    has_answered: bool
    is_away: bool
    """Whether a machine answered that they are away and named a stand-in: they are asked as before."""

    @property
    def has_left(self) -> bool:
        """Whether they said that they have left the company."""
        return self.why is WhyNot.LEFT_COMPANY


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a colleague who was added: their contact, and the rule that leaves them out, if any."""

    contact_id: int
    rule: str


def waiting_at(session: Session, account_id: int, *, scope: Scope) -> tuple[NominationLine, ...]:
    """The excuses at an account that nobody has looked at, the oldest first; none outside the scope."""
    rows = session.execute(
        select(Nomination, Contact.name, Wave.slug, Invitation.answered_at, Absence.message_id)
        .join(Contact, Contact.id == Nomination.contact_id)
        .join(Invitation, Invitation.id == Nomination.invitation_id)
        .join(Wave, Wave.id == Invitation.wave_id)
        .outerjoin(Absence, Absence.nomination_id == Nomination.id)
        .where(
            Nomination.account_id == account_id,
            Nomination.state == NominationState.WAITING,
            visible_by_account(scope, Nomination.account_id),
        )
        .order_by(Nomination.id)
    )
    return tuple(
        NominationLine(
            id=one.id,
            contact_id=one.contact_id,
            contact=contact,
            why=one.why,
            words=one.words,
            name=one.name,
            email=one.email,
            phone=one.phone,
            wave=wave,
            at=one.at,
            has_answered=answered_at is not None,
            is_away=away is not None,
        )
        for one, contact, wave, answered_at, away in rows
    )


def find_nomination(session: Session, nomination_id: int, *, scope: Scope) -> Nomination:
    """The nomination of that id. Raises NotFound, also for one outside the scope."""
    which = (Nomination.id == nomination_id, visible_by_account(scope, Nomination.account_id))
    found = session.scalar(select(Nomination).where(*which))
    if found is None:
        raise NotFound("nomination", nomination_id)
    return found


def add_named(
    session: Session, nomination: Nomination, *, keeps_asking: bool, keys: Keys, by: int, now: datetime
) -> Added:
    """Make the named colleague a contact with the namer's language and zone, and invite them where it runs.

    The wave's own rules decide, as for everybody. With `keeps_asking` the namer is asked in new waves as
    before, else they are switched off. Raises Refused where nobody was named or somebody has looked already.
    """
    if not nomination.email:
        raise Refused("They named nobody; say what you found out, and set it aside.")
    _decide(session, nomination, NominationState.ADDED, keeps_asking=keeps_asking, by=by, now=now)
    namer = session.get_one(Contact, nomination.contact_id)
    invitation = session.get_one(Invitation, nomination.invitation_id)
    facts = NewContact(
        account_id=nomination.account_id,
        name=nomination.name,
        email=nomination.email,
        phone=nomination.phone,
        language=namer.language or invitation.language,
        time_zone=namer.time_zone or invitation.time_zone,
    )
    contact = add_contact(session, facts, now=now)
    nomination.added_id = contact.id
    session.flush()
    wave = session.get_one(Wave, invitation.wave_id)
    program, version = session.get_one(Program, wave.program_id), _version(session, wave)
    languages = tuple(version.definition["languages"])
    rule = invite_one(session, wave, program, contact.id, keys=keys, languages=languages, now=now)
    _trail(session, "add_nominated", nomination, by=by, now=now, added=contact.id)
    return Added(contact.id, rule)


def dismiss(
    session: Session, nomination: Nomination, *, reason: str, keeps_asking: bool, by: int, now: datetime
) -> None:
    """Set an excuse aside, with a reason where somebody was named. `keeps_asking` is as above.

    Raises Refused for a missing or long reason, and when somebody has looked already.
    """
    said = reason.replace("\0", "").strip()
    if nomination.email and not said:
        raise Refused("Say in a few words why the colleague is not to be asked.")
    if len(said) > REASON_LIMIT:
        raise Refused(f"The reason has {len(said)} characters; {REASON_LIMIT} is the most.")
    _decide(session, nomination, NominationState.DISMISSED, keeps_asking=keeps_asking, by=by, now=now)
    nomination.reason = said
    session.flush()
    _trail(session, "dismiss_nomination", nomination, by=by, now=now)


def _decide(
    session: Session,
    nomination: Nomination,
    state: NominationState,
    *,
    keeps_asking: bool,
    by: int,
    now: datetime,
) -> None:
    """Take the one decision about it; of two people at once the second is refused."""
    waits = (Nomination.id == nomination.id, Nomination.state == NominationState.WAITING)
    values = {"state": state, "decided_at": now, "decided_by_id": by}
    if not run(session, update(Nomination).where(*waits).values(**values)):
        raise Refused("Somebody has looked at this already; the account's page shows what is left.")
    session.refresh(nomination)
    if not keeps_asking:
        off = update(Contact).where(Contact.id == nomination.contact_id, Contact.active.is_(True))
        run(session, off.values(active=False, updated_at=now))


def _version(session: Session, wave: Wave) -> QuestionnaireVersion:
    return session.get_one(QuestionnaireVersion, wave.version_id)


def _trail(
    session: Session, action: str, nomination: Nomination, *, by: int, now: datetime, **facts: int
) -> None:
    said = {"nomination": nomination.id, **facts}
    contact_id = nomination.contact_id
    record(session, action=action, thing="contact", thing_id=contact_id, by=by, now=now, facts=said)
