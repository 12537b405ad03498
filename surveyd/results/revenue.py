"""Revenue by where the accounts stand in a wave, and the accounts' places in the matrix.

Silence is a state of its own, never neutral. A missing revenue is counted, never taken for zero. Sums are
kept by currency, and added across currencies only by the rates that an admin has entered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation
from surveyd.people.access import Scope, visible_accounts
from surveyd.people.comparable import comparable_cents
from surveyd.people.models import Account, AccountStatus
from surveyd.people.rates import Rates, worth_now
from surveyd.results import policies
from surveyd.results.models import Score
from surveyd.results.standings import standings
from surveyd.scoring.exposure import Holding, state_of
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.policy import Policy

SILENT = "silent"
NOT_ASKED = "not_asked"
STATES = (*(segment.value for segment in Segment), SILENT, NOT_ASKED)
"""Every state that an account can be in, each account in one of them."""

MOST_POINTS = 300

KEPT_STATEMENTS = 256
"""How many scopes' statements are kept: building one takes longer than running it."""
WAVE = bindparam("wave_id", type_=BigInteger)
BEFORE = bindparam("before_id", type_=BigInteger)


@dataclass(frozen=True, slots=True)
class Money:
    """A sum in hundredths of `currency` over so many accounts whose revenue is known."""

    currency: str
    cents: int
    accounts: int


@dataclass(frozen=True, slots=True)
class AccountGroup:
    """So many accounts of one currency that stand alike, `known` of them with a revenue, `cents` together.

    `state` and `before` are where they stand and stood, of STATES; `at_risk` says that they, or a decision
    maker of theirs, are at high risk.
    """

    state: str
    before: str
    at_risk: bool
    currency: str
    accounts: int
    known: int
    cents: int

    @property
    def went_quiet(self) -> bool:
        """Whether they answered the wave before and are silent now."""
        return self.state == SILENT and self.before not in (SILENT, NOT_ASKED)

    @property
    def holding(self) -> Holding:
        """The same as scoring adds it up."""
        placed = self.state not in (SILENT, NOT_ASKED)
        state = state_of(
            Segment(self.state) if placed else None,
            asked=self.state != NOT_ASKED,
            decider_at_risk=self.at_risk,
        )
        return Holding(state, self.currency, self.accounts, self.known, self.cents, self.went_quiet)


