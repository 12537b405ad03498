"""The loyalty matrix: how a person feels (attitude) against what the person intends to do (intent).

Our own open rule. Each axis is the weighted mean of its answered items on 0 to 100, valid from half of its
weight on; 62.5 is midway between neutral and the first favourable answer on five points. Intent is favourable
only when the person also says, if asked and answered, that they mean to continue (the gate). Recommendation,
ease and growth stay out: the first would make every detractor disloyal by construction, the second is a
driver, and who will renew but cannot grow is loyal all the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from surveyd.scoring.policy import SHIPPED, Policy
from surveyd.scoring.scale import HUNDREDTHS, Composite, Index, Item, compose


class Axis(StrEnum):
    """What a battery item counts towards; growth is an index beside the matrix."""

    ATTITUDE = "attitude"
    INTENT = "intent"
    GROWTH = "growth"


class Segment(StrEnum):
    """Where a person stands in the matrix."""

    TRULY_LOYAL = "truly_loyal"
    ACCESSIBLE = "accessible"
    TRAPPED = "trapped"
    HIGH_RISK = "high_risk"
    UNCLASSIFIED = "unclassified"

    @property
    def words(self) -> str:
        """The name for a sentence."""
        return self.value.replace("_", " ")


PLACES = {
    (True, True): Segment.TRULY_LOYAL,
    (True, False): Segment.ACCESSIBLE,
    (False, True): Segment.TRAPPED,
    (False, False): Segment.HIGH_RISK,
}


@dataclass(frozen=True, slots=True)
class LoyaltyItem(Item):
    """An item of the battery; ``label`` names what a high answer says, such as "intends to continue"."""

    axis: Axis = Axis.ATTITUDE
    gate: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Battery:
    """The items of one questionnaire version, ready to place people; build it with ``battery``."""

    attitude: Composite
    intent: Composite
    growth: Composite
    gates: tuple[LoyaltyItem, ...]
    policy: Policy


@dataclass(frozen=True, slots=True)
class Placement:
    """One person's place, with what it rests on; an index that cannot be said is None."""

    segment: Segment
    attitude: Index | None
    intent: Index | None
    growth: Index | None
    borderline: tuple[Axis, ...]
    severity: float | None
    explanation: str


def battery(items: Iterable[LoyaltyItem], *, policy: Policy | None = None) -> Battery:
    """Return the battery of ``items`` under ``policy``, by default the rule's first version."""
    rule = policy or SHIPPED
    members = tuple(items)

    def axis(wanted: Axis) -> Composite:
        return compose((item for item in members if item.axis is wanted), needed=rule.needed)

    gates = tuple(item for item in members if item.gate)
    return Battery(axis(Axis.ATTITUDE), axis(Axis.INTENT), axis(Axis.GROWTH), gates, rule)


def place(answers: Mapping[str, int | None], of: Battery) -> Placement:
    """Return the place of one person's answers by item id; a missing id and None are unanswered.

    Unclassified when either axis is unknown; the known one is kept. Severity is the points missing to the cut
    on both axes together, None when unclassified. Raises OutOfScale.
    """
    attitude, intent = of.attitude.index(answers), of.intent.index(answers)
    held_back = any(_fails(gate, answers, of.policy) for gate in of.gates)
    segment, severity = Segment.UNCLASSIFIED, None
    cut = of.policy.cut
    if attitude is not None and intent is not None:
        segment = PLACES[attitude.reaches(cut), intent.reaches(cut) and not held_back]
        severity = attitude.short_of(cut) + intent.short_of(cut)
    return Placement(
        segment=segment,
        attitude=attitude,
        intent=intent,
        growth=of.growth.index(answers),
        borderline=_borderline(attitude, intent, of.policy),
        severity=severity,
        explanation=_explain(segment, attitude, intent, answers, of),
    )


def _fails(gate: LoyaltyItem, answers: Mapping[str, int | None], policy: Policy) -> bool:
    answer = answers.get(gate.id)
    return answer is not None and HUNDREDTHS * gate.steps(answer) <= policy.gate * gate.span


def _borderline(attitude: Index | None, intent: Index | None, policy: Policy) -> tuple[Axis, ...]:
    known = ((Axis.ATTITUDE, attitude), (Axis.INTENT, intent))
    return tuple(axis for axis, index in known if index and index.is_near(policy.cut, border=policy.border))


def _explain(
    segment: Segment,
    attitude: Index | None,
    intent: Index | None,
    answers: Mapping[str, int | None],
    of: Battery,
) -> str:
    """Return the place in words: each axis against the cut, then what each answered gate says."""
    gates = [_gate_words(gate, answers) for gate in of.gates if answers.get(gate.id) is not None]
    parts = [_axis_words(Axis.ATTITUDE, attitude, of.attitude, of.policy)]
    if not gates or len(of.intent.items) > len(of.gates) or intent is None:
        parts.append(_axis_words(Axis.INTENT, intent, of.intent, of.policy))
    return f"{segment.words}: " + "; ".join(parts + gates)


def _axis_words(axis: Axis, index: Index | None, composite: Composite, policy: Policy) -> str:
    if index is None:
        return f"{axis} unknown, too few of {len(composite.items)} items answered"
    near = index.is_near(policy.cut, border=policy.border)
    value = f"{index.value:.2f}".rstrip("0").rstrip(".") if near else f"{index.whole}"
    side = "at or above" if index.reaches(policy.cut) else "below"
    border = ", borderline" if near else ""
    basis = f"from {index.answered} of {index.asked} items"
    return f"{axis} {value} of 100, {side} {policy.cut / 100:g}{border}, {basis}"


def _gate_words(gate: LoyaltyItem, answers: Mapping[str, int | None]) -> str:
    said = f"{gate.label or gate.id}: {answers[gate.id]} of {gate.maximum}"
    return f"{said}, where {gate.minimum} is best" if gate.reversed else said
