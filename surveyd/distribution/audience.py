"""Who is in a wave and who is out, and by which rule: the same answer before, at and after the launch."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, literal, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import (
    Exclusion,
    Invitation,
    InvitationState,
    Program,
    Suppression,
    Wave,
    WaveState,
)
from surveyd.people.models import Account, AccountStatus, Contact

CHUNK = 2000
RULES = {
    "account_lapsed": "the account is lapsed",
    "contact_inactive": "the contact has left or was switched off",
    "opted_out": "the contact asked not to be mailed",
    "no_address": "the contact has no e-mail address",
    "suppressed": "mail to this address came back or was complained about",
    "same_address": "another contact with this address is asked",
    "rested": "the contact was asked within the rest period",
}


@dataclass(frozen=True, slots=True)
class Member:
    """One contact and the rule that leaves them out; an empty rule means: in."""

    contact_id: int
    external_id: str
    account_id: int
    language: str
    time_zone: str
    rule: str


@dataclass(frozen=True, slots=True)
class Audience:
    """A whole audience with its sums."""

    members: tuple[Member, ...]

    @property
    def invited(self) -> int:
        return sum(not member.rule for member in self.members)

    @property
    def left_out(self) -> dict[str, int]:
        """How many each rule leaves out."""
        return dict(Counter(member.rule for member in self.members if member.rule))


def audience_of(session: Session, wave: Wave, program: Program, *, now: datetime) -> Audience:
    """Who would be in, if the wave were launched at `now`; once it was launched, who is."""
    if wave.state is not WaveState.SCHEDULED:
        return Audience(tuple(_settled(session, wave)))
    shared = shared_addresses(session)
    members: list[Member] = []
    while chunk := judge(
        session, wave, program, shared=shared, after=members[-1].contact_id if members else 0, now=now
    ):
        members += chunk
    return Audience(tuple(members))


def judge(
    session: Session, wave: Wave, program: Program, *, shared: dict[str, int], after: int, now: datetime
) -> list[Member]:
    """The next contacts with an id above `after`, by id, each with its rule; an empty list is the end."""
    rows = session.execute(
        _candidates(wave, program, now).where(Contact.id > after).order_by(Contact.id).limit(CHUNK)
    )
    return [
        Member(row.id, row.external_id, row.account_id, row.language, row.time_zone, _rule(row, shared))
        for row in rows
    ]


def shared_addresses(session: Session) -> dict[str, int]:
    """Each address that several contacts share, with the id of the one who is asked."""
    address = func.lower(Contact.email)
    groups = (
        select(address, func.min(Contact.id))
        .join(Account, Account.id == Contact.account_id)
        .where(
            Contact.email != "",
            Contact.active,
            Contact.opted_out_at.is_(None),
            Account.status == AccountStatus.ACTIVE,
        )
        .group_by(address)
        .having(func.count() > 1)
    )
    return {row[0]: row[1] for row in session.execute(groups)}


def _candidates(wave: Wave, program: Program, now: datetime) -> Select[*tuple[Any, ...]]:
    asked_at = (
        select(func.max(Invitation.invited_at))
        .where(
            Invitation.contact_id == Contact.id,
            Invitation.wave_id != wave.id,
            Invitation.state != InvitationState.CANCELLED,
        )
        .scalar_subquery()
    )
    rested = asked_at > now - timedelta(days=program.rest_days)
    return (
        select(
            Contact.id,
            Contact.external_id,
            Contact.account_id,
            Contact.email,
            Contact.language,
            Contact.time_zone,
            Contact.active,
            Contact.opted_out_at,
            Account.status,
            Suppression.reason.label("suppressed"),
            rested.label("rested") if program.rest_days else Contact.id.is_(None).label("rested"),
        )
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(Suppression, Suppression.address == func.lower(Contact.email))
    )


def _rule(row: Row[*tuple[Any, ...]], shared: dict[str, int]) -> str:
    if row.status is not AccountStatus.ACTIVE:
        return "account_lapsed"
    if not row.active:
        return "contact_inactive"
    if row.opted_out_at is not None:
        return "opted_out"
    if not row.email:
        return "no_address"
    if row.suppressed is not None:
        return "suppressed"
    if shared.get(row.email.lower(), row.id) != row.id:
        return "same_address"
    return "rested" if row.rested else ""


def _settled(session: Session, wave: Wave) -> Iterator[Member]:
    facts = (Contact.id, Contact.external_id, Contact.account_id, Contact.language, Contact.time_zone)
    invited = select(*facts, literal("")).join(Invitation, Invitation.contact_id == Contact.id)
    excluded = select(*facts, Exclusion.rule).join(Exclusion, Exclusion.contact_id == Contact.id)
    for query in (invited.where(Invitation.wave_id == wave.id), excluded.where(Exclusion.wave_id == wave.id)):
        for contact_id, external_id, account_id, language, time_zone, rule in session.execute(
            query.order_by(Contact.id)
        ):
            yield Member(contact_id, external_id, account_id, language, time_zone, rule)
