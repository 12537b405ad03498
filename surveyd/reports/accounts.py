"""The accounts with where they stand: how many were asked and have answered, their segment, their revenue."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.distribution.overview import latest_waves
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.accounts import PAGE, count_accounts, page_of_accounts
from surveyd.people.models import Account
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.rollups import AccountFigures, account_figures
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Base, Summary

SILENT = "silent"


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account. `segment` is that of the latest wave with an answer, `since` names an earlier one.

    `recommend` is the score, or who stands where in words; revenue is None where the reader may not see it.
    """

    id: int
    name: str
    region: str
    tier: str
    revenue_cents: int | None
    currency: str
    invited: int
    answered: int
    segment: str
    since: str
    recommend: str
    decision_maker_at_risk: bool


@dataclass(frozen=True, slots=True)
class AccountList:
    """A page of the accounts that a scope may see; `after` is the key of the next, None on the last."""

    lines: tuple[AccountLine, ...]
    total: int
    at_risk: int
    wave: str
    search: str
    after: int | None

    @property
    def title(self) -> str:
        """The page's answer."""
        accounts = "1 account" if self.total == 1 else f"{self.total:,} accounts"
        if self.search:
            return f"{accounts} found"
        if not self.at_risk:
            return f"{accounts}, nobody at high risk"
        return f"{self.at_risk:,} of {accounts} with somebody at high risk"


def account_list(
    session: Session, *, scope: Scope, search: str = "", after: int | None = None, limit: int = PAGE
) -> AccountList:
    """A page of accounts by name. Raises NotFound when `after` is no account of the scope."""
    page = page_of_accounts(session, scope=scope, search=search, after=after, limit=limit)
    ids = [account.id for account in page.accounts]
    waves = latest_waves(session)
    figures = [(wave.slug, account_figures(session, wave.id, scope=scope, account_ids=ids)) for wave in waves]
    return AccountList(
        lines=tuple(_line(account, scope, figures) for account in page.accounts),
        total=count_accounts(session, scope=scope, search=search),
        at_risk=_at_risk(session, scope),
        wave=waves[0].slug if waves else "",
        search=search,
        after=page.after,
    )


def _line(
    account: Account, scope: Scope, figures: Sequence[tuple[str, dict[int, AccountFigures]]]
) -> AccountLine:
    known = [(slug, by_account[account.id]) for slug, by_account in figures if account.id in by_account]
    latest = figures[0][1].get(account.id) if figures else None
    slug, heard = next(((slug, of) for slug, of in known if of.standing.voices), ("", None))
    return AccountLine(
        id=account.id,
        name=account.name,
        region=account.region,
        tier=account.tier,
        revenue_cents=account.revenue_cents if scope.sees_revenue else None,
        currency=account.currency,
        invited=latest.standing.invited if latest else 0,
        answered=latest.standing.voices if latest else 0,
        segment=heard.standing.segment.value if heard and heard.standing.segment else SILENT,
        since=slug if heard is not latest else "",
        recommend=_recommend(heard.nps) if heard else "",
        decision_maker_at_risk=bool(heard and heard.standing.decision_maker_at_risk),
    )


def _recommend(summary: Summary) -> str:
    """The score where there are enough ratings for one, else the people counted."""
    if summary.base not in (Base.COUNTS, Base.NONE):
        return f"NPS {summary.shown}"
    counts = summary.counts
    people = (
        (counts.promoters, "promoter"),
        (counts.passives, "passive"),
        (counts.detractors, "detractor"),
    )
    return ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for count, name in people if count)


def _at_risk(session: Session, scope: Scope) -> int:
    """How many accounts have somebody who is at high risk by their latest response."""
    latest = (
        select(func.max(Response.id))
        .where(visible_by_account(scope, Response.account_id))
        .group_by(Response.contact_id)
    )
    risky = select(func.count(func.distinct(Score.account_id))).where(
        Score.response_id.in_(latest), Score.segment == Segment.HIGH_RISK.value
    )
    return session.execute(risky).scalar_one()
