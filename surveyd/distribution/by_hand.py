"""What staff do for one person of a wave: send the survey again, remind now, invite.

The rules of the wave decide here too, and the answer to a "no" is its rule: nobody is mailed after an answer,
an opt-out or a bounce, nor twice a day. What is allowed becomes a touch like any other, which goes out inside
the sending hours where the person is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.tokens import Keys
from surveyd.distribution.address_wishes import RULE as ADDRESS_STOPPED
from surveyd.distribution.address_wishes import is_stopped
from surveyd.distribution.cadence import (
    INVITATION,
    REMINDER,
    WISHED_INVITATION,
    WISHED_REMINDER,
    cadence_of,
    numbered_step,
    plain_step,
)
from surveyd.distribution.invitations import hold, withdraw
from surveyd.distribution.models import (
    OWED,
    Channel,
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Program,
    QuestionnaireVersion,
    Suppression,
    Touch,
    TouchState,
    Wave,
    WaveKind,
    WaveState,
)
from surveyd.distribution.opt_outs import RULE as NOT_THIS_PROGRAM
from surveyd.distribution.preparing import NOT_OPEN as NOT_OPEN
from surveyd.distribution.preparing import invite_one
from surveyd.distribution.return_models import ProgramOptOut
from surveyd.people.access import Scope
from surveyd.people.audit import record
from surveyd.people.contacts import find_contact
from surveyd.people.models import Contact

APART = timedelta(hours=24)
"""How long after one mail of a wave the next one may be sent by hand."""
MOST = 5
MAILED_LATELY, ON_ITS_WAY, OFTEN, NOT_INVITED = "mailed_lately", "on_its_way", "often", "not_invited"
BY_HAND = "sent by hand"


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be done for one contact in one wave; an empty rule means that it may."""

    wave_id: int
    wave: str
    invitation_id: int | None
    state: InvitationState | None
    mailed_at: datetime | None
    mail_rule: str
    """The rule against another mail, `not_invited` for who is not in the wave."""


def standing_in(session: Session, wave: Wave, contact_id: int, *, scope: Scope, now: datetime) -> Standing:
    """Where a contact stands. Raises NotFound outside the scope."""
    contact = find_contact(session, contact_id, scope=scope)
    this = (Invitation.wave_id == wave.id, Invitation.contact_id == contact.id)
    invitation = session.scalar(select(Invitation).where(*this))
    if invitation is None:
        return Standing(wave.id, wave.slug, None, None, None, NOT_INVITED)
    mailed_at = _mailed_at(session, invitation.id)
    rule = _against(session, wave, invitation, contact, now=now)
    return Standing(wave.id, wave.slug, invitation.id, invitation.state, mailed_at, rule)


def send_again(session: Session, invitation_id: int, *, by: int, now: datetime) -> str:
    """Send the invitation once more; return the rule against it, empty for done."""
    return _mail(session, invitation_id, INVITATION, by=by, now=now)


def remind_now(session: Session, invitation_id: int, *, by: int, now: datetime) -> str:
    """Remind now, in place of the next planned reminder; return the rule against it, empty for done."""
    return _mail(session, invitation_id, REMINDER, by=by, now=now)


def invite_now(session: Session, wave: Wave, contact_id: int, *, keys: Keys, by: int, now: datetime) -> str:
    """Invite one more contact into a running wave; return the rule against it, empty for done."""
    program = session.get_one(Program, wave.program_id)
    languages = session.get_one(QuestionnaireVersion, wave.version_id).definition["languages"]
    rule = invite_one(session, wave, program, contact_id, keys=keys, languages=tuple(languages), now=now)
    facts: dict[str, str | int] = {"wave": wave.id, "rule": rule}
    record(session, action="invite", thing="contact", thing_id=contact_id, by=by, now=now, facts=facts)
    return rule


def open_wave_of(session: Session, contact_id: int) -> Wave | None:
    """The running wave in which the contact was asked last, else the latest that runs; None without one."""
    asked = select(Wave).join(Invitation, Invitation.wave_id == Wave.id)
    runs = (Wave.kind == WaveKind.PROGRAM, Wave.state == WaveState.OPEN)
    latest = asked.where(Invitation.contact_id == contact_id, *runs).order_by(Invitation.id.desc()).limit(1)
    return session.scalar(latest) or session.scalar(
        select(Wave).where(*runs).order_by(Wave.day_zero.desc(), Wave.id.desc()).limit(1)
    )


