"""Whom account managers leave out of a wave: revenue, last segment and last score, and whether it leans."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import Session

from surveyd.distribution.confirmation_models import ContactMark, MarkState, WhyExcluded
from surveyd.distribution.confirmation_sums import planned_in, with_marks
from surveyd.distribution.models import Program, Wave
from surveyd.people.access import Scope, visible_accounts
from surveyd.people.models import Account, Contact, User
from surveyd.people.rates import rates_in_force
from surveyd.responses.models import Response
from surveyd.results.last_answers import last_answers
from surveyd.results.revenue import Money, add_money, told_in
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Category
from surveyd.scoring.skew import Skew, Verdict


@dataclass(frozen=True, slots=True)
class ExcludedContact:
    """One contact who was left out by hand, with what is known of them and their account.

    `recommendation` and `segment` are what they last answered; None and empty for who never has.
    """

    contact_id: int
    name: str
    external_id: str
    account_id: int
    account: str
    cents: int | None
    currency: str
    manager_id: int
    segment: str
    recommendation: int | None
    is_unhappy: bool
    wave: str
    why: WhyExcluded
    words: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ManagerSkew:
    """The choice of one account manager; `user_id` is 0 for accounts without one.

    `revenue` is that of the accounts of which somebody is left out, `accounts` how many they are, and
    `emptied` of how many of them nobody is left in the wave. Each account counts once.
    """

    user_id: int
    name: str
    skew: Skew
    revenue: tuple[Money, ...]
    accounts: int
    emptied: int


@dataclass(frozen=True, slots=True)
class SkewReport:
    """Everybody who was left out of a wave, manager by manager."""

    managers: tuple[ManagerSkew, ...]
    excluded: tuple[ExcludedContact, ...]

    @property
    def total(self) -> Skew:
        """All choices together."""
        return sum((one.skew for one in self.managers), Skew(0, 0, 0, 0, 0, 0))

    @property
    def revenue(self) -> tuple[Money, ...]:
        """The revenue of all accounts of which somebody is left out."""
        return add_money(money for one in self.managers for money in one.revenue)

    @property
    def leaning(self) -> tuple[ManagerSkew, ...]:
        """The managers whose choice leans to the unhappy."""
        return tuple(one for one in self.managers if one.skew.verdict is Verdict.LEANS)


def skew_of(session: Session, wave: Wave, program: Program, *, scope: Scope, now: datetime) -> SkewReport:
    """The report on one wave, of the scope's accounts; before the launch as of `now`. Three statements.

    The unhappy are detractors and those at high risk, by what they last answered and the policy in force.
    """
    excluded = tuple(_excluded(session, wave, scope))
    if not excluded:
        return SkewReport((), ())
    rates, choosers = rates_in_force(session), {one.manager_id for one in excluded}
    counted = _counted(session, wave, program, choosers, scope=scope, now=now)
    left: dict[int, int] = {}
    each: dict[int, Skew] = defaultdict(lambda: Skew(0, 0, 0, 0, 0, 0))
    names: dict[int, str] = {}
    for row in counted:
        left[row.account_id] = row.people - row.excluded
        names[row.manager_id] = row.manager
        each[row.manager_id] += Skew(*(getattr(row, name) for name in Skew.__slots__))
    managers = []
    for manager_id, skew in each.items():
        if not skew.excluded:
            continue
        theirs = {one.account_id: one for one in excluded if one.manager_id == manager_id}
        emptied = sum(not left.get(account_id) for account_id in theirs)
        revenue = told_in(_revenue(theirs.values()), rates)
        managers.append(ManagerSkew(manager_id, names[manager_id], skew, revenue, len(theirs), emptied))
    return SkewReport(
        tuple(sorted(managers, key=lambda one: (not one.user_id, one.name.casefold()))), excluded
    )


def leaning_managers(
    session: Session, wave: Wave, program: Program, now: datetime, scope: Scope
) -> list[str]:
    """The names of the account managers whose choice leans to the unhappy."""
    return [one.name for one in skew_of(session, wave, program, scope=scope, now=now).leaning]


def _revenue(lines: Iterable[ExcludedContact]) -> tuple[Money, ...]:
    return add_money(Money(one.currency, one.cents, 1) for one in lines if one.cents is not None)


def _is_unhappy(last: Subquery) -> ColumnElement[bool]:
    return or_(last.c.category == Category.DETRACTOR.value, last.c.segment == Segment.HIGH_RISK.value)


def _counted(
    session: Session, wave: Wave, program: Program, choosers: Collection[int], *, scope: Scope, now: datetime
) -> Iterator[Any]:
    """One row an account of those managers: its contacts in numbers, as `Skew` has them."""
    theirs = and_(func.coalesce(Account.manager_id, 0).in_(choosers), visible_accounts(scope))
    last = last_answers(Response.account_id.in_(select(Account.id).where(theirs)))
    known, unhappy = last.c.contact_id.is_not(None), func.coalesce(_is_unhappy(last), False)
    excluded = func.coalesce(ContactMark.state == MarkState.EXCLUDED, False)
    parts = {
        "people": Contact.id.is_not(None),
        "known": known,
        "unhappy": unhappy,
        "excluded": excluded,
        "excluded_known": and_(excluded, known),
        "excluded_unhappy": and_(excluded, unhappy),
    }
    columns = [func.count(case((condition, 1))).label(name) for name, condition in parts.items()]
    each = (
        with_marks(wave, select(Account.id.label("account_id"), Account.manager_id, *columns))
        .outerjoin(last, last.c.contact_id == Contact.id)
        .where(theirs, planned_in(session, wave, program, now=now))
        .group_by(Account.id, Account.manager_id)
        .subquery("each")
    )
    named = func.coalesce(func.nullif(User.name, ""), User.email, "").label("manager")
    numbers = [each.c[name] for name in ("account_id", *parts)]
    query = select(*numbers, func.coalesce(each.c.manager_id, 0).label("manager_id"), named)
    yield from session.execute(query.select_from(each).outerjoin(User, User.id == each.c.manager_id))


def _excluded(session: Session, wave: Wave, scope: Scope) -> Iterator[ExcludedContact]:
    mine = (ContactMark.wave_id == wave.id, ContactMark.state == MarkState.EXCLUDED)
    last = last_answers(Response.contact_id.in_(select(ContactMark.contact_id).where(*mine)))
    query = (
        select(
            Contact.id,
            Contact.name,
            Contact.external_id,
            Account.id.label("account_id"),
            Account.name.label("account"),
            Account.revenue_cents,
            Account.currency,
            func.coalesce(Account.manager_id, 0).label("manager_id"),
            last.c.segment,
            last.c.recommendation,
            func.coalesce(_is_unhappy(last), False).label("is_unhappy"),
            last.c.wave,
            ContactMark.why,
            ContactMark.words,
            func.coalesce(func.nullif(User.name, ""), User.email, "").label("by"),
            ContactMark.at,
        )
        .select_from(ContactMark)
        .join(Contact, Contact.id == ContactMark.contact_id)
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(User, User.id == ContactMark.by_id)
        .outerjoin(last, last.c.contact_id == Contact.id)
        .where(*mine, visible_accounts(scope))
        .order_by(func.lower(Account.name), Account.id, func.lower(Contact.name), Contact.id)
    )
    for row in session.execute(query):
        yield ExcludedContact(
            contact_id=row.id,
            name=row.name,
            external_id=row.external_id,
            account_id=row.account_id,
            account=row.account,
            cents=row.revenue_cents,
            currency=row.currency,
            manager_id=row.manager_id,
            segment=row.segment or "",
            recommendation=row.recommendation,
            is_unhappy=bool(row.is_unhappy),
            wave=row.wave or "",
            why=row.why,
            words=row.words,
            by=row.by,
            at=row.at,
        )
