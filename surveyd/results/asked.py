"""Whom a wave has asked at each account, as far as silence and flags need it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.cadence import cadence_of
from surveyd.distribution.models import Invitation, InvitationState, Suppression, Wave, WaveState
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.models import Contact, RelationshipRole
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.results.standings import count_of

BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class WaveAsked:
    """A wave, the one before it, and whether its last reminder is out: until then nobody is silent.

    The id 0 stands for no wave.
    """

    id: int = 0
    before_id: int = 0
    reminded: bool = False


def wave_asked(session: Session, waves: list[Wave], now: datetime) -> WaveAsked:
    """The first of `waves`, and the one behind it as the wave before."""
    if not waves:
        return WaveAsked()
    first = waves[0]
    last = timedelta(days=cadence_of(session, first).last_mail_day)
    due = first.day_zero is not None and now >= first.day_zero + last
    before_id = waves[1].id if len(waves) > 1 else 0
    return WaveAsked(first.id, before_id, due or first.state is WaveState.CLOSED)


def asked(scope: Scope, *narrowed: ColumnElement[bool]) -> Subquery:
    """One row per wave and account with somebody invited: wave_id, account_id, invited.

    With how many of them decide (asked_deciders) and whose mail bounces unanswered (bounced).
    """
    bounces = and_(Suppression.reason == BOUNCED, Invitation.state != InvitationState.ANSWERED)
    counted = (
        select(
            *KEYS,
            func.count().label("invited"),
            count_of(Contact.role == RelationshipRole.DECISION_MAKER).label("asked_deciders"),
            count_of(bounces).label("bounced"),
        )
        .join(Contact, Contact.id == Invitation.contact_id)
        .outerjoin(Suppression, Suppression.address == func.lower(Contact.email))
    )
    seen = visible_by_account(scope, Invitation.account_id)
    return counted.where(seen, *narrowed).group_by(*KEYS).subquery("asked")


def answered_in(wave_id: int) -> Select[int]:
    """The accounts with an answer in a wave."""
    return select(Score.account_id).where(Score.wave_id == wave_id, Score.rule_version == CURRENT_RULE)


KEYS = (Invitation.wave_id, Invitation.account_id)