@dataclass(frozen=True, slots=True)
class StateRevenue:
    """The accounts in one state: how many, how many of them without a known revenue, and the sums."""

    state: str
    accounts: int
    unknown: int
    sums: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One account in the matrix; indexes from 0 to 100, revenue None where it is not known.

    `size` is the revenue as it compares with that of others of the same `sized_in`: a currency.
    """

    account_id: int
    name: str
    segment: Segment
    attitude: float
    intent: float
    revenue_cents: int | None
    currency: str
    size: float = 0.0
    sized_in: str = ""


def account_groups(
    session: Session, wave_id: int, *, scope: Scope, before_id: int | None = None
) -> tuple[AccountGroup, ...]:
    """The accounts of the scope in groups: the active, and whoever the wave has asked. Two statements.

    Each account is in one group; with the wave before it also says where the account stood then.
    """
    waves = {"wave_id": wave_id, "before_id": before_id}
    rows = session.execute(_groups(scope, policies.current(session)), waves)
    return tuple(
        AccountGroup(state, before, bool(at_risk), currency, accounts, known, int(cents))
        for state, before, at_risk, currency, accounts, known, cents in rows
    )


def revenue_by_state(groups: Iterable[AccountGroup]) -> tuple[StateRevenue, ...]:
    """The accounts by state, all of STATES in their order: the sums add up to the whole of each currency."""
    by_state: dict[str, list[AccountGroup]] = {state: [] for state in STATES}
    for group in groups:
        by_state[group.state].append(group)
    return tuple(_revenue(state, of) for state, of in by_state.items())


def revenue_at_risk(groups: Iterable[AccountGroup], *, rates: Rates | None = None) -> StateRevenue:
    """The accounts at high risk, or with a decision maker who is: nobody is averaged away.

    The sums are converted by the `rates`, if any are given.
    """
    found = _revenue(Segment.HIGH_RISK.value, [group for group in groups if group.at_risk])
    return replace(found, sums=told_in(found.sums, rates)) if rates else found


def add_up(groups: Iterable[AccountGroup]) -> tuple[Money, ...]:
    """The known revenue of the groups, by currency; what has none is in no sum."""
    return add_money(Money(group.currency, group.cents, group.known) for group in groups if group.known)


def add_money(sums: Iterable[Money]) -> tuple[Money, ...]:
    """The sums by currency, each currency once."""
    found: dict[str, list[Money]] = {}
    for money in sums:
        found.setdefault(money.currency, []).append(money)
    return tuple(
        Money(currency, sum(one.cents for one in of), sum(one.accounts for one in of))
        for currency, of in sorted(found.items())
    )


def told_in(sums: Iterable[Money], rates: Rates) -> tuple[Money, ...]:
    """What has a rate as one sum in the reporting currency, which comes first; the other sums as they are."""
    worth = rates.worth
    every = tuple(sums)
    known = [money for money in every if money.currency in worth]
    apart = add_money(money for money in every if money.currency not in worth)
    if not known:
        return apart
    cents = round(sum((money.cents * worth[money.currency] for money in known), Fraction(0)))
    return (Money(rates.reporting, cents, sum(money.accounts for money in known)), *apart)


def matrix_points(
    session: Session, wave_id: int, *, scope: Scope, most: int = MOST_POINTS
) -> tuple[Point, ...]:
    """The accounts with a place in the matrix: the `most` largest, converted where there are rates.

    What cannot be converted is compared within its currency.
    """
    rows = session.execute(_points(scope, policies.current(session)), {"wave_id": wave_id, "most": most})
    return tuple(
        Point(
            account_id=row.id,
            name=row.name,
            segment=Segment(row.segment),
            attitude=row.attitude,
            intent=row.intent,
            revenue_cents=row.revenue_cents if scope.sees_revenue else None,
            currency=row.currency,
            size=float(row.size or 0) if scope.sees_revenue else 0.0,
            sized_in=row.sized_in,
        )
        for row in rows
    )


@lru_cache(maxsize=KEPT_STATEMENTS)
def _groups(scope: Scope, policy: Policy) -> Select[Any]:
    now = standings(scope, Score.wave_id == WAVE, policy=policy)
    then = standings(scope, Score.wave_id == BEFORE, policy=policy).alias("stood")
    at_risk = or_(now.c.segment == Segment.HIGH_RISK.value, now.c.deciders_at_risk > 0)
    each = (
        select(
            _state(now, WAVE).label("state"),
            _state(then, BEFORE).label("before"),
            case((at_risk, 1), else_=0).label("at_risk"),
            Account.currency,
            Account.revenue_cents,
        )
        .select_from(Account)
        .outerjoin(now, now.c.account_id == Account.id)
        .outerjoin(then, then.c.account_id == Account.id)
        .where(visible_accounts(scope), or_(Account.status == AccountStatus.ACTIVE, _asked_by(WAVE)))
        .subquery("each_account")
    )
    keys = (each.c.state, each.c.before, each.c.at_risk, each.c.currency)
    known, cents = func.count(each.c.revenue_cents), func.coalesce(func.sum(each.c.revenue_cents), 0)
    return select(*keys, func.count(), known, cents).group_by(*keys)


@lru_cache(maxsize=KEPT_STATEMENTS)
def _points(scope: Scope, policy: Policy) -> Select[Any]:
    stand = standings(scope, Score.wave_id == WAVE, policy=policy)
    worth = worth_now()
    converted = worth.c.worth.is_not(None)
    sized_in = case((converted, ""), else_=Account.currency).label("sized_in")
    size = (Account.revenue_cents * func.coalesce(worth.c.worth, 1.0)).label("size")
    largest = comparable_cents(worth).desc()
    rank = func.row_number().over(partition_by=sized_in, order_by=(largest, Account.id))
    facts = (Account.id, Account.name, Account.revenue_cents, Account.currency, size, sized_in)
    return (
        select(*facts, stand.c.segment, stand.c.attitude, stand.c.intent)
        .join(stand, stand.c.account_id == Account.id)
        .outerjoin(worth, worth.c.currency == Account.currency)
        .where(stand.c.attitude.is_not(None), stand.c.intent.is_not(None))
        .order_by(rank, Account.id)
        .limit(bindparam("most", type_=Integer))
    )


def _state(heard: FromClause, wave: BindParameter[int]) -> ColumnElement[str]:
    """One of STATES for an `Account` row joined to its standing, if it has one."""
    return case((heard.c.segment.is_not(None), heard.c.segment), (_asked_by(wave), SILENT), else_=NOT_ASKED)


def _asked_by(wave: BindParameter[int]) -> ColumnElement[bool]:
    return Account.id.in_(select(Invitation.account_id).where(Invitation.wave_id == wave))


def _revenue(state: str, groups: Sequence[AccountGroup]) -> StateRevenue:
    return StateRevenue(
        state,
        accounts=sum(group.accounts for group in groups),
        unknown=sum(group.accounts - group.known for group in groups),
        sums=add_up(groups),
    )
