"""Who is in a wave and who is out, and by which rule: the same answer before, at and after the launch.

The rule is one SQL expression (`audience_rules`): lists, counts and the launch itself ask the same one, and
none of them needs to load every contact to know.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.orm import Session

from surveyd.distribution.audience_plans import EVERYBODY, asked_by, asked_of
from surveyd.distribution.audience_rules import RULES as RULES
from surveyd.distribution.audience_rules import rule_of, twins_among, with_facts
from surveyd.distribution.audience_rules import waits_for_a_look as waits_for_a_look
from surveyd.distribution.last_waves import last_wave
from surveyd.distribution.models import Exclusion, Invitation, Program, Wave, WaveState
from surveyd.distribution.sealed_places import is_sealed, sealed_rules
from surveyd.people.models import Contact

CHUNK = 2000
FAR = 20
"""From so many percent more or fewer people than the last wave on, somebody should look why."""


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


@dataclass(frozen=True, slots=True)
class Comparison:
    """An audience beside that of the last wave of its program, empty without one.

    `rules` has each rule that leaves somebody out of either: how many then, how many now.
    """

    last: str
    then: int
    now: int
    rules: dict[str, tuple[int, int]]

    @property
    def percent(self) -> int | None:
        """How many percent more, or fewer if below 0; None where nobody was asked before."""
        return round(100 * (self.now - self.then) / self.then) if self.last and self.then else None

    @property
    def is_far_off(self) -> bool:
        """Whether the number differs so much that somebody should look why."""
        return self.percent is not None and abs(self.percent) >= FAR


def audience_of(session: Session, wave: Wave, program: Program, *, now: datetime) -> Audience:
    """Every contact with their rule, in memory: who would be in at `now`, or who is once it was launched."""
    if wave.state is not WaveState.SCHEDULED:
        return Audience(tuple(_settled(session, wave)))
    twins = twins_of(session, wave)
    members: list[Member] = []
    while chunk := judge(
        session, wave, program, twins=twins, after=members[-1].contact_id if members else 0, now=now
    ):
        members += chunk
    return Audience(tuple(members))


def count_audience(session: Session, wave: Wave, program: Program, *, now: datetime) -> Counts:
    """How many would be in and out of a launch at `now`; once the wave was launched, how many are.

    Of a sealed wave they are those that were sealed.
    """
    if is_sealed(session, wave):
        rules = sealed_rules(session, wave)
        return Counts(rules.pop("", 0), rules)
    if wave.state is not WaveState.SCHEDULED:
        invited = select(func.count()).where(Invitation.wave_id == wave.id)
        excluded = select(Exclusion.rule, func.count().label("contacts")).where(Exclusion.wave_id == wave.id)
        rows = session.execute(excluded.group_by(Exclusion.rule))
        return Counts(session.execute(invited).scalar_one(), {row.rule: row.contacts for row in rows})
    rule = rule_of(wave, program, asked_of(session, wave), now=now, of_many=True).label("rule")
    ruled = with_facts(select(rule, Contact.language)).subquery()
    counted = select(*ruled.c, func.count().label("contacts")).group_by(*ruled.c)
    found: Counter[str] = Counter()
    wishes: dict[str, int] = {}
    for row in session.execute(counted):
        found[row.rule] += row.contacts
        if not row.rule:
            wishes[row.language] = row.contacts
    return Counts(found.pop("", 0), dict(found), wishes)


def compare_with_last(
    session: Session, wave: Wave, program: Program, *, now: datetime, counts: Counts | None = None
) -> Comparison:
    """How the audience differs from that of the program's last launched wave; `counts` if they are known."""
    counts = counts or count_audience(session, wave, program, now=now)
    last = last_wave(session, wave, now=now)
    if last is None:
        return Comparison("", 0, counts.invited, {})
    then = count_audience(session, last, program, now=now)
    names = [rule for rule in RULES if rule in then.left_out or rule in counts.left_out]
    rules = {rule: (then.left_out.get(rule, 0), counts.left_out.get(rule, 0)) for rule in names}
    return Comparison(last.slug, then.invited, counts.invited, rules)


def judge(
    session: Session, wave: Wave, program: Program, *, twins: Sequence[int], after: int, now: datetime
) -> list[Member]:
    """The next contacts with an id above `after`, by id, each with its rule; an empty list is the end.

    `twins` are the contacts whose address is asked at another one, by id, as `twins_of` gives them.
    """
    # No more of them than contacts can be in the chunk, however many there are.
    near = [contact_id for contact_id in twins if contact_id > after][:CHUNK]
    facts = _members(rule_of(wave, program, asked_of(session, wave), twins=near, now=now))
    rows = session.execute(facts.where(Contact.id > after).order_by(Contact.id).limit(CHUNK))
    return [Member(*tuple(row)) for row in rows]


def judge_one(session: Session, wave: Wave, program: Program, contact_id: int, *, now: datetime) -> Member:
    """The same of one contact who is asked by hand: no filter or sample leaves them out, all else does."""
    rule = rule_of(wave, program, asked_of(session, wave).by_hand, of=[contact_id], now=now)
    return Member(*tuple(session.execute(_members(rule).where(Contact.id == contact_id)).one()))


def twins_of(session: Session, wave: Wave | None = None) -> tuple[int, ...]:
    """The contacts who share an address with another one, who is asked in their place; by id.

    Only those whom the wave asks count; without a wave all active customers.
    """
    asked = asked_by(session, EVERYBODY) if wave is None else asked_of(session, wave)
    twins = twins_among(asked)
    return tuple(session.scalars(twins.order_by(*twins.selected_columns)))


def _members(rule: ColumnElement[str]) -> Select[*tuple[Any, ...]]:
    facts = (Contact.id, Contact.external_id, Contact.account_id, Contact.language, Contact.time_zone)
    return with_facts(select(*facts, rule.label("rule")))


def _settled(session: Session, wave: Wave) -> Iterator[Member]:
    facts = (Contact.id, Contact.external_id, Contact.account_id, Contact.language, Contact.time_zone)
    invited = select(*facts, literal("")).join(Invitation, Invitation.contact_id == Contact.id)
    excluded = select(*facts, Exclusion.rule).join(Exclusion, Exclusion.contact_id == Contact.id)
    for query in (invited.where(Invitation.wave_id == wave.id), excluded.where(Exclusion.wave_id == wave.id)):
        for contact_id, external_id, account_id, language, time_zone, rule in session.execute(
            query.order_by(Contact.id)
        ):
            yield Member(contact_id, external_id, account_id, language, time_zone, rule)
