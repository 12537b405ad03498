"""One account from its people: means weighted by what each person decides, with what a mean would hide.

Silence is a state of its own, never neutral; a decision maker at high risk is never averaged away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import fsum

from surveyd.scoring.loyalty import PLACES, Segment
from surveyd.scoring.policy import SHIPPED, Policy

DECISION_MAKER = "decision_maker"
# The indices arrive as rounded doubles: a mean this close to the cut stands on it.
NOISE = 1e-9


class Confidence(StrEnum):
    """How far an account's standing carries."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Voice:
    """One person who answered: relationship role, place in the matrix, both indices 0 to 100 or None."""

    role: str
    segment: Segment
    attitude: float | None
    intent: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an account stands; ``segment`` is None when nobody answered."""

    segment: Segment | None
    attitude: float | None
    intent: float | None
    voices: int
    invited: int
    decision_maker_at_risk: bool
    confidence: Confidence


def stand(voices: Sequence[Voice], *, invited: int, policy: Policy | None = None) -> Standing:
    """Return the standing of an account of whose ``invited`` people these answered; unknown roles weigh 1."""
    rule = policy or SHIPPED
    attitude = _mean([(rule.accounts.weight(voice.role), voice.attitude) for voice in voices])
    intent = _mean([(rule.accounts.weight(voice.role), voice.intent) for voice in voices])
    segment = Segment.UNCLASSIFIED if voices else None
    if attitude is not None and intent is not None:
        segment = PLACES[_reaches(attitude, rule), _reaches(intent, rule)]
    at_risk = any(voice.role == DECISION_MAKER and voice.segment is Segment.HIGH_RISK for voice in voices)
    confidence = _confidence(voices, invited)
    return Standing(segment, attitude, intent, len(voices), invited, at_risk, confidence)


def _mean(values: Sequence[tuple[int, float | None]]) -> float | None:
    known = [(weight, value) for weight, value in values if value is not None]
    total = sum(weight for weight, _ in known)
    return fsum(weight * value for weight, value in known) / total if total else None


def _reaches(mean: float, rule: Policy) -> bool:
    return 100 * mean >= rule.cut - NOISE


def _confidence(voices: Sequence[Voice], invited: int) -> Confidence:
    if not voices:
        return Confidence.NONE
    decides = any(voice.role == DECISION_MAKER for voice in voices)
    if len(voices) >= 3 and decides and 2 * len(voices) >= invited:
        return Confidence.HIGH
    return Confidence.MEDIUM if len(voices) >= 2 or decides else Confidence.LOW
