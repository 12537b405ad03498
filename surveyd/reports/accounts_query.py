"""The accounts as one statement: each with its wave in counts, sorted and narrowed by the database.

The list and its export share it, so that a file has the rows that the page has. What neither the order nor a
filter asks for is not worked out for all accounts, only for those of a page.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Select, case, exists, func, literal, select
from sqlalchemy.orm import Session, aliased

from surveyd.base.keyset import Order, Wanted
from surveyd.base.statements import spelled
from surveyd.distribution.models import Wave
from surveyd.distribution.overview import latest_waves
from surveyd.people.access import visible_by_account
from surveyd.people.accounts import matching
from surveyd.people.comparable import comparable_cents
from surveyd.people.models import Account, User
from surveyd.people.rates import worth_now
from surveyd.reports.account_groups import Standpoint
from surveyd.reports.accounts_joined import WORST_FIRST, Joined
from surveyd.reports.accounts_narrowing import narrowed
from surveyd.responses.models import Response
from surveyd.results.asked import answered_in
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.scoring.flags import Flag
from surveyd.scoring.loyalty import Segment

MOST_WAVES = 24
SORTS = ("name", "manager", "region", "tier", "segment", "recommend", "revenue", "answered", "renewal")
OF_STANDINGS = {"segment", "recommend", "answered", "flag", "response"}
"""The orders and filters that need to know where all accounts stand."""

BY_PERSON = (Flag.DM_SILENT, Flag.BOUNCED)
"""The flags that need to know who was asked, beyond how many."""

SHARES = 10_000
"""Shares are compared as whole ten-thousandths: floats make poor keys."""
UNKNOWN = 10 * SHARES
"""What has no share yet stands behind all that has one."""
NO_DATE = date(9999, 12, 31)
OWN = ("wave_id", "account_id", "segment")
"""Columns of a standing that a line has of its own."""


class AccountQuery:
    """One statement over the accounts of a scope in one wave, with what lists sort and filter by."""

    def __init__(
        self, at: Standpoint, wanted: Wanted, *, ids: Sequence[int] | None = None, by_person: bool = False
    ) -> None:
        """With `ids` only these accounts are worked out; `lines` asks for `by_person`."""
        self.at = at
        self.wanted = wanted
        self.of = Joined(at, ids, by_person=by_person or wanted.filters.get("flag") in BY_PERSON)
        self.worth = worth_now()
        self.where = [matching(at.scope, wanted.search), *narrowed(wanted.filters, self.of)]
        if ids is not None:
            self.where.append(Account.id.in_(ids))

    def keys(self) -> Select[*tuple[Any, ...]]:
        """The ids of the wanted accounts, in no order."""
        return self._from(select(Account.id), self._filters | {self.wanted.column})

    def lines(self) -> Select[*tuple[Any, ...]]:
        """One row an account, in no order.

        Columns: the account's facts, manager_name, manager_email, invited, asked_deciders, bounced, answered,
        segment (one of WORST_FIRST), answered_before, and those of ``standings``.
        """
        of = self.of
        before = case((Account.id.in_(answered_in(self.at.wave.before_id)), 1), else_=0)
        lines = select(
            *Account.__table__.c,
            User.name.label("manager_name"),
            User.email.label("manager_email"),
            of.invited.label("invited"),
            of.asked.c.asked_deciders,
            of.asked.c.bounced,
            of.answered.label("answered"),
            of.segment.label("segment"),
            before.label("answered_before"),
            *(column for column in of.said.c if column.name not in OWN),
        )
        return self._from(lines, OF_STANDINGS | {self.wanted.column})

    def totals(self) -> Select[*tuple[Any, ...]]:
        """One row a currency: currency, accounts, risky, known (of a revenue), revenue_cents (or None).

        Risky is an account with somebody whose latest response is at high risk.
        """
        risky = func.count(case((Account.id.in_(_accounts_at_risk(self.at)), 1))).label("risky")
        revenue = func.sum(Account.revenue_cents).label("revenue_cents")
        known = func.count(Account.revenue_cents).label("known")
        counted = select(Account.currency, func.count().label("accounts"), risky, known, revenue)
        return self._from(counted, self._filters).group_by(Account.currency).order_by(Account.currency)

    def order(self) -> Order:
        """The wanted order; by name for a wish that is none."""
        by: dict[str, Callable[[], ColumnElement[Any]]] = {
            "manager": lambda: func.coalesce(func.nullif(User.name, ""), User.email, ""),
            "region": lambda: Account.region.expression,
            "tier": lambda: Account.tier.expression,
            "segment": self._urgency,
            "recommend": self._score,
            "revenue": lambda: comparable_cents(self.worth),
            "answered": self._share,
            "renewal": lambda: func.coalesce(Account.renewal_date, literal(NO_DATE, Date)),
        }
        column = by.get(self.wanted.column, lambda: Account.name.expression)()
        return Order(column, Account.id.expression, self.wanted.descends)

    def _urgency(self) -> ColumnElement[Any]:
        return case({name: place for place, name in enumerate(WORST_FIRST)}, value=self.of.segment, else_=0)

    def _score(self) -> ColumnElement[Any]:
        c = self.of.said.c
        rated = func.nullif(c.promoters + c.passives + c.detractors, 0, type_=Integer)
        return func.coalesce((c.promoters - c.detractors) * SHARES // rated, UNKNOWN, type_=Integer)

    def _share(self) -> ColumnElement[Any]:
        share = self.of.answered * SHARES // func.nullif(self.of.invited, 0, type_=Integer)
        return func.coalesce(share, UNKNOWN, type_=Integer)

    @property
    def _filters(self) -> set[str]:
        return {name for name, value in self.wanted.filters.items() if value}

    def _from(self, columns: Select[*tuple[Any, ...]], used: set[str]) -> Select[*tuple[Any, ...]]:
        """The accounts that are wanted, joined to what the named orders and filters use."""
        found = columns.select_from(Account).outerjoin(User, User.id == Account.manager_id)
        if used & OF_STANDINGS:
            found = found.outerjoin(self.of.asked, self.of.asked.c.account_id == Account.id)
            found = found.outerjoin(self.of.said, self.of.said.c.account_id == Account.id)
        if "revenue" in used:
            found = found.outerjoin(self.worth, self.worth.c.currency == Account.currency)
        return found.where(*self.where)


def waves_of(session: Session, wanted: Wanted) -> list[Wave]:
    """The wave that a list is about, the latest without a wish or for a name unknown, and the one before it.

    The one before is that named by `since`, else the one that was launched before. One statement.
    """
    waves = latest_waves(session, most=MOST_WAVES)
    names = [wave.slug for wave in waves]
    wish, since = wanted.filters.get("wave", ""), wanted.filters.get("since", "")
    start = names.index(wish) if wish in names else 0
    before = [waves[names.index(since)]] if since in names else waves[start + 1 : start + 2]
    return waves[start : start + 1] + before


def _accounts_at_risk(at: Standpoint) -> Select[int]:
    """The accounts with somebody who is at high risk by their latest response."""
    later = aliased(Response)
    said_since = exists().where(later.contact_id == Response.contact_id, later.id > Response.id)
    return (
        select(Score.account_id)
        .join(Response, Response.id == Score.response_id)
        .where(
            Score.segment == spelled(Segment.HIGH_RISK),
            Score.rule_version == CURRENT_RULE,
            visible_by_account(at.scope, Score.account_id),
            ~said_since,
        )
    )
