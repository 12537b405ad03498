"""Items answered on a whole-number scale, and the 0 to 100 index of several of them.

Everything is counted in integers, so that a comparison with a cut never depends on float noise: the points of
an answer are its steps above the worst end, brought to the least common multiple of the composite's spans.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import floor, lcm
from typing import NamedTuple

HUNDREDTHS = 10_000
"""A full index of 100 points, counted in hundredths of a point: the unit of every cut."""
NOISE = 1e-9


def whole(value: float) -> int:
    """Return the nearest whole number, a half away from zero, as a figure is shown: 12.5 is 13, -12.5 is -13.

    A double stands for the fraction that it was worked out from, so that 100 x 0.145 is a half as well.
    """
    size = floor(abs(value) + 0.5 + NOISE)
    return -size if value < 0 else size


class OutOfScale(ValueError):
    """An answer that is not a whole number within its item's scale."""

    def __init__(self, item: str, answer: object, *, minimum: int, maximum: int) -> None:
        self.item = item
        self.answer = answer
        self.minimum = minimum
        self.maximum = maximum
        super().__init__(f"{item} takes a whole number from {minimum} to {maximum}.")


@dataclass(frozen=True, slots=True)
class Item:
    """One question on a scale from ``minimum`` to ``maximum``; a reversed item is best at its minimum."""

    id: str
    minimum: int = 1
    maximum: int = 5
    weight: int = 1
    reversed: bool = False

    def __post_init__(self) -> None:
        if self.minimum >= self.maximum:
            raise ValueError(f"{self.id}: the scale must end above its beginning.")
        if self.weight < 0:
            raise ValueError(f"{self.id}: the weight must be zero or more.")

    @property
    def span(self) -> int:
        """How many steps lie between the worst and the best answer."""
        return self.maximum - self.minimum

    def accepts(self, answer: object) -> bool:
        """Say whether ``answer`` is a whole number on this scale; True and 4.0 are not."""
        return type(answer) is int and self.minimum <= answer <= self.maximum

    def steps(self, answer: int) -> int:
        """Return the steps from the worst answer up to this one; raise OutOfScale."""
        if not self.accepts(answer):
            raise OutOfScale(self.id, answer, minimum=self.minimum, maximum=self.maximum)
        return self.maximum - answer if self.reversed else answer - self.minimum


class Index(NamedTuple):
    """The share ``points`` / ``total`` of the best possible, resting on ``answered`` of ``asked`` items.

    A plain tuple, like a term: a response has some ten of them.
    """

    points: int
    total: int
    answered: int
    asked: int

    @property
    def value(self) -> float:
        """The index from 0 to 100, rounded once."""
        return 100 * self.points / self.total

    @property
    def whole(self) -> int:
        """The index as a whole number, halves upwards."""
        return (200 * self.points + self.total) // (2 * self.total)

    def reaches(self, cut: int) -> bool:
        """Say, exactly, whether the index is at or above ``cut`` hundredths of a point."""
        return HUNDREDTHS * self.points >= cut * self.total

    def is_near(self, cut: int, *, border: int) -> bool:
        """Say, exactly, whether the index is at most ``border`` hundredths away from ``cut``."""
        return abs(HUNDREDTHS * self.points - cut * self.total) <= border * self.total

    def short_of(self, cut: int) -> float:
        """Return how many points are missing to ``cut``, 0 at or above it."""
        return max(0, cut * self.total - HUNDREDTHS * self.points) / (100 * self.total)


class Term(NamedTuple):
    """What one item adds to a composite: ``base`` + ``slope`` times its answer, in the composite's points.

    A plain tuple, since a response goes through some twenty of them in the transaction that stores it.
    """

    id: str
    minimum: int
    maximum: int
    base: int
    slope: int
    weight: int


@dataclass(frozen=True, slots=True)
class Composite:
    """Weighted items that make one index; build it with ``compose``."""

    items: tuple[Item, ...]
    unit: int
    terms: tuple[Term, ...]
    needed: int
    """The weight from which on it is said, times 100: percent of the whole weight."""

    def index(self, answers: Mapping[str, int | None]) -> Index | None:
        """Return the index of ``answers`` by item id, or None when too little weight is answered.

        A missing id and None mean the same: not answered, or not applicable. Raises OutOfScale.
        """
        points = weight = answered = 0
        told = answers.get
        for name, minimum, maximum, base, slope, adds in self.terms:
            answer = told(name)
            if answer is not None:
                if type(answer) is not int or not minimum <= answer <= maximum:
                    raise OutOfScale(name, answer, minimum=minimum, maximum=maximum)
                points += base + slope * answer
                weight += adds
                answered += 1
        if not weight or 100 * weight < self.needed:
            return None
        return Index(points, self.unit * weight, answered, len(self.items))


def compose(items: Iterable[Item], *, needed: int = 50) -> Composite:
    """Return the composite of ``items``, valid from ``needed`` percent of the weight; weight 0 stays out."""
    counted = tuple(item for item in items if item.weight)
    unit = lcm(*(item.span for item in counted))
    terms = tuple(_term(item, item.weight * unit // item.span) for item in counted)
    return Composite(counted, unit, terms, needed * sum(item.weight for item in counted))


def _term(item: Item, factor: int) -> Term:
    base, slope = (item.maximum, -1) if item.reversed else (-item.minimum, 1)
    return Term(item.id, item.minimum, item.maximum, factor * base, factor * slope, item.weight)
