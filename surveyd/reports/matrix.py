"""The loyalty matrix as a drawing: where each account's dot stands, how large it is, and how many are where.

A square of 640 units: attitude upwards, intent to the right, both from 0 to 100.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin, sqrt

from surveyd.results.revenue import Point
from surveyd.scoring.loyalty import PLACES, Segment
from surveyd.scoring.policy import SHIPPED, Policy

LEFT, RIGHT, TOP, BOTTOM = 34.0, 636.0, 34.0, 566.0
HEIGHT = 632.0
EDGE = 16.0
SMALLEST, LARGEST, EQUAL = 4.0, 20.0, 7.0
APART = 4.5
"""How far neighbours stand apart that would share one spot, in units by the root of their number."""
TURN = pi * (3 - sqrt(5))
"""The golden angle: dots that turn by it fill a disc evenly."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One account: the centre and the radius of its dot, and what it is about."""

    x: float
    y: float
    radius: float
    account: Point


@dataclass(frozen=True, slots=True)
class Quadrant:
    """One quarter of the matrix, where its words stand, and how many accounts are in it."""

    segment: Segment
    accounts: int
    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """The drawing. `cut_x` and `cut_y` are the policy's cuts; `total` may be more than there are dots."""

    dots: tuple[Dot, ...]
    quadrants: tuple[Quadrant, ...]
    cut_x: float
    cut_y: float
    total: int
    sized: bool
    left: float = LEFT
    right: float = RIGHT
    top: float = TOP
    bottom: float = BOTTOM
    height: float = HEIGHT

    @property
    def left_out(self) -> int:
        """How many accounts have no dot, since the larger ones have taken the room."""
        return self.total - len(self.dots)

    def count_of(self, segment: str) -> int:
        """How many accounts are in the quadrant of that segment."""
        return sum(one.accounts for one in self.quadrants if one.segment == segment)


def matrix(
    points: Sequence[Point], *, counts: Mapping[str, int], sized: bool = True, policy: Policy | None = None
) -> Matrix:
    """The matrix of the points, with all accounts by segment in `counts`; without `sized` dots are equal.

    A dot's area grows with the revenue, compared with the largest that it can be compared with. Dots that
    would share one spot stand around it, never across a cut.
    """
    rule = policy or SHIPPED
    cut_x, cut_y = _across(rule.cut / 100), _upwards(rule.cut / 100)
    return Matrix(
        dots=tuple(_dots(points, cut_x, cut_y, sized=sized)),
        quadrants=tuple(
            Quadrant(
                segment=segment,
                accounts=counts.get(segment.value, 0),
                x=RIGHT if stays else LEFT,
                y=TOP - 12 if likes else BOTTOM + 22,
                anchor="end" if stays else "start",
            )
            for (likes, stays), segment in PLACES.items()
        ),
        cut_x=cut_x,
        cut_y=cut_y,
        total=sum(counts.get(segment.value, 0) for segment in PLACES.values()),
        sized=sized,
    )


def _dots(points: Sequence[Point], cut_x: float, cut_y: float, *, sized: bool) -> Iterator[Dot]:
    """The dots, the largest first, so that no small one is hidden behind it."""
    most: defaultdict[str, float] = defaultdict(float)
    for point in points:
        most[point.sized_in] = max(most[point.sized_in], point.size)
    taken: Counter[tuple[float, float]] = Counter()
    radii = [(_radius(point, most[point.sized_in]) if sized else EQUAL, point) for point in points]
    for radius, point in sorted(radii, key=lambda pair: -pair[0]):
        x, y = _across(point.intent), _upwards(point.attitude)
        step = taken[x, y]
        taken[x, y] += 1
        x += APART * sqrt(step) * cos(step * TURN)
        y += APART * sqrt(step) * sin(step * TURN)
        likes, stays = _sides(point.segment)
        x = _between(x, *((cut_x, RIGHT) if stays else (LEFT, cut_x)), room=radius)
        y = _between(y, *((TOP, cut_y) if likes else (cut_y, BOTTOM)), room=radius)
        yield Dot(round(x, 1), round(y, 1), radius, point)


def _sides(segment: Segment) -> tuple[bool, bool]:
    return next(sides for sides, named in PLACES.items() if named is segment)


def _radius(point: Point, most: float) -> float:
    if not point.size or not most:
        return SMALLEST
    return round(max(SMALLEST, LARGEST * sqrt(point.size / most)), 1)


def _between(value: float, low: float, high: float, *, room: float) -> float:
    return min(max(value, low + room + 1), high - room - 1)


def _across(index: float) -> float:
    return round(LEFT + EDGE + (RIGHT - LEFT - 2 * EDGE) * index / 100, 1)


def _upwards(index: float) -> float:
    return round(BOTTOM - EDGE - (BOTTOM - TOP - 2 * EDGE) * index / 100, 1)
