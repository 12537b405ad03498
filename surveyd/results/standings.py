"""Where each account stands in a wave, worked out by the database, for lists to be sorted and narrowed by.

The rule is that of ``scoring/rollup.py``; a test holds the two against each other, method by method.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Subquery, and_, case, func, or_, select

from surveyd.people.access import Scope, visible_by_account
from surveyd.people.models import Contact, RelationshipRole
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.results.standing_methods import INDEXES, METHODS, WORST, weight_of, worst_of
from surveyd.scoring.flags import Signs
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Category
from surveyd.scoring.policy import SHIPPED, Policy, RollUp
from surveyd.scoring.rollup import WORST_FIRST

SECONDS_A_DAY = 86_400


def standings(scope: Scope, *narrowed: ColumnElement[bool], policy: Policy = SHIPPED) -> Subquery:
    """Return one row per wave and account with an answer; conditions on scores narrow what the scope may see.

    Columns: wave_id, account_id, voices, valid, attitude, intent, segment, deciders, valid_deciders,
    deciders_at_risk, deciders_detracting, promoters, passives, detractors, variance, oldest and, for each
    place of the matrix, weight_<segment>. `signs_of` reads a row.
    """
    voices = _voices(scope, narrowed, policy)
    method = METHODS[policy.accounts.method]
    keys = (voices.c.wave_id, voices.c.account_id)
    sums = select(*keys, *_counts(voices), *_weights(voices), *method.sums(voices, policy))
    totals = sums.group_by(*keys).subquery("sums")
    decided = method.decided(totals, policy)
    own = {
        "attitude": decided.attitude,
        "intent": decided.intent,
        "segment": decided.segment,
        "variance": func.coalesce(
            totals.c.mean_square - totals.c.mean_attitude * totals.c.mean_attitude, 0.0
        ),
    }
    return select(totals, *(column.label(name) for name, column in own.items())).subquery("standings")


def signs_of(row: Row[*tuple[Any, ...]], now: datetime) -> Signs:
    """What flags and confidence are read from, out of a row that has the columns of `standings`.

    A row without an answer (of an outer join) has no signs.
    """
    weights = [round(getattr(row, f"weight_{segment.value}") or 0) for segment in WORST_FIRST]
    age = (now - row.oldest).total_seconds() / SECONDS_A_DAY if row.oldest else 0.0
    return Signs(
        voices=row.voices or 0,
        valid=row.valid or 0,
        deciders=row.deciders or 0,
        valid_deciders=row.valid_deciders or 0,
        deciders_at_risk=row.deciders_at_risk or 0,
        deciders_detracting=row.deciders_detracting or 0,
        modal=max(weights),
        placed=sum(weights),
        variance=row.variance or 0.0,
        oldest=age,
    )


def count_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Return how many rows of a group meet the condition, as a column."""
    return func.count(case((condition, 1)))


def _voices(scope: Scope, narrowed: tuple[ColumnElement[bool], ...], policy: Policy) -> Subquery:
    """One row an answer; the worst of the decision makers is looked for where the method asks for it."""
    voices = (
        select(
            Score.wave_id,
            Score.account_id,
            Score.segment,
            Score.attitude,
            Score.intent,
            Score.category,
            Response.given_at,
            case((Contact.role == RelationshipRole.DECISION_MAKER, 1), else_=0).label("decides"),
            weight_of(Contact.role.expression, policy).label("weight"),
        )
        .join(Response, Response.id == Score.response_id)
        .join(Contact, Contact.id == Response.contact_id)
        .where(Score.rule_version == CURRENT_RULE, visible_by_account(scope, Score.account_id), *narrowed)
        .subquery("voices")
    )
    if policy.accounts.method is not RollUp.WORST_DECISION_MAKER:
        return voices
    worst = worst_of(voices, (voices.c.wave_id, voices.c.account_id), policy)
    return select(voices, worst.label(WORST)).subquery("ranked")


def _counts(voices: FromClause) -> list[ColumnElement[Any]]:
    c = voices.c
    valid, decides = or_(c.attitude.is_not(None), c.intent.is_not(None)), c.decides == 1
    return [
        func.count().label("voices"),
        count_of(valid).label("valid"),
        count_of(decides).label("deciders"),
        count_of(and_(decides, valid)).label("valid_deciders"),
        count_of(and_(decides, c.segment == Segment.HIGH_RISK.value)).label("deciders_at_risk"),
        count_of(and_(decides, c.category == Category.DETRACTOR.value)).label("deciders_detracting"),
        *(count_of(c.category == one.value).label(f"{one.value}s") for one in Category),
        func.min(c.given_at).label("oldest"),
    ]


def _weights(voices: FromClause) -> list[ColumnElement[Any]]:
    c = voices.c
    placed = [
        func.sum(case((c.segment == segment.value, c.weight), else_=0.0)).label(f"weight_{segment.value}")
        for segment in WORST_FIRST
    ]
    means = [_mean(c[name], c[name], c.weight).label(f"mean_{name}") for name in INDEXES]
    square = _mean(c.attitude * c.attitude, c.attitude, c.weight).label("mean_square")
    return [*placed, *means, square]


def _mean(
    value: ColumnElement[Any], known: ColumnElement[Any], weight: ColumnElement[Any]
) -> ColumnElement[Any]:
    total = func.nullif(func.sum(case((known.is_not(None), weight), else_=0.0)), 0.0)
    return func.sum(weight * value) / total