def _mail(session: Session, invitation_id: int, mail: str, *, by: int, now: datetime) -> str:
    hold(session, Invitation.id == invitation_id)
    invitation = session.get_one(Invitation, invitation_id, populate_existing=True)
    wave, contact = session.get_one(Wave, invitation.wave_id), session.get_one(Contact, invitation.contact_id)
    rule = _against(session, wave, invitation, contact, now=now)
    rule = rule or _add(session, invitation, mail, now=now)
    if not rule and mail == REMINDER:
        _withdraw_reminder(session, wave, invitation, now=now)
    facts = {"mail": mail, "rule": rule}
    record(
        session, action="mail_now", thing="invitation", thing_id=invitation_id, by=by, now=now, facts=facts
    )
    return rule


def _against(session: Session, wave: Wave, invitation: Invitation, contact: Contact, *, now: datetime) -> str:
    """The rule against one more mail of this wave, empty for none."""
    if invitation.state is not InvitationState.WAITING:
        return invitation.state.value
    if wave.state is not WaveState.OPEN or (wave.closes_at is not None and now >= wave.closes_at):
        return NOT_OPEN
    if not contact.active:
        return "contact_inactive"
    return _unwanted(session, wave, contact) or _too_soon(session, invitation.id, now=now)


def _unwanted(session: Session, wave: Wave, contact: Contact) -> str:
    """The rule by which this contact is not mailed, empty for none."""
    if contact.opted_out_at is not None:
        return InvitationState.OPTED_OUT.value
    if not contact.email:
        return "no_address"
    if session.get(Suppression, contact.email.lower()) is not None:
        return "suppressed"
    if session.get(ProgramOptOut, (wave.program_id, contact.id)) is not None:
        return NOT_THIS_PROGRAM
    return ADDRESS_STOPPED if is_stopped(session, contact.id, wave.program_id) else ""


def _too_soon(session: Session, invitation_id: int, *, now: datetime) -> str:
    mails = (Message.invitation_id == invitation_id, Message.touch_id.is_not(None))
    if session.scalar(select(Message.id).where(*mails, Message.state.in_(OWED)).limit(1)) is not None:
        return ON_ITS_WAY
    due = select(Touch.id).where(
        Touch.invitation_id == invitation_id,
        Touch.channel == Channel.MAIL,
        Touch.state == TouchState.PLANNED,
        Touch.due_at <= now + APART,
    )
    if session.scalar(due.limit(1)) is not None:
        return ON_ITS_WAY
    mailed_at = _mailed_at(session, invitation_id)
    return MAILED_LATELY if mailed_at is not None and mailed_at > now - APART else ""


def _mailed_at(session: Session, invitation_id: int) -> datetime | None:
    mails = (Message.invitation_id == invitation_id, Message.touch_id.is_not(None))
    latest = select(func.max(Message.sent_at)).where(*mails, Message.state == MessageState.SENT)
    return session.execute(latest).scalar_one_or_none()


def _withdraw_reminder(session: Session, wave: Wave, invitation: Invitation, *, now: datetime) -> None:
    """The reminder by hand takes the place of the next one that was planned."""
    mails = [step.name for step in cadence_of(session, wave).steps if step.mail == REMINDER]
    planned = (
        Touch.invitation_id == invitation.id,
        Touch.step.in_([*mails, WISHED_REMINDER]),
        Touch.state == TouchState.PLANNED,
        Touch.due_at > now,
    )
    first = session.scalar(select(Touch.id).where(*planned).order_by(Touch.due_at, Touch.id).limit(1))
    withdraw(session, Touch.id == first, reason=BY_HAND)


def _add(session: Session, invitation: Invitation, mail: str, *, now: datetime) -> str:
    """Plan one more touch, due now; the rule against it when there are many already."""
    step = WISHED_REMINDER if mail == REMINDER else WISHED_INVITATION
    steps = session.scalars(select(Touch.step).where(Touch.invitation_id == invitation.id))
    number = sum(plain_step(one) == step for one in steps) + 1
    if number > MOST:
        return OFTEN
    touch = Touch(
        invitation_id=invitation.id,
        wave_id=invitation.wave_id,
        step=numbered_step(step, number),
        channel=Channel.MAIL,
        state=TouchState.PLANNED,
        due_at=now,
    )
    session.add(touch)
    session.flush()
    return ""
