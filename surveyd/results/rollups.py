"""Sums over responses: one wave for the company or a slice of it, and each account's standing.

Counting is left to the database; what the counts mean is worked out in scoring. Every sum takes the scope of
whoever looks at it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.models import Contact
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.scoring import nps
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Category, Counts, Summary
from surveyd.scoring.rollup import Standing, Voice, stand


@dataclass(frozen=True, slots=True)
class WaveFigures:
    """One wave as the scope may see it: how many were asked and answered, the score, the matrix, the means.

    The means run from 0 to 100 and are None without answers; ``segments`` names every segment.
    """

    invited: int
    answered: int
    nps: Summary
    segments: dict[Segment, int]
    attitude: float | None
    intent: float | None
    ease: float | None

    @property
    def response_rate(self) -> float | None:
        """Answered of invited, 0 to 1; None when nobody was invited."""
        return self.answered / self.invited if self.invited else None


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """One account in one wave: its standing, and its people by category."""

    account_id: int
    standing: Standing
    nps: Summary


def wave_figures(session: Session, wave_id: int, *, scope: Scope) -> WaveFigures:
    """Return the figures of a wave over the accounts that the scope may see; all zero for an unknown wave."""
    seen = _scores(wave_id, scope)
    groups = session.execute(
        select(Score.category, Score.segment, func.count())
        .where(*seen)
        .group_by(Score.category, Score.segment)
    ).all()
    means = session.execute(
        select(func.avg(Score.attitude), func.avg(Score.intent), func.avg(Score.ease)).where(*seen)
    ).one()
    invited = session.execute(select(func.count()).select_from(Invitation).where(*_invited(wave_id, scope)))
    total = invited.scalar_one()
    segments = dict.fromkeys(Segment, 0)
    for _, segment, count in groups:
        segments[Segment(segment)] += count
    return WaveFigures(
        invited=total,
        answered=sum(segments.values()),
        nps=nps.summary(_counts([(category, count) for category, _, count in groups]), invited=total),
        segments=segments,
        attitude=means[0],
        intent=means[1],
        ease=means[2],
    )


def account_figures(
    session: Session, wave_id: int, *, scope: Scope, account_ids: Sequence[int] | None = None
) -> dict[int, AccountFigures]:
    """Return the figures of each account with somebody asked by the wave, by id, silent ones included.

    ``account_ids`` narrows them to some accounts: those of one page. The number of statements does not grow.
    """
    asked, seen = _invited(wave_id, scope), _scores(wave_id, scope)
    if account_ids is not None:
        asked.append(Invitation.account_id.in_(account_ids))
        seen.append(Score.account_id.in_(account_ids))
    invited = session.execute(
        select(Invitation.account_id, func.count()).where(*asked).group_by(Invitation.account_id)
    ).all()
    voices: dict[int, list[Voice]] = {account_id: [] for account_id, _ in invited}
    categories: dict[int, list[tuple[str | None, int]]] = {account_id: [] for account_id, _ in invited}
    people = (
        select(Score.account_id, Contact.role, Score.segment, Score.attitude, Score.intent, Score.category)
        .join(Response, Response.id == Score.response_id)
        .join(Contact, Contact.id == Response.contact_id)
    )
    for account_id, role, segment, attitude, intent, category in session.execute(people.where(*seen)):
        voices[account_id].append(Voice(role.value, Segment(segment), attitude, intent))
        categories[account_id].append((category, 1))
    return {
        account_id: AccountFigures(
            account_id,
            stand(voices[account_id], invited=count),
            nps.summary(_counts(categories[account_id]), invited=count),
        )
        for account_id, count in invited
    }


def _scores(wave_id: int, scope: Scope) -> list[ColumnElement[bool]]:
    return [
        Score.wave_id == wave_id,
        Score.rule_version == CURRENT_RULE,
        visible_by_account(scope, Score.account_id),
    ]


def _invited(wave_id: int, scope: Scope) -> list[ColumnElement[bool]]:
    return [Invitation.wave_id == wave_id, visible_by_account(scope, Invitation.account_id)]


def _counts(categories: Sequence[tuple[str | None, int]]) -> Counts:
    found: Counter[str] = Counter()
    for category, count in categories:
        if category is not None:
            found[category] += count
    return Counts(found[Category.DETRACTOR], found[Category.PASSIVE], found[Category.PROMOTER])
