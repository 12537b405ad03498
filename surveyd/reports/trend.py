"""The score over the waves as a drawing: a line in its band, and short ones for those who answered twice."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor

from surveyd.results.trend_points import WavePoint
from surveyd.scoring import nps
from surveyd.scoring.estimates import Estimate
from surveyd.scoring.nps import Base

TOP, BOTTOM, LEFT, RIGHT = 26.0, 190.0, 66.0, 590.0
HEIGHT = 226.0
STEPS = (10, 20, 25, 50)
LINES = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """One wave on the line; `y` is None where the answers cannot carry a score, `change` as in WavePoint."""

    x: float
    y: float | None
    low: float
    high: float
    shown: str
    change: str
    wave: str
    ratings: int
    is_low_base: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """The people who answered two waves that follow each other: where their score was, and where it is."""

    x: float
    y: float
    then_x: float
    then_y: float
    people: int
    change: str


@dataclass(frozen=True, slots=True)
class Level:
    """One horizontal line of the scale."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Trend:
    """The drawing. `runs` are the stretches of waves that follow each other without a gap."""

    marks: tuple[Mark, ...]
    levels: tuple[Level, ...]
    pairs: tuple[Pair, ...] = ()
    height: float = HEIGHT
    left: float = LEFT
    right: float = RIGHT
    bottom: float = BOTTOM

    @property
    def runs(self) -> list[list[Mark]]:
        """The waves with a score, cut where one has none."""
        runs: list[list[Mark]] = [[]]
        for mark in self.marks:
            if mark.y is None:
                runs.append([])
            else:
                runs[-1].append(mark)
        return [run for run in runs if run]

    @property
    def lines(self) -> list[str]:
        """The points of the line, one list a run."""
        return [" ".join(f"{mark.x:g},{mark.y:g}" for mark in run) for run in self.runs if len(run) > 1]

    @property
    def bands(self) -> list[str]:
        """The outline of the band, one list a run: its upper edge forth, its lower edge back."""
        edges = [
            [(mark.x, mark.high) for mark in run] + [(mark.x, mark.low) for mark in run[::-1]]
            for run in self.runs
            if len(run) > 1
        ]
        return [" ".join(f"{x:g},{y:g}" for x, y in edge) for edge in edges]


def trend(points: Sequence[WavePoint]) -> Trend | None:
    """The trend of the waves, oldest first; None where fewer than two can carry a score."""
    carried = [point.nps for point in points if _carries(point)]
    ends = [end for of in carried if of.interval for end in (of.interval.low, of.interval.high)]
    ends += [value for pair in map(_scores_of, points) if pair for value in pair]
    if len(carried) < 2:
        return None
    step = next((step for step in STEPS if _levels(ends, step) <= LINES), STEPS[-1])
    low, high = floor(100 * min(ends) / step) * step, ceil(100 * max(ends) / step) * step
    if low == high:  # nobody differs: the line needs some ground all the same
        low, high = (low - step, high) if high > 0 else (low, high + step)
    levels = range(low, high + 1, step)

    def place(share: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (100 * share - low) / (high - low), 1)

    gap = (RIGHT - LEFT) / (len(points) - 1)
    return Trend(
        marks=tuple(_mark(point, round(LEFT + gap * at, 1), place) for at, point in enumerate(points)),
        levels=tuple(Level(place(level / 100), nps.display(level / 100)) for level in levels),
        pairs=tuple(_pairs(points, gap, place)),
    )


def _pairs(points: Sequence[WavePoint], gap: float, place: Callable[[float], float]) -> Iterator[Pair]:
    for at, point in enumerate(points):
        scores = _scores_of(point)
        if point.panel and scores:
            then_x, x = round(LEFT + gap * (at - 1), 1), round(LEFT + gap * at, 1)
            then, now = map(place, scores)
            yield Pair(x, now, then_x, then, point.panel.people, point.panel.change.value)


def _scores_of(point: WavePoint) -> tuple[float, float] | None:
    """The two scores of the people who answered twice, if they are enough to carry them."""
    panel = point.panel
    if panel is None or not isinstance(panel.before, Estimate) or not isinstance(panel.now, Estimate):
        return None
    carried = Base.COUNTS not in (panel.before.base, panel.now.base)
    return (panel.before.value, panel.now.value) if carried else None


def _carries(point: WavePoint) -> bool:
    return point.nps.base not in (Base.NONE, Base.COUNTS)


def _levels(ends: Sequence[float], step: int) -> int:
    return ceil(100 * max(ends) / step) - floor(100 * min(ends) / step)


def _mark(point: WavePoint, x: float, place: Callable[[float], float]) -> Mark:
    of = point.nps
    known = _carries(point) and of.value is not None and of.interval is not None
    return Mark(
        x=x,
        y=place(float(of.value)) if known and of.value is not None else None,
        low=place(of.interval.low) if known and of.interval else 0.0,
        high=place(of.interval.high) if known and of.interval else 0.0,
        shown=of.shown if known else "",
        change=point.change,
        wave=point.wave,
        ratings=of.counts.n,
        is_low_base=of.base is Base.LOW,
    )
