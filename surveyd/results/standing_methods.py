"""The policy's roll-up methods as SQL: whose voices decide, in sums over the people of one account.

Each method adds columns to the sums and reads an account's indexes and its segment from them. The rule is
that of ``scoring/rollup.py``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, FromClause, and_, case, cast, func, literal

from surveyd.people.models import RelationshipRole
from surveyd.scoring.loyalty import PLACES, Segment
from surveyd.scoring.policy import Policy, RollUp
from surveyd.scoring.rollup import NOISE, WORST_FIRST

INDEXES = ("attitude", "intent")
WORST = "worst"
"""The column of voices that counts the decision makers of an account, the worst is 1."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The indexes that a method gives an account, and its segment."""

    attitude: ColumnElement[Any]
    intent: ColumnElement[Any]
    segment: ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Method:
    """`sums` makes labelled columns over voices; `decided` reads the place from them, by name."""

    sums: Callable[[FromClause, Policy], Iterator[ColumnElement[Any]]]
    decided: Callable[[FromClause, Policy], Decided]


def weight_of(role: ColumnElement[Any], policy: Policy) -> ColumnElement[Any]:
    """What a voice of a contact's role weighs."""
    known = [RelationshipRole(name) for name, _ in policy.accounts.roles if name in set(RelationshipRole)]
    weights = [(role == one, literal(float(policy.accounts.weight(one.value)), Float)) for one in known]
    return case(*weights, else_=literal(float(policy.accounts.weight("unknown")), Float))


def worst_of(voices: FromClause, keys: tuple[ColumnElement[Any], ...], policy: Policy) -> ColumnElement[int]:
    """Number the voices of an account, decision makers with a place first, the worst of them before all."""
    c, cut = voices.c, literal(policy.cut / 100, Float)
    rank = case({segment.value: place for place, segment in enumerate(WORST_FIRST)}, value=c.segment, else_=9)
    short = [case((c[name] < cut, cut - c[name]), else_=0.0) for name in INDEXES]
    order = (decides_with_a_place(voices).desc(), rank, (short[0] + short[1]).desc(), c.attitude, c.intent)
    return func.row_number().over(partition_by=keys, order_by=order)


def decides_with_a_place(voices: FromClause) -> ColumnElement[int]:
    """1 for a decision maker who has a place in the matrix and a weight, else 0."""
    c = voices.c
    return case((and_(c.decides == 1, c.weight > 0, c.segment != Segment.UNCLASSIFIED.value), 1), else_=0)


def by_cuts(attitude: ColumnElement[Any], intent: ColumnElement[Any], policy: Policy) -> ColumnElement[str]:
    """The segment of two means; an unknown mean is on neither side of the cut."""
    cut = policy.cut - NOISE
    places = [
        (and_((100 * attitude >= cut) == likes, (100 * intent >= cut) == stays), literal(segment.value))
        for (likes, stays), segment in PLACES.items()
    ]
    return case(*places, else_=literal(Segment.UNCLASSIFIED.value))


def _no_sums(voices: FromClause, policy: Policy) -> Iterator[ColumnElement[Any]]:
    """The sums that every method has are enough."""
    return iter(())


def _by_mean(sums: FromClause, policy: Policy) -> Decided:
    attitude, intent = (sums.c[f"mean_{name}"] for name in INDEXES)
    return Decided(attitude, intent, by_cuts(attitude, intent, policy))


def _weights(policy: Policy) -> list[int]:
    """The weights that a role can have, the highest first."""
    return sorted({weight for _, weight in policy.accounts.roles if weight}, reverse=True)


def _tiers(voices: FromClause, policy: Policy) -> Iterator[ColumnElement[Any]]:
    c = voices.c
    for weight in _weights(policy):
        here = and_(c.weight == float(weight), c.segment != Segment.UNCLASSIFIED.value)
        yield func.count(case((here, 1))).label(f"tier_{weight}")
        for name in INDEXES:
            yield func.avg(case((here, c[name]))).label(f"{name}_{weight}")


def _by_tier(sums: FromClause, policy: Policy) -> Decided:
    mean = _by_mean(sums, policy)
    indexes = {"attitude": mean.attitude, "intent": mean.intent}
    found = [
        case(
            *((sums.c[f"tier_{weight}"] > 0, sums.c[f"{name}_{weight}"]) for weight in _weights(policy)),
            else_=of,
        )
        for name, of in indexes.items()
    ]
    return Decided(found[0], found[1], by_cuts(found[0], found[1], policy))


def _worst(voices: FromClause, policy: Policy) -> Iterator[ColumnElement[Any]]:
    here = and_(decides_with_a_place(voices) == 1, voices.c[WORST] == 1)
    for name in (*INDEXES, "segment"):
        yield func.max(case((here, voices.c[name]))).label(f"worst_{name}")


def _by_worst(sums: FromClause, policy: Policy) -> Decided:
    mean = _by_mean(sums, policy)
    attitude, intent, segment = (sums.c[f"worst_{name}"] for name in (*INDEXES, "segment"))
    return Decided(
        func.coalesce(attitude, mean.attitude),
        func.coalesce(intent, mean.intent),
        func.coalesce(segment, mean.segment),
    )


def _by_segment(voices: FromClause, policy: Policy) -> Iterator[ColumnElement[Any]]:
    c = voices.c
    for segment in WORST_FIRST:
        here = c.segment == segment.value
        for name in INDEXES:
            yield func.sum(case((here, c.weight * c[name]))).label(f"{name}_{segment.value}")


def _by_majority(sums: FromClause, policy: Policy) -> Decided:
    mean, c = _by_mean(sums, policy), sums.c
    weights = {segment: c[f"weight_{segment.value}"] for segment in WORST_FIRST}
    # The first case that holds is taken: of two with equal weight, the worse.
    modal = [
        (and_(weight > 0, *(weight >= other for other in weights.values())), segment)
        for segment, weight in weights.items()
    ]
    indexes = [
        case(
            *((most, c[f"{name}_{segment.value}"] / weights[segment]) for most, segment in modal),
            else_=of,
        )
        for name, of in (("attitude", mean.attitude), ("intent", mean.intent))
    ]
    segment = case(*((most, literal(segment.value)) for most, segment in modal), else_=mean.segment)
    return Decided(indexes[0], indexes[1], cast(segment, mean.segment.type))


METHODS = {
    RollUp.WEIGHTED_MEAN: Method(_no_sums, _by_mean),
    RollUp.WATERFALL: Method(_tiers, _by_tier),
    RollUp.WORST_DECISION_MAKER: Method(_worst, _by_worst),
    RollUp.MAJORITY: Method(_by_segment, _by_majority),
}
