"""Sums over responses: one wave for the company or a slice of it.

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
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.scoring import nps
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Category, Counts, Summary


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
