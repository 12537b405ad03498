"""Who is in a wave and who is out, and by which rule: the same answer before, at and after the launch.

The rule is one SQL expression: lists, counts and the launch itself ask the same one, and none of them
needs to load every contact to know.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, literal, select
from sqlalchemy.orm import Session, aliased

from surveyd.distribution.models import (
    Exclusion,
    Invitation,
    InvitationState,
    Program,
    Suppression,
    Wave,
    WaveKind,
    WaveState,
)
from surveyd.distribution.wish_models import Nomination, NominationState
from surveyd.people.models import Account, AccountStatus, Contact

CHUNK = 2000
RULES = {
    "account_lapsed": "the account is lapsed",
    "contact_inactive": "the contact has left or was switched off",
    "opted_out": "the contact asked not to be mailed",
    "no_address": "the contact has no e-mail address",
    "suppressed": "mail to this address came back or was complained about",
    "not_right_person": "the contact said that they are not the right person; nobody has looked yet",
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
class Counts:
    """An audience in numbers: how many are in, and how many each rule leaves out.

    `wishes` counts who would be in by their language, empty for none of their own; after the launch it is
    empty, for then each invitation has its language.
    """

    invited: int
    left_out: dict[str, int]
    wishes: dict[str, int] = field(default_factory=dict)


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
    """Every contact with their rule, in memory: who would be in at `now`, or who is once it was launched."""
    if wave.state is not WaveState.SCHEDULED:
        return Audience(tuple(_settled(session, wave)))
    twins = twins_of(session)
    members: list[Member] = []
    while chunk := judge(
        session, wave, program, twins=twins, after=members[-1].contact_id if members else 0, now=now
    ):
        members += chunk
    return Audience(tuple(members))


def count_audience(session: Session, wave: Wave, program: Program, *, now: datetime) -> Counts:
    """How many would be in and out of a launch at `now`; once the wave was launched, how many are."""
    if wave.state is not WaveState.SCHEDULED:
        invited = select(func.count()).where(Invitation.wave_id == wave.id)
        excluded = select(Exclusion.rule, func.count().label("contacts")).where(Exclusion.wave_id == wave.id)
        rows = session.execute(excluded.group_by(Exclusion.rule))
        return Counts(session.execute(invited).scalar_one(), {row.rule: row.contacts for row in rows})
    rule = rule_of(wave, program, now=now).label("rule")
    ruled = with_facts(select(rule, Contact.language)).subquery()
    counted = select(*ruled.c, func.count().label("contacts")).group_by(*ruled.c)
    rules: Counter[str] = Counter()
    wishes: dict[str, int] = {}
    for row in session.execute(counted):
        rules[row.rule] += row.contacts
        if not row.rule:
            wishes[row.language] = row.contacts
    return Counts(rules.pop("", 0), dict(rules), wishes)


def judge(
    session: Session, wave: Wave, program: Program, *, twins: Sequence[int], after: int, now: datetime
) -> list[Member]:
    """The next contacts with an id above `after`, by id, each with its rule; an empty list is the end.

    `twins` are the contacts whose address is asked at another one, by id, as `twins_of` gives them.
    """
    # No more of them than contacts can be in the chunk, however many there are.
    near = [contact_id for contact_id in twins if contact_id > after][:CHUNK]
    facts = _members(rule_of(wave, program, twins=near, now=now))
    rows = session.execute(facts.where(Contact.id > after).order_by(Contact.id).limit(CHUNK))
    return [Member(*tuple(row)) for row in rows]


def judge_one(session: Session, wave: Wave, program: Program, contact_id: int, *, now: datetime) -> Member:
    """The same of one contact alone."""
    facts = _members(rule_of(wave, program, now=now)).where(Contact.id == contact_id)
    return Member(*tuple(session.execute(facts).one()))


def _members(rule: ColumnElement[str]) -> Select[*tuple[Any, ...]]:
    facts = (Contact.id, Contact.external_id, Contact.account_id, Contact.language, Contact.time_zone)
    return with_facts(select(*facts, rule.label("rule")))


def twins_of(session: Session) -> tuple[int, ...]:
    """The contacts who share an address with another one, who is asked in their place; by id."""
    twins = _twins()
    return tuple(session.scalars(twins.order_by(*twins.selected_columns)))


def rule_of(
    wave: Wave, program: Program, *, twins: Sequence[int] | None = None, now: datetime
) -> ColumnElement[str]:
    """The rule that leaves a contact out of a wave launched at `now`, empty for who is in.

    An expression for a select made by `with_facts`; `twins` spares it looking for shared addresses again.
    """
    return case(
        (Account.status != AccountStatus.ACTIVE, "account_lapsed"),
        (Contact.active.is_(False), "contact_inactive"),
        (Contact.opted_out_at.is_not(None), "opted_out"),
        (Contact.email == "", "no_address"),
        (Suppression.reason.is_not(None), "suppressed"),
        (waits_for_a_look(), "not_right_person"),
        (Contact.id.in_(_twins() if twins is None else twins), "same_address"),
        (_rested(wave, program, now), "rested"),
        else_="",
    )


def with_facts(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join to a select on contacts what the rules ask for."""
    return (
        query.select_from(Contact)
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(Suppression, Suppression.address == func.lower(Contact.email))
    )


def waits_for_a_look() -> ColumnElement[bool]:
    """Whether a `Contact` said that they are not the right person, and nobody of ours has looked at it."""
    return exists().where(Nomination.contact_id == Contact.id, Nomination.state == NominationState.WAITING)


def _rested(wave: Wave, program: Program, now: datetime) -> ColumnElement[bool]:
    if not program.rest_days:
        return false()
    # Who came by themselves, or was asked about their own case, was not asked by a wave.
    asked_at = (
        select(func.max(Invitation.invited_at))
        .where(
            Invitation.contact_id == Contact.id,
            Invitation.wave_id != wave.id,
            Invitation.wave_id.not_in(select(Wave.id).where(Wave.kind == WaveKind.STANDING)),
            Invitation.state != InvitationState.CANCELLED,
        )
        .scalar_subquery()
    )
    return asked_at > now - timedelta(days=program.rest_days)


def _twins() -> Select[*tuple[Any, ...]]:
    contact, account = aliased(Contact), aliased(Account)
    address = func.lower(contact.email)
    asked = (contact.email != "", contact.active, contact.opted_out_at.is_(None))
    shared = (
        select(address.label("address"), func.min(contact.id).label("first"))
        .join(account, account.id == contact.account_id)
        .where(*asked, account.status == AccountStatus.ACTIVE)
        .group_by(address)
        .having(func.count() > 1)
        .subquery()
    )
    twin = aliased(Contact)
    return select(twin.id).join(
        shared, and_(shared.c.address == func.lower(twin.email), shared.c.first != twin.id)
    )


def _settled(session: Session, wave: Wave) -> Iterator[Member]:
    facts = (Contact.id, Contact.external_id, Contact.account_id, Contact.language, Contact.time_zone)
    invited = select(*facts, literal("")).join(Invitation, Invitation.contact_id == Contact.id)
    excluded = select(*facts, Exclusion.rule).join(Exclusion, Exclusion.contact_id == Contact.id)
    for query in (invited.where(Invitation.wave_id == wave.id), excluded.where(Exclusion.wave_id == wave.id)):
        for contact_id, external_id, account_id, language, time_zone, rule in session.execute(
            query.order_by(Contact.id)
        ):
            yield Member(contact_id, external_id, account_id, language, time_zone, rule)
