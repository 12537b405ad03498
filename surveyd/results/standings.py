"""Where each account stands in a wave, worked out by the database, for lists to be sorted and narrowed by.

The rule is that of ``scoring/rollup.py``; a test holds the two against each other.
"""

from typing import Any

from sqlalchemy import ColumnElement, Float, SQLColumnExpression, Subquery, and_, case, func, literal, select

from surveyd.people.access import Scope, visible_by_account
from surveyd.people.models import Contact, RelationshipRole
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.scoring.loyalty import PLACES, Segment
from surveyd.scoring.nps import Category
from surveyd.scoring.policy import SHIPPED
from surveyd.scoring.rollup import NOISE


def standings(scope: Scope, *narrowed: ColumnElement[bool]) -> Subquery:
    """Return one row per wave and account with an answer; conditions on scores narrow what the scope may see.

    Columns: wave_id, account_id, voices, attitude, intent, segment, deciders_at_risk, promoters, passives,
    detractors.
    """
    at_risk = and_(Contact.role == RelationshipRole.DECISION_MAKER, Score.segment == Segment.HIGH_RISK.value)
    means = (
        select(
            Score.wave_id,
            Score.account_id,
            func.count().label("voices"),
            _mean(Score.attitude).label("attitude"),
            _mean(Score.intent).label("intent"),
            count_of(at_risk).label("deciders_at_risk"),
            count_of(Score.category == Category.PROMOTER.value).label("promoters"),
            count_of(Score.category == Category.PASSIVE.value).label("passives"),
            count_of(Score.category == Category.DETRACTOR.value).label("detractors"),
        )
        .join(Response, Response.id == Score.response_id)
        .join(Contact, Contact.id == Response.contact_id)
        .where(Score.rule_version == CURRENT_RULE, visible_by_account(scope, Score.account_id), *narrowed)
        .group_by(Score.wave_id, Score.account_id)
        .subquery("means")
    )
    return select(means, _place(means.c.attitude, means.c.intent).label("segment")).subquery("standings")


def count_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Return how many rows of a group meet the condition, as a column."""
    return func.count(case((condition, 1)))


def _mean(index: SQLColumnExpression[float | None]) -> ColumnElement[Any]:
    weights = [(Contact.role == RelationshipRole(role), float(by)) for role, by in SHIPPED.accounts.roles]
    weight = case(*weights, else_=1.0)
    known = func.nullif(func.sum(case((index.is_not(None), weight), else_=0.0)), 0.0, type_=Float)
    return func.sum(weight * index) / known


def _place(attitude: ColumnElement[Any], intent: ColumnElement[Any]) -> ColumnElement[str]:
    """The segment of two means; an unknown mean is on neither side of the cut."""
    cut = SHIPPED.cut - NOISE
    places = [
        (and_((100 * attitude >= cut) == likes, (100 * intent >= cut) == stays), literal(segment.value))
        for (likes, stays), segment in PLACES.items()
    ]
    return case(*places, else_=literal(Segment.UNCLASSIFIED.value))
