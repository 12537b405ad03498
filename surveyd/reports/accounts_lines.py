"""One line of the list of accounts: where an account stands, how far that carries, and what else is known."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row

from surveyd.reports.account_flags import CONFIDENCES, FlagWords, flags_shown
from surveyd.reports.account_groups import Group, Standpoint
from surveyd.reports.account_standing import coverage_words
from surveyd.reports.words import recommend_parts
from surveyd.results.standings import signs_of
from surveyd.scoring import nps
from surveyd.scoring.flags import Asked, Confidence, Flag, confidence, raised
from surveyd.scoring.nps import Counts


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account in a wave. Without an answer `segment` is silent or not asked, `before` the wave before's.

    `recommend` is the score, or the people counted: each part's words with the category that it counts.
    Revenue is None where the reader may not see it; `group` is there for a parent whose group was wished for.
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
    recommend: tuple[tuple[str, str], ...]
    confidence: Confidence
    coverage: str
    flags: tuple[FlagWords, ...]
    group: Group | None

    @property
    def confidence_words(self) -> str:
        """How far the segment carries, in two words."""
        return str(CONFIDENCES[self.confidence])


def account_line(
    row: Row[*tuple[Any, ...]], at: Standpoint, before: str = "", group: Group | None = None
) -> AccountLine:
    """One row of an AccountQuery as a list shows it."""
    grade, flags = judged(row, at)
    signs = signs_of(row, at.now)
    return AccountLine(
        id=row.id,
        name=row.name,
        region=row.region,
        tier=row.tier,
        manager=row.manager_name or row.manager_email or "",
        revenue_cents=row.revenue_cents if at.scope.sees_revenue else None,
        currency=row.currency,
        renewal_date=row.renewal_date,
        invited=row.invited,
        answered=row.answered,
        segment=row.segment,
        before=before,
        recommend=recommend_parts(nps.summary(ratings_of(row), minimums=at.policy.minimums)),
        confidence=grade,
        coverage=coverage_words(signs.valid, row.invited, decides=signs.valid_deciders > 0),
        flags=flags_shown(flags),
        group=group,
    )


def ratings_of(row: Row[*tuple[Any, ...]]) -> Counts:
    """How many of an account are in each category."""
    return Counts(row.detractors or 0, row.passives or 0, row.promoters or 0)


def judged(row: Row[*tuple[Any, ...]], at: Standpoint) -> tuple[Confidence, tuple[Flag, ...]]:
    """How far an account's place carries, and all its flags."""
    signs, asked = signs_of(row, at.now), _asked(row, at)
    return confidence(signs, asked, at.policy.accounts), raised(signs, asked, at.policy.accounts)


def _asked(row: Row[*tuple[Any, ...]], at: Standpoint) -> Asked:
    return Asked(
        invited=row.invited,
        deciders=row.asked_deciders or 0,
        bounced=row.bounced or 0,
        reminded=at.wave.reminded,
        answered_before=bool(row.answered_before),
    )
