"""A parent account with all below it: where the group stands, what it is worth, and its accounts.

A reader is told of the accounts in their sight; that there are others, and no more, is told as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.people.access import Scope
from surveyd.people.families import Family, families
from surveyd.people.models import Account, AccountStatus
from surveyd.reports.account_standing import StandingView, standing_view
from surveyd.results.account_figures import AccountVoices, account_voices, together
from surveyd.results.asked import WaveAsked
from surveyd.results.revenue import Money, add_money
from surveyd.scoring.flags import Asked
from surveyd.scoring.policy import Policy
from surveyd.scoring.rollup import WORST_FIRST

MOST_MEMBERS = 12


@dataclass(frozen=True, slots=True)
class Member:
    """One account of a group, with where it stands; revenue is None where the reader may not see it."""

    id: int
    name: str
    revenue_cents: int | None
    currency: str
    view: StandingView


@dataclass(frozen=True, slots=True)
class Group:
    """An account with all below it that the reader may see: `accounts` of them, itself among them.

    They are the active ones and whoever the wave has asked. `has_more` says that others are out of sight;
    `unknown` accounts have no known revenue; `members` begins with those that stand worst.
    """

    accounts: int
    has_more: bool
    view: StandingView
    revenue: tuple[Money, ...]
    unknown: int
    members: tuple[Member, ...]

    @property
    def left_out(self) -> int:
        """How many members there are beyond those listed; the head of the group is none of them."""
        return self.accounts - 1 - len(self.members)


@dataclass(frozen=True, slots=True)
class _Fact:
    id: int
    name: str
    is_active: bool
    revenue_cents: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Through which eyes accounts are looked at: a reader's, in a wave, by a policy, at an instant."""

    scope: Scope
    wave: WaveAsked
    policy: Policy
    now: datetime

    def silence(self) -> AccountVoices:
        """What there is of an account that nobody was asked at."""
        return AccountVoices(Asked(0, reminded=self.wave.reminded), ())


def groups_of(session: Session, root_ids: Sequence[int], *, at: Standpoint) -> dict[int, Group]:
    """The group of each of these accounts that has one, by its id. Four statements, however many."""
    found = families(session, list(root_ids), scope=at.scope)
    if not found:
        return {}
    ids = sorted({account_id for family in found.values() for account_id in family.account_ids})
    voices = account_voices(session, at.wave, scope=at.scope, now=at.now, among=ids)
    facts = _facts(session, ids)
    return {
        root_id: _group(root_id, family, facts=facts, voices=voices, at=at)
        for root_id, family in found.items()
    }


def stands_with_group(
    session: Session, account_id: int, *, at: Standpoint
) -> tuple[StandingView, Group | None]:
    """Where an account stands by itself, and its group if it has one. Three statements, four with a group."""
    family = families(session, [account_id], scope=at.scope).get(account_id)
    ids = family.account_ids if family else (account_id,)
    voices = account_voices(session, at.wave, scope=at.scope, now=at.now, among=ids)
    own = standing_view(voices.get(account_id, at.silence()), at.policy)
    if family is None:
        return own, None
    return own, _group(account_id, family, facts=_facts(session, ids), voices=voices, at=at)


def _group(
    root_id: int,
    family: Family,
    *,
    facts: Mapping[int, _Fact],
    voices: Mapping[int, AccountVoices],
    at: Standpoint,
) -> Group:
    counted = [facts[one] for one in family.account_ids if facts[one].is_active or one in voices]
    below = [_member(fact, voices.get(fact.id, at.silence()), at) for fact in counted if fact.id != root_id]
    heard = [voices[one] for one in family.account_ids if one in voices]
    seen = at.scope.sees_revenue
    return Group(
        accounts=len(below) + 1,
        has_more=family.has_more,
        view=standing_view(together(heard), at.policy),
        revenue=_revenue(counted) if seen else (),
        unknown=sum(fact.revenue_cents is None for fact in counted),
        members=tuple(sorted(below, key=_urgency)[:MOST_MEMBERS]),
    )


def _member(fact: _Fact, voices: AccountVoices, at: Standpoint) -> Member:
    cents = fact.revenue_cents if at.scope.sees_revenue else None
    return Member(fact.id, fact.name, cents, fact.currency, standing_view(voices, at.policy))


def _urgency(member: Member) -> tuple[int, int, str, int]:
    """The worst first, then the largest; of silent ones those whom the wave has asked before the others."""
    places: tuple[str, ...] = (*WORST_FIRST, "unclassified", "silent")
    state = member.view.state
    rank = places.index(state) if state in places else len(places)
    return rank, -(member.revenue_cents or 0), member.name, member.id


def _revenue(counted: Iterable[_Fact]) -> tuple[Money, ...]:
    known = [(fact.currency, fact.revenue_cents) for fact in counted if fact.revenue_cents is not None]
    return add_money(Money(currency, cents, 1) for currency, cents in known)


def _facts(session: Session, ids: Sequence[int]) -> dict[int, _Fact]:
    named = (Account.id, Account.name, Account.status, Account.revenue_cents, Account.currency)
    return {
        row.id: _Fact(row.id, row.name, row.status is AccountStatus.ACTIVE, row.revenue_cents, row.currency)
        for row in session.execute(select(*named).where(Account.id.in_(ids)))
    }
