"""Which responses open a case, why, how soon and how urgently: rules over plain facts.

Everybody who would not recommend us is called back, and so is who asks for it and who may leave with a
large account. Of the others a random quarter is called, drawn in blocks, so that the reasons for praise are
heard as well and root causes can be counted without bias.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from surveyd.closed_loop.working_hours import FIVE_WORKING_DAYS, TWO_WORKING_DAYS
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Category

DRAWN = frozenset({Category.PASSIVE, Category.PROMOTER})
"""The strata of which a quarter is drawn."""

TOP_TIERS = frozenset({"1", "a", "tier 1", "top", "strategic", "key"})
"""What the best tier of accounts is called, in lower case."""

FULL_SEVERITY = 125
VALUE_POINTS = 50
SEVERITY_POINTS = 50


class Reason(StrEnum):
    """Why a case was opened; the order is that of urgency."""

    ASKED_FOR_CALL = "asked_for_call"
    DETRACTOR = "detractor"
    HIGH_RISK_LARGE = "high_risk_large"
    TRAPPED_LARGE = "trapped_large"
    DRAWN_PASSIVE = "drawn_passive"
    DRAWN_PROMOTER = "drawn_promoter"

    @property
    def words(self) -> str:
        """The reason as a person reads it."""
        return WORDS[self]


WORDS = {
    Reason.ASKED_FOR_CALL: "asked to be called",
    Reason.DETRACTOR: "detractor",
    Reason.HIGH_RISK_LARGE: "high risk at a large account",
    Reason.TRAPPED_LARGE: "trapped at a large account",
    Reason.DRAWN_PASSIVE: "drawn at random from the passives",
    Reason.DRAWN_PROMOTER: "drawn at random from the promoters",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What the rules know of one response. ``severity`` runs from 0 to 125, None when it cannot be said."""

    category: Category | None
    segment: Segment
    recommendation: int | None = None
    severity: float | None = None
    wants_call: bool = False
    is_large: bool = False
    value_share: float = 0.0
    """The account's revenue as a share of the least revenue of a large one, cut at 1."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its reason, how many working hours it allows from the answer, and when it applies."""

    reason: Reason
    hours: int
    applies: Callable[[Heard, bool], bool]


RULES = (
    Rule(Reason.ASKED_FOR_CALL, TWO_WORKING_DAYS, lambda heard, drawn: heard.wants_call),
    Rule(Reason.DETRACTOR, TWO_WORKING_DAYS, lambda heard, drawn: heard.category is Category.DETRACTOR),
    Rule(
        Reason.HIGH_RISK_LARGE,
        TWO_WORKING_DAYS,
        lambda heard, drawn: heard.is_large and heard.segment is Segment.HIGH_RISK,
    ),
    Rule(
        Reason.TRAPPED_LARGE,
        TWO_WORKING_DAYS,
        lambda heard, drawn: heard.is_large and heard.segment is Segment.TRAPPED,
    ),
    Rule(
        Reason.DRAWN_PASSIVE,
        FIVE_WORKING_DAYS,
        lambda heard, drawn: drawn and heard.category is Category.PASSIVE,
    ),
    Rule(
        Reason.DRAWN_PROMOTER,
        FIVE_WORKING_DAYS,
        lambda heard, drawn: drawn and heard.category is Category.PROMOTER,
    ),
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What the rules ask for: a case for these reasons, in so many working hours, this urgent (0 to 100)."""

    reasons: tuple[Reason, ...]
    hours: int
    priority: int


def judge(heard: Heard, *, drawn: bool) -> Opening | None:
    """Return the case that the rules ask for, or None; ``drawn``: the random sample picked the response."""
    asking = [rule for rule in RULES if rule.applies(heard, drawn)]
    if not asking:
        return None
    hours = min(rule.hours for rule in asking)
    return Opening(tuple(rule.reason for rule in asking), hours, priority(heard))


def priority(heard: Heard) -> int:
    """Return the urgency, 0 to 100: half of it the customer's value, half what was said."""
    value = 1.0 if heard.is_large else min(max(heard.value_share, 0.0), 1.0)
    return round(VALUE_POINTS * value + SEVERITY_POINTS * _severity(heard))


def _severity(heard: Heard) -> float:
    # Who cannot be placed in the matrix is judged by the rating alone; silence on both is no alarm.
    if heard.severity is not None:
        return heard.severity / FULL_SEVERITY
    return 0.0 if heard.recommendation is None else (10 - heard.recommendation) / 10


def is_large(*, tier: str, revenue_cents: int | None, large_from_cents: int | None) -> bool:
    """Say whether an account is large: of the top tier, or in the top fifth by revenue as known at launch."""
    if tier.strip().lower() in TOP_TIERS:
        return True
    return revenue_cents is not None and large_from_cents is not None and revenue_cents >= large_from_cents
