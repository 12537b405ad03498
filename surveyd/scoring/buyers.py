"""Buyer types: switching, habitual, complaining and satisfied, as an open rule over one person's answers.

The names are common in writing on business customers; no rule for them is published, so this one is our own.
It reads the segment of the loyalty matrix, the stages of the journey and what the person wrote, and
gives its grounds. The first rule that holds decides:

1. switching: accessible; or wrote about other suppliers without being truly loyal.
2. complaining: wrote as a detractor; or attitude is low and the person wrote something or a stage is weak.
3. switching: high risk without a complaint, for who says nothing has stopped expecting anything.
4. habitual: trapped without a complaint; or truly loyal and rated as passive or detractor.
5. satisfied: truly loyal, as a promoter or without a rating.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Category

WEAK_STAGE = 50.0
"""A stage of the journey below the middle of its scale is weak."""


class BuyerType(StrEnum):
    """How somebody buys."""

    SWITCHING = "switching"
    HABITUAL = "habitual"
    COMPLAINING = "complaining"
    SATISFIED = "satisfied"


class GroundKind(StrEnum):
    """One thing that a type rests on."""

    SEGMENT = "segment"
    CATEGORY = "category"
    OTHER_SUPPLIERS = "other_suppliers"
    WROTE = "wrote"
    WEAK_STAGE = "weak_stage"
    NO_COMPLAINT = "no_complaint"


SENTENCES = {
    GroundKind.SEGMENT: "stands as {name}",
    GroundKind.CATEGORY: "rated as {name}",
    GroundKind.OTHER_SUPPLIERS: "wrote about other suppliers",
    GroundKind.WROTE: "wrote a comment",
    GroundKind.WEAK_STAGE: "{name} {shown} of 100",
    GroundKind.NO_COMPLAINT: "no complaint",
}


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground: what kind, of what name (a segment, a category, a stage), and its value from 0 to 100."""

    kind: GroundKind
    name: str = ""
    value: float = 0.0

    @property
    def shown(self) -> str:
        """The value as a whole number; with one decimal where that would hide that it is below the cut."""
        whole = int(self.value + 0.5)
        return (
            str(whole) if whole < WEAK_STAGE or self.value >= WEAK_STAGE else f"{int(10 * self.value) / 10}"
        )

    @property
    def sentence(self) -> str:
        """The ground in English."""
        return SENTENCES[self.kind].format(name=self.name.replace("_", " "), shown=self.shown)


@dataclass(frozen=True, slots=True)
class Buyer:
    """A type with the grounds that it rests on."""

    type: BuyerType
    grounds: tuple[Ground, ...]

    @property
    def sentence(self) -> str:
        """The type in English: "switching: stands as accessible"."""
        return f"{self.type.value}: " + "; ".join(ground.sentence for ground in self.grounds)


@dataclass(frozen=True, slots=True)
class Said:
    """What one person said: the segment, the category of the rating ("" for none), stages from 0 to 100.

    ``wrote`` is whether there is a comment, ``other_suppliers`` whether it is about other suppliers.
    """

    segment: str
    category: str = ""
    stages: tuple[tuple[str, float], ...] = ()
    wrote: bool = False
    other_suppliers: bool = False


def said(
    segment: str,
    category: str,
    stages: Mapping[str, float],
    *,
    wrote: bool,
    other_suppliers: bool,
) -> Said:
    """What one person said, from the columns of a score."""
    return Said(segment, category, tuple(stages.items()), wrote, other_suppliers)


def buyer(of: Said) -> Buyer | None:
    """The type of one person by the first rule that holds; None for who cannot be placed in the matrix."""
    place = Ground(GroundKind.SEGMENT, of.segment)
    is_loyal = of.segment == Segment.TRULY_LOYAL
    if of.segment == Segment.ACCESSIBLE:
        return Buyer(BuyerType.SWITCHING, (place,))
    if of.segment not in (Segment.TRULY_LOYAL, Segment.TRAPPED, Segment.HIGH_RISK):
        return None
    if of.other_suppliers and not is_loyal:
        return Buyer(BuyerType.SWITCHING, (place, Ground(GroundKind.OTHER_SUPPLIERS)))
    complaint = _complaint(of, is_loyal=is_loyal)
    if complaint:
        return Buyer(BuyerType.COMPLAINING, (place, *complaint))
    if not is_loyal:
        kind = BuyerType.SWITCHING if of.segment == Segment.HIGH_RISK else BuyerType.HABITUAL
        return Buyer(kind, (place, Ground(GroundKind.NO_COMPLAINT)))
    rated = (Ground(GroundKind.CATEGORY, of.category),) if of.category else ()
    is_habit = of.category in (Category.PASSIVE, Category.DETRACTOR)
    return Buyer(BuyerType.HABITUAL if is_habit else BuyerType.SATISFIED, (place, *rated))


def _complaint(of: Said, *, is_loyal: bool) -> tuple[Ground, ...]:
    """What somebody complains of; who is truly loyal complains only as a detractor who writes."""
    wrote = (Ground(GroundKind.WROTE),) if of.wrote else ()
    if of.category == Category.DETRACTOR and wrote:
        return (Ground(GroundKind.CATEGORY, of.category), *wrote)
    if is_loyal:
        return ()
    weak = (Ground(GroundKind.WEAK_STAGE, name, value) for name, value in of.stages if value < WEAK_STAGE)
    return (*wrote, *weak)
