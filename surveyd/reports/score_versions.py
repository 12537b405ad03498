"""What earlier versions of the scoring policy said of a response: their scores stay beside the new one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.results.policy_models import PolicyState, ScoringPolicy


@dataclass(frozen=True, slots=True)
class EarlierScore:
    """A response by a version that was in force once. `reason` is its place in words, by the answers then."""

    policy_id: int
    version: str
    title: str
    segment: str
    reason: str
    scored_at: datetime


def current_score(response_id: Any) -> Any:
    """The id of a response's score by the version in force, as a subquery."""
    score = aliased(Score)
    mine = (score.response_id == response_id, score.rule_version == CURRENT_RULE)
    return select(score.id).where(*mine).scalar_subquery()


def earlier_scores(session: Session, response_id: int) -> tuple[EarlierScore, ...]:
    """The response's scores by versions that were in force before, the newest first. One statement."""
    rows = session.execute(
        select(ScoringPolicy.id, ScoringPolicy.title, Score)
        .join(Score, Score.rule_version == ScoringPolicy.version)
        .where(Score.response_id == response_id, ScoringPolicy.state == PolicyState.RETIRED)
        .order_by(ScoringPolicy.id.desc())
    )
    return tuple(
        EarlierScore(
            policy_id,
            score.rule_version,
            title,
            score.segment,
            score.explanation[1 if score.category else 0],
            score.scored_at,
        )
        for policy_id, title, score in rows
    )
