"""The loyalty matrix: how a person feels (attitude) against what the person intends to do (intent).

Our own open rule. Each axis is the weighted mean of its answered items on 0 to 100, valid from half of its
weight on; 62.5 is midway between neutral and the first favourable answer on five points. Intent is favourable
only when the person also says, if asked and answered, that they mean to continue (the gate). Recommendation,
ease and growth stay out: the first would make every detractor disloyal by construction, the second is a
driver, and who will renew but cannot grow is loyal all the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from surveyd.scoring.policy import SHIPPED, Policy
from surveyd.scoring.scale import HUNDREDTHS, Composite, Index, Item, compose

KEPT_STANDS = 4096


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


class Stand(NamedTuple):
    """How one index stands against the cut: as ``Index`` says it, and in words."""

    reaches: bool
    is_near: bool
    short_of: float
    words: str


class Stands(dict[Index | None, Stand]):
    """The stands of one axis by its index, each worked out once: there are few, and all submits need them."""

    def __init__(self, axis: Axis, composite: Composite, policy: Policy) -> None:
        super().__init__()
        self.axis, self.composite, self.policy = axis, composite, policy

    def __missing__(self, index: Index | None) -> Stand:
        if len(self) >= KEPT_STANDS:
            self.clear()
        found = self[index] = self._stand(index)
        return found

    def _stand(self, index: Index | None) -> Stand:
        if index is None:
            unknown = f"{self.axis} unknown, too few of {len(self.composite.items)} items answered"
            return Stand(False, False, 0.0, unknown)
        cut = self.policy.cut
        reaches, near = index.reaches(cut), index.is_near(cut, border=self.policy.border)
        value = f"{index.value:.2f}".rstrip("0").rstrip(".") if near else f"{index.whole}"
        side = "at or above" if reaches else "below"
        border = ", borderline" if near else ""
        basis = f"from {index.answered} of {index.asked} items"
        words = f"{self.axis} {value} of 100, {side} {cut / 100:g}{border}, {basis}"
        return Stand(reaches, near, index.short_of(cut), words)


@dataclass(frozen=True, slots=True)
class Battery:
    """The items of one questionnaire version, ready to place people; build it with ``battery``."""

    attitude: Composite
    intent: Composite
    growth: Composite
    gates: tuple[LoyaltyItem, ...]
    policy: Policy
    on_attitude: Stands = field(compare=False, repr=False)
    on_intent: Stands = field(compare=False, repr=False)


class Placement(NamedTuple):
    """One person's place, with what it rests on; an index that cannot be said is None.

    A plain tuple, as it is made in the transaction that stores a response.
    """

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

    attitude, intent = axis(Axis.ATTITUDE), axis(Axis.INTENT)
    return Battery(
        attitude,
        intent,
        axis(Axis.GROWTH),
        tuple(item for item in members if item.gate),
        rule,
        Stands(Axis.ATTITUDE, attitude, rule),
        Stands(Axis.INTENT, intent, rule),
    )


def place(answers: Mapping[str, int | None], of: Battery) -> Placement:
    """Return the place of one person's answers by item id; a missing id and None are unanswered.

    Unclassified when either axis is unknown; the known one is kept. Severity is the points missing to the cut
    on both axes together, None when unclassified. Raises OutOfScale.
    """
    attitude, intent = of.attitude.index(answers), of.intent.index(answers)
    feels, intends = of.on_attitude[attitude], of.on_intent[intent]
    segment, severity = Segment.UNCLASSIFIED, None
    if attitude is not None and intent is not None:
        segment = PLACES[feels.reaches, intends.reaches and not _is_held_back(answers, of)]
        severity = feels.short_of + intends.short_of
    return Placement(
        segment,
        attitude,
        intent,
        of.growth.index(answers),
        _borderline(feels, intends),
        severity,
        _explain(segment, feels, intends, knows_intent=intent is not None, answers=answers, of=of),
    )


def _is_held_back(answers: Mapping[str, int | None], of: Battery) -> bool:
    """Whether an answered gate fails."""
    for gate in of.gates:
        answer = answers.get(gate.id)
        if answer is not None and HUNDREDTHS * gate.steps(answer) <= of.policy.gate * gate.span:
            return True
    return False


def _borderline(feels: Stand, intends: Stand) -> tuple[Axis, ...]:
    if feels.is_near:
        return (Axis.ATTITUDE, Axis.INTENT) if intends.is_near else (Axis.ATTITUDE,)
    return (Axis.INTENT,) if intends.is_near else ()


def _explain(
    segment: Segment,
    feels: Stand,
    intends: Stand,
    *,
    knows_intent: bool,
    answers: Mapping[str, int | None],
    of: Battery,
) -> str:
    """Return the place in words: each axis against the cut, then what each answered gate says."""
    gates = [_gate_words(gate, answers) for gate in of.gates if answers.get(gate.id) is not None]
    parts = [feels.words]
    if not gates or len(of.intent.items) > len(of.gates) or not knows_intent:
        parts.append(intends.words)
    return f"{segment.words}: {'; '.join(parts + gates)}"


def _gate_words(gate: LoyaltyItem, answers: Mapping[str, int | None]) -> str:
    said = f"{gate.label or gate.id}: {answers[gate.id]} of {gate.maximum}"
    return f"{said}, where {gate.minimum} is best" if gate.reversed else said
