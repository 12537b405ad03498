"""The accounts with where they stand: how many were asked and have answered, their segment, their revenue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import PAGE, Wanted, slice_of
from surveyd.distribution.models import Wave
from surveyd.people.access import Scope, visible_accounts
from surveyd.people.models import Account, User
from surveyd.people.rates import Rates, rates_in_force
from surveyd.reports.accounts_query import NO_MANAGER, SILENT, AccountQuery, wave_before, waves_of
from surveyd.results.models import Score
from surveyd.results.revenue import Money, told_in
from surveyd.results.standings import standings
from surveyd.scoring import nps
from surveyd.scoring.nps import Base, Counts, Summary

Choice = tuple[str, str]
"""A value of a filter, and its name."""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account in the latest wave. `segment` is silent without an answer; then `before` is the last known.

    `recommend` is the score, or who stands where in words; revenue is None where the reader may not see it.
    """

    id: int
    name: str
    region: str
    tier: str
    manager: str
    revenue_cents: int | None
    currency: str
    renewal_date: date | None
    invited: int
    answered: int
    segment: str
    before: str
    recommend: str
    decision_maker_at_risk: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What the list can be narrowed to: the values that occur in the reader's scope."""

    regions: tuple[Choice, ...]
    tiers: tuple[Choice, ...]
    managers: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class AccountList:
    """A page of the accounts that a scope may see; `after` is the key of the next, empty on the last.

    The sums are over all accounts of the list, not of the page; `revenue` is empty where nobody may see it.
    """

    lines: tuple[AccountLine, ...]
    total: int
    at_risk: int
    revenue: tuple[Money, ...]
    wave: str
    before: str
    wanted: Wanted
    choices: Choices
    after: str

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.total:
            return str(_("No account fits") if self.wanted.is_narrowed else _("You have no accounts yet"))
        accounts = ngettext("1 account", "%(n)s accounts", self.total, n=f"{self.total:,}")
        if not self.at_risk:
            return str(_("%(accounts)s, nobody at high risk", accounts=accounts))
        risky = f"{self.at_risk:,}"
        return str(_("%(risky)s of %(accounts)s with somebody at high risk", risky=risky, accounts=accounts))


def account_list(
    session: Session, *, scope: Scope, wanted: Wanted | None = None, limit: int = PAGE
) -> AccountList:
    """A page of accounts as they are wanted, by name without a wish. Raises Refused for a broken key."""
    wish = wanted or Wanted(sort="name")
    waves = waves_of(session, wish, most=2)
    earlier = wave_before(session, wish, waves)
    query = AccountQuery(scope, waves[0].id if waves else 0, wish, before_id=earlier.id if earlier else 0)
    page = slice_of(session, query.lines(), query.order(wish), after=wish.after, limit=limit)
    before = _segments_before(session, scope, earlier, page.rows)
    totals = session.execute(query.totals()).all()
    return AccountList(
        lines=tuple(account_line(row, scope, before) for row in page.rows),
        total=sum(row.accounts for row in totals),
        at_risk=sum(row.risky for row in totals),
        revenue=_revenue(totals, rates_in_force(session)) if scope.sees_revenue else (),
        wave=waves[0].slug if waves else "",
        before=earlier.slug if earlier else "",
        wanted=wish,
        choices=_choices(session, scope),
        after=page.after,
    )


def account_line(
    row: Row[*tuple[Any, ...]], scope: Scope, before: Mapping[int, str] | None = None
) -> AccountLine:
    """One row of an AccountQuery as a list shows it."""
    summary = nps.summary(Counts(row.detractors, row.passives, row.promoters))
    return AccountLine(
        id=row.id,
        name=row.name,
        region=row.region,
        tier=row.tier,
        manager=row.manager_name or row.manager_email or "",
        revenue_cents=row.revenue_cents if scope.sees_revenue else None,
        currency=row.currency,
        renewal_date=row.renewal_date,
        invited=row.invited,
        answered=row.answered,
        segment=row.segment,
        before=(before or {}).get(row.id, ""),
        recommend=recommend_words(summary),
        decision_maker_at_risk=row.deciders_at_risk > 0,
    )


def recommend_words(summary: Summary) -> str:
    """The score where there are enough ratings for one, else the people counted; empty without ratings."""
    if summary.base not in (Base.COUNTS, Base.NONE):
        return str(_("NPS %(score)s", score=summary.shown))
    counts = summary.counts
    people = (
        (counts.promoters, ngettext("%(num)s promoter", "%(num)s promoters", counts.promoters)),
        (counts.passives, ngettext("%(num)s passive", "%(num)s passives", counts.passives)),
        (counts.detractors, ngettext("%(num)s detractor", "%(num)s detractors", counts.detractors)),
    )
    return ", ".join(words for count, words in people if count)


def _segments_before(
    session: Session, scope: Scope, wave: Wave | None, rows: Sequence[Row[*tuple[Any, ...]]]
) -> dict[int, str]:
    """Where the silent accounts of a page stood in the wave before."""
    silent = [row.id for row in rows if row.segment == SILENT]
    if wave is None or not silent:
        return {}
    stood = standings(scope, Score.wave_id == wave.id, Score.account_id.in_(silent))
    return {row.account_id: row.segment for row in session.execute(select(stood))}


def _revenue(totals: Sequence[Row[*tuple[Any, ...]]], rates: Rates) -> tuple[Money, ...]:
    """The sums, converted where there are rates, the larger first among those that are not."""
    known = [
        Money(row.currency, int(row.revenue_cents), row.known)
        for row in totals
        if row.revenue_cents is not None
    ]
    told = told_in(known, rates)
    return tuple(sorted(told, key=lambda one: (one.currency != rates.reporting, -one.cents, one.currency)))


def _choices(session: Session, scope: Scope) -> Choices:
    """The values of the filters: one statement, however many accounts there are."""
    found = session.execute(
        select(Account.region, Account.tier, Account.manager_id, User.name, User.email)
        .outerjoin(User, User.id == Account.manager_id)
        .where(visible_accounts(scope))
        .distinct()
    ).all()
    managers = {str(row.manager_id): row.name or row.email for row in found if row.manager_id is not None}
    named = sorted(managers.items(), key=lambda choice: (choice[1].casefold(), choice[0]))
    if any(row.manager_id is None for row in found):
        named.append((NO_MANAGER, _("Nobody")))
    return Choices(
        regions=tuple((name, name) for name in sorted({row.region for row in found} - {""})),
        tiers=tuple((name, name) for name in sorted({row.tier for row in found} - {""})),
        managers=tuple(named),
    )
