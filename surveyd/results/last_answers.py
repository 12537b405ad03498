"""What each contact said when they last answered a wave: score, category and place in the matrix."""

from sqlalchemy import ColumnElement, Subquery, func, select

from surveyd.distribution.models import Wave, WaveKind
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE


def last_answers(*narrowed: ColumnElement[bool]) -> Subquery:
    """One row a contact who has answered a wave, of the responses that are meant.

    Columns: contact_id, wave, recommendation, category, segment, given_at. By the policy in force; who came
    by themselves was asked by no wave and does not count.
    """
    latest = func.row_number().over(
        partition_by=Response.contact_id, order_by=(Response.given_at.desc(), Response.id.desc())
    )
    ranked = (
        select(
            Response.contact_id,
            Wave.slug.label("wave"),
            Score.recommendation,
            Score.category,
            Score.segment,
            Response.given_at,
            latest.label("place"),
        )
        .join(Score, Score.response_id == Response.id)
        .join(Wave, Wave.id == Response.wave_id)
        .where(Score.rule_version == CURRENT_RULE, Wave.kind == WaveKind.PROGRAM, *narrowed)
        .subquery("ranked")
    )
    return select(ranked).where(ranked.c.place == 1).subquery("last_answers")
