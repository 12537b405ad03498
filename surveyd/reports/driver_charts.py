"""Drivers as drawings: their shares with intervals, importance against rating, and pain against delight.

Numbers in, SVG coordinates out; a driver is drawn as its number, which the table beside it explains.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from surveyd.reports.charts import WIDTH, Tick
from surveyd.reports.spot_labels import Dot, Frame, Label, labels, leader
from surveyd.scoring.intervals import Interval
from surveyd.scoring.pain_delight import Quadrant
from surveyd.scoring.scale import whole

ROW, FOOT = 46.0, 30.0
NUMBERS = 54.0
"""How much room a row's number takes at its end."""
LEFT, RIGHT, TOP, BOTTOM = 46.0, 626.0, 34.0, 396.0
HEIGHT = 448.0
SMALLEST, LARGEST = 4.0, 22.0
FLAT = 5.0
"""Ratings are drawn in steps of so many points, and at least two of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One driver of the first drawing: where its share and both ends of the interval stand."""

    name: str
    y: float
    x: float
    low: float
    high: float
    share: int
    is_distinct: bool


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares under each other on one scale from 0; `cut` is an equal share."""

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    cut: float
    height: float


@dataclass(frozen=True, slots=True)
class Spot:
    """One driver of a square: its place, its size, the middle of its number, and whether it is for sure.

    `leader` is a line (x, y, x, y) from the dot to a number that stands further away.
    """

    key: str
    name: str
    x: float
    y: float
    radius: float
    label_x: float
    label_y: float
    leader: tuple[float, float, float, float] | None
    is_sure: bool
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Square:
    """Drivers by two measures: the cuts, both scales, and the names of the corners with their places."""

    spots: tuple[Spot, ...]
    cut_x: float
    cut_y: float
    across: tuple[Tick, ...]
    upwards: tuple[Tick, ...]
    corners: tuple[tuple[str, float, float, str], ...] = ()
    left: float = LEFT
    right: float = RIGHT
    top: float = TOP
    bottom: float = BOTTOM
    height: float = HEIGHT


@dataclass(frozen=True, slots=True)
class Point:
    """One driver to be drawn in a square; `around` is the interval across, `size` from 0 to 1."""

    key: str
    name: str
    x: float
    y: float
    around: Interval | None = None
    size: float = 0.0
    is_sure: bool = True


def shares(rows: Sequence[tuple[str, float, Interval, bool]]) -> Shares:
    """The drawing of names, shares (0 to 1), their intervals, and whether each stands out from chance."""
    most = _step_up(max((around.high for _, _, around, _ in rows), default=0.0))
    scale = (WIDTH - NUMBERS) / most
    drawn = tuple(
        Row(
            name,
            place * ROW,
            round(share * scale, 1),
            round(around.low * scale, 1),
            round(around.high * scale, 1),
            whole(100 * share),
            distinct,
        )
        for place, (name, share, around, distinct) in enumerate(rows)
    )
    ticks = tuple(Tick(round(tick / 100 * scale, 1), f"{tick}") for tick in _marks(most))
    return Shares(drawn, ticks, round(scale / max(1, len(rows)), 1), ROW * len(rows) + FOOT)


def importance(points: Sequence[Point], *, cut: float, mean: float) -> Square:
    """Importance across (0 to 1) against rating upwards (0 to 100), cut at an equal share and the mean
    rating.
    """
    most = _step_up(max((point.around.high for point in points if point.around), default=0.0))
    ratings = [point.y for point in points]
    low = FLAT * (min(ratings, default=50.0) // FLAT)
    high = max(FLAT * ceil(max(ratings, default=50.0) / FLAT), low + FLAT)
    return Square(
        spots=_spots(points, most, (low, high), radius=lambda point: 6.0),
        cut_x=_across(cut, most),
        cut_y=_upwards(mean, low, high),
        across=_percents(most),
        upwards=_ratings(low, high),
    )


def quadrants(points: Sequence[Point], *, cut: float, names: Mapping[Quadrant, str]) -> Square:
    """Pain across against delight upwards, both 0 to 1 and cut at an equal share; dots by who is in pain."""
    most = _step_up(max((max(point.x, point.y) for point in points), default=0.0))
    largest = max((point.size for point in points), default=0.0) or 1.0
    corners = (
        (names[Quadrant.DELIGHTER], LEFT + 8, TOP + 20, "start"),
        (names[Quadrant.MAKE_OR_BREAK], RIGHT - 8, TOP + 20, "end"),
        (names[Quadrant.LOW], LEFT + 8, BOTTOM - 10, "start"),
        (names[Quadrant.HYGIENE], RIGHT - 8, BOTTOM - 10, "end"),
    )
    return Square(
        spots=_spots(points, most, (0.0, most), radius=lambda point: _radius(point.size / largest)),
        cut_x=_across(cut, most),
        cut_y=_upwards(cut, 0.0, most),
        across=_percents(most),
        upwards=tuple(Tick(_upwards(tick / 100, 0, most), f"{tick}") for tick in _marks(most)),
        corners=corners,
    )


def _spots(
    points: Sequence[Point], most: float, scale: tuple[float, float], *, radius: Callable[[Point], float]
) -> tuple[Spot, ...]:
    """The dots, the largest first, each with its number where it can be told from the others."""
    drawn = sorted(
        (
            (Dot(point.key, _across(point.x, most), _upwards(point.y, *scale), radius(point)), point)
            for point in points
        ),
        key=lambda pair: -pair[0].radius,
    )
    numbers = labels([dot for dot, _ in drawn], Frame(LEFT, RIGHT, TOP, BOTTOM))
    return tuple(_spot(dot, point, number, most) for (dot, point), number in zip(drawn, numbers, strict=True))


def _spot(dot: Dot, point: Point, number: Label, most: float) -> Spot:
    ends = point.around or Interval(point.x, point.x)
    return Spot(
        dot.key,
        point.name,
        dot.x,
        dot.y,
        dot.radius,
        round(number.x, 1),
        round(number.y + 4, 1),
        leader(number, dot),
        point.is_sure,
        _across(ends.low, most),
        _across(ends.high, most),
    )


def _radius(part: float) -> float:
    """A radius whose area grows with the part of the largest."""
    return round(max(SMALLEST, LARGEST * sqrt(part)), 1)


def _across(share: float, most: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * share / most, 1)


def _upwards(value: float, low: float, high: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low), 1)


def _step_up(share: float) -> float:
    """The next even share at which a scale may end: tenths above 0.2, else twentieths."""
    step = 10 if share > 0.2 else 5
    return max(step, step * ceil(100 * share / step - 1e-9)) / 100


def _every(most: float) -> int:
    return 20 if most > 0.5 else 10 if most > 0.2 else 5


def _marks(most: float) -> range:
    """The percents that a scale up to `most` names."""
    return range(0, round(100 * most) + 1, _every(most))


def _percents(most: float) -> tuple[Tick, ...]:
    return tuple(Tick(_across(tick / 100, most), f"{tick}") for tick in _marks(most))


def _ratings(low: float, high: float) -> tuple[Tick, ...]:
    """Ratings every five points, or every ten where there would be many."""
    step = 2 * FLAT if high - low > 6 * FLAT else FLAT
    first = ceil(low / step) * step
    marks = [first + step * place for place in range(int((high - first) // step) + 1)]
    return tuple(Tick(_upwards(mark, low, high), f"{mark:g}") for mark in marks)
