"""Where each contact of a launched wave stands: in exactly one state, so that the states add up.

The state is one SQL expression over the ledger; the reconciliation counts by it, the audience lists by it.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, exists, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.kept import Latest
from surveyd.distribution.models import (
    OWED,
    Channel,
    Exclusion,
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Suppression,
    Touch,
    TouchState,
    Wave,
)
from surveyd.distribution.seal_models import Seal

STANDINGS = (
    "answered",
    "waiting",
    "to_be_mailed",
    "held",
    "no_answer",
    "opted_out",
    "declined",
    "bounced",
    "unreachable",
    "cancelled",
)
"""Every state an invited contact can stand in, as a page lists them."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A whole audience by where each contact stands; `left_out` counts by rule. All adds up to `total`."""

    standings: dict[str, int]
    left_out: dict[str, int]

    @property
    def invited(self) -> int:
        return sum(self.standings.values())

    @property
    def total(self) -> int:
        return self.invited + sum(self.left_out.values())


def reconcile(session: Session, wave: Wave) -> Reconciliation:
    """Count every contact of a launched wave, in three statements; states that nobody is in are left out.

    A sealed wave stands as it was sealed.
    """
    sealed = session.get(Seal, wave.id)
    if sealed is not None:
        stood = sealed.places["standings"]
        return Reconciliation(
            {name: stood[name] for name in STANDINGS if name in stood}, dict(sealed.places["left_out"])
        )
    stands = select(standing().label("standing")).where(Invitation.wave_id == wave.id).subquery()
    counted = select(stands.c.standing, func.count().label("contacts")).group_by(stands.c.standing)
    counts = {row.standing: row.contacts for row in session.execute(counted)}
    left_out = select(Exclusion.rule, func.count().label("contacts")).where(Exclusion.wave_id == wave.id)
    return Reconciliation(
        {name: counts[name] for name in STANDINGS if name in counts},
        {row.rule: row.contacts for row in session.execute(left_out.group_by(Exclusion.rule))},
    )


LATEST = Latest[Reconciliation](lambda stood: stood.total)


def reconciled_lately(session: Session, wave: Wave) -> Reconciliation:
    """The same, at most half a minute old where there are many contacts: for a page that stays open."""
    place = str(session.get_bind().engine.url)
    return LATEST.of((place, wave.id, wave.state), lambda: reconcile(session, wave))


def standing() -> ColumnElement[str]:
    """Where one `Invitation` stands: what ended the asking, else how far its mails have come.

    `waiting` and `no_answer` are reached by mail; `unreachable` is neither reached nor to be mailed any more,
    and may still be called.
    """
    over = Invitation.state == InvitationState.CLOSED
    return case(
        *((Invitation.state == state, state.value) for state in ENDED),
        (and_(_mail(Message.state == MessageState.SENT), over), "no_answer"),
        (_mail(Message.state == MessageState.SENT), "waiting"),
        (_mail(_came_back()), "bounced"),
        (_mail(Message.state == MessageState.HELD) | _touch(TouchState.HELD), "held"),
        (_mail(Message.state.in_(OWED)) | _touch(TouchState.PLANNED), "to_be_mailed"),
        else_="unreachable",
    )


ENDED = (
    InvitationState.ANSWERED,
    InvitationState.OPTED_OUT,
    InvitationState.DECLINED,
    InvitationState.CANCELLED,
)


def _mail(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a planned mail of the invitation is `which`: thanks and letters say nothing about reaching."""
    return exists().where(Message.invitation_id == Invitation.id, Message.touch_id.is_not(None), which)


def _came_back() -> ColumnElement[bool]:
    stopped = Message.state.in_([MessageState.FAILED, MessageState.SUPPRESSED])
    address = Suppression.address == func.lower(Message.recipient)
    return and_(stopped, exists().where(address, Suppression.reason == "bounced"))


def _touch(state: TouchState) -> ColumnElement[bool]:
    by_mail = and_(Touch.channel == Channel.MAIL, Touch.state == state)
    return exists().where(Touch.invitation_id == Invitation.id, by_mail)
