"""The accounts as one statement: each with its wave in counts, sorted and narrowed by the database.

The list and its export share it, so that a file has the rows that the page has.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Select, Subquery, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import Order, Wanted
from surveyd.distribution.models import Invitation, Wave
from surveyd.distribution.overview import latest_waves
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.accounts import matching
from surveyd.people.comparable import comparable_cents
from surveyd.people.models import Account, User
from surveyd.people.rates import worth_now
from surveyd.reports.accounts_states import EXPOSURES, PLACES, stands, stood
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.standings import standings
from surveyd.scoring.loyalty import Segment

SILENT = "silent"
NO_MANAGER = "none"
MOST_WAVES = 24
AT_RISK = "at_risk"
"""The accounts at high risk, and those with a decision maker who is: as company health counts them."""
WORST_FIRST = (
    Segment.HIGH_RISK.value,
    Segment.TRAPPED.value,
    Segment.ACCESSIBLE.value,
    Segment.TRULY_LOYAL.value,
    Segment.UNCLASSIFIED.value,
    SILENT,
)
NOT_ASKED, NOBODY_ANSWERED, SOME_ANSWERED, ALL_ANSWERED = "not_asked", "nobody", "some", "all"
RESPONSE_STATES = (NOT_ASKED, NOBODY_ANSWERED, SOME_ANSWERED, ALL_ANSWERED)
SORTS = ("name", "manager", "region", "tier", "segment", "recommend", "revenue", "answered", "renewal")
ID = re.compile(r"[1-9][0-9]{0,17}")
FILTERS = ("region", "tier", "segment", "response", "manager", "wave", "state", "before", "since")

SHARES = 10_000
"""Shares are compared as whole ten-thousandths: floats make poor keys."""
UNKNOWN = 10 * SHARES
"""What has no share yet stands behind all that has one."""
NO_DATE = date(9999, 12, 31)


class AccountQuery:
    """One statement over the accounts of a scope in one wave, with the columns that lists sort and filter by.

    Columns: the account's facts, manager_name, manager_email, invited, answered, segment, deciders_at_risk,
    promoters, passives, detractors, risky (somebody's latest response is at high risk).
    """

    def __init__(self, scope: Scope, wave_id: int, wanted: Wanted, *, before_id: int = 0) -> None:
        self.waves = (scope, wave_id, before_id)
        self.worth = worth_now()
        self.asked = _asked(scope, wave_id)
        self.said = standings(scope, Score.wave_id == wave_id)
        self.invited = func.coalesce(self.asked.c.invited, 0, type_=Integer)
        self.answered = func.coalesce(self.said.c.voices, 0, type_=Integer)
        self.segment = func.coalesce(self.said.c.segment, SILENT)
        self.risky = Account.id.in_(_accounts_at_risk(scope))
        self.where = [matching(scope, wanted.search), *self._narrowed(wanted.filters.get)]

    def lines(self) -> Select[*tuple[Any, ...]]:
        """One row an account, in no order."""
        counts = [self.said.c[name] for name in ("deciders_at_risk", "promoters", "passives", "detractors")]
        return self._from(
            select(
                *Account.__table__.c,
                User.name.label("manager_name"),
                User.email.label("manager_email"),
                self.invited.label("invited"),
                self.answered.label("answered"),
                self.segment.label("segment"),
                *(func.coalesce(count, 0, type_=Integer).label(count.name) for count in counts),
            )
        )

    def totals(self) -> Select[*tuple[Any, ...]]:
        """One row a currency: currency, accounts, risky, known (of a revenue), revenue_cents (or None)."""
        risky = func.count(case((self.risky, 1))).label("risky")
        revenue = func.sum(Account.revenue_cents).label("revenue_cents")
        known = func.count(Account.revenue_cents).label("known")
        counted = select(Account.currency, func.count().label("accounts"), risky, known, revenue)
        return self._from(counted).group_by(Account.currency).order_by(Account.currency)

    def order(self, wanted: Wanted) -> Order:
        """The wanted order; by name for a wish that is none."""
        c = self.said.c
        share = self.answered * SHARES // func.nullif(self.invited, 0, type_=Integer)
        rated = func.nullif(c.promoters + c.passives + c.detractors, 0, type_=Integer)
        net = (c.promoters - c.detractors) * SHARES // rated
        rank = case({name: place for place, name in enumerate(WORST_FIRST)}, value=self.segment, else_=0)
        by: dict[str, ColumnElement[Any]] = {
            "manager": func.coalesce(func.nullif(User.name, ""), User.email, ""),
            "region": Account.region.expression,
            "tier": Account.tier.expression,
            "segment": rank,
            "recommend": func.coalesce(net, UNKNOWN, type_=Integer),
            "revenue": comparable_cents(self.worth),
            "answered": func.coalesce(share, UNKNOWN, type_=Integer),
            "renewal": func.coalesce(Account.renewal_date, literal(NO_DATE, Date)),
        }
        return Order(by.get(wanted.column, Account.name.expression), Account.id.expression, wanted.descends)

    def _from(self, columns: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        return (
            columns.select_from(Account)
            .outerjoin(User, User.id == Account.manager_id)
            .outerjoin(self.asked, self.asked.c.account_id == Account.id)
            .outerjoin(self.said, self.said.c.account_id == Account.id)
            .outerjoin(self.worth, self.worth.c.currency == Account.currency)
            .where(*self.where)
        )

    def _narrowed(self, wish: Callable[[str], str | None]) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if region := wish("region"):
            found.append(Account.region == region)
        if tier := wish("tier"):
            found.append(Account.tier == tier)
        if (segment := wish("segment")) in WORST_FIRST:
            found.append(self.segment == segment)
        elif segment == AT_RISK:
            high = self.segment == Segment.HIGH_RISK.value
            found.append(or_(high, func.coalesce(self.said.c.deciders_at_risk, 0) > 0))
        if (manager := wish("manager")) == NO_MANAGER:
            found.append(Account.manager_id.is_(None))
        elif manager:
            found.append(
                Account.manager_id == (int(manager) if manager.isdecimal() and len(manager) < 19 else 0)
            )
        if (state := wish("response")) in RESPONSE_STATES:
            found.append(self._responded(state))
        return found + self._moved(wish)

    def _moved(self, wish: Callable[[str], str | None]) -> list[ColumnElement[bool]]:
        """Where their revenue stands, and where they stood in the wave before."""
        scope, wave_id, before_id = self.waves
        found: list[ColumnElement[bool]] = []
        if (exposure := wish("state")) in EXPOSURES:
            found.append(stands(exposure, scope=scope, wave_id=wave_id, before_id=before_id))
        if (before := wish("before")) in PLACES:
            found.append(stood(before, scope=scope, wave_id=before_id))
        return found

    def _responded(self, state: str) -> ColumnElement[bool]:
        somebody_asked, somebody_answered = self.invited > 0, self.answered > 0
        return {
            NOT_ASKED: ~somebody_asked,
            NOBODY_ANSWERED: and_(somebody_asked, ~somebody_answered),
            SOME_ANSWERED: and_(somebody_answered, self.answered < self.invited),
            ALL_ANSWERED: and_(somebody_asked, self.answered >= self.invited),
        }[state]


def waves_of(session: Session, wanted: Wanted, *, most: int = 1) -> list[Wave]:
    """The wave that a list is about, the latest without a wish or for a name unknown, and those before it."""
    waves = latest_waves(session, most=MOST_WAVES)
    names = [wave.slug for wave in waves]
    wish = wanted.filters.get("wave", "")
    start = names.index(wish) if wish in names else 0
    return waves[start : start + most]


def wave_before(session: Session, wanted: Wanted, waves: Sequence[Wave]) -> Wave | None:
    """The wave that a list is compared with: the one named by `since`, else the second of `waves`."""
    since = wanted.filters.get("since", "")
    named = [wave for wave in latest_waves(session, most=MOST_WAVES) if wave.slug == since] if since else []
    return named[0] if named else next(iter(waves[1:]), None)


def _asked(scope: Scope, wave_id: int) -> Subquery:
    return (
        select(Invitation.account_id, func.count().label("invited"))
        .where(Invitation.wave_id == wave_id, visible_by_account(scope, Invitation.account_id))
        .group_by(Invitation.account_id)
        .subquery("asked")
    )


def _accounts_at_risk(scope: Scope) -> Select[int]:
    """The accounts with somebody who is at high risk by their latest response."""
    latest = (
        select(func.max(Response.id))
        .where(visible_by_account(scope, Response.account_id))
        .group_by(Response.contact_id)
    )
    return select(Score.account_id).where(
        Score.response_id.in_(latest), Score.segment == Segment.HIGH_RISK.value
    )
