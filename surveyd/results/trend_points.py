"""The points of a trend: each wave's score, and what can be said about its change and about its past.

Every wave is looked at twice: all its respondents, and the people who answered it and the wave before, so
that a change of who answers is not taken for a change of what they say.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from surveyd.scoring import nps, nps_groups
from surveyd.scoring.arrays import Codes, Mask
from surveyd.scoring.bases import Base
from surveyd.scoring.clustered import Totals
from surveyd.scoring.estimates import Contrast, Estimate
from surveyd.scoring.intervals import discoveries
from surveyd.scoring.nps import Summary
from surveyd.scoring.policy import SHIPPED, Minimums
from surveyd.scoring.trend import (
    Against,
    Comparison,
    Direction,
    Point,
    against_history,
    detectable_change,
)
from surveyd.scoring.unsaid import Unsaid

SURE = 0.05

Ids = NDArray[np.int64]
Weigh = Callable[[Totals, Ids], Totals]
"""How answers are weighted: totals by account code, and the account's id by code."""


class History(StrEnum):
    """Where a wave stands among the earlier ones; NONE while they are too few."""

    WITHIN = "within"
    ABOVE = "above"
    BELOW = "below"
    NONE = ""


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """The answers of one wave, one place for each: ratings (-1 for none), and the ids of who gave them."""

    wave_id: int
    wave: str
    day_zero: datetime | None
    ratings: Codes
    contacts: Ids
    accounts: Ids


@dataclass(frozen=True, slots=True)
class Panel:
    """The people who answered a wave and the one before: how many, both their scores, and the change."""

    people: int
    before: Estimate | Unsaid
    now: Estimate | Unsaid
    change: Direction
    contrast: Contrast | Unsaid


@dataclass(frozen=True, slots=True)
class WavePoint:
    """One wave of a trend. `change` from the wave before: up, down, steady, or empty for no verdict.

    The interval asks what the next such people would say, so it knows no number of invited; a change is one
    only where it holds against all the comparisons of the trend together (p < 0.05, Benjamini-Hochberg).
    `detectable` is the least true change since the wave before that would show four times of five; `history`
    says where the wave stands among at least three earlier ones, all such waves of the trend judged together.
    """

    wave_id: int
    wave: str
    day_zero: datetime | None
    nps: Summary
    change: str
    estimate: Estimate | Unsaid | None = None
    contrast: Contrast | Unsaid | None = None
    panel: Panel | None = None
    detectable: float | None = None
    history: History = History.NONE
    expected: float | None = None


def trend_of(
    waves: Sequence[Voices], *, weigh: Weigh | None = None, minimums: Minimums = SHIPPED.minimums
) -> tuple[WavePoint, ...]:
    """The points of these waves, oldest first; all arrows of the trend are judged together."""
    sized = _Sized(waves, weigh, minimums)
    points = [sized.point(place) for place in range(len(waves))]
    every = [contrast for point in points for contrast in (point.contrast, _of_panel(point))]
    sure = iter(directions_of([one for one in every if isinstance(one, Contrast)], minimums=minimums))
    found = [next(sure) if isinstance(one, Contrast) else Direction.NONE for one in every]
    told = [_with_arrows(point, *found[2 * at : 2 * at + 2]) for at, point in enumerate(points)]
    pasts = [_against_past(point, told[:at], minimums) for at, point in enumerate(told)]
    stands = iter(discoveries([past.p for past in pasts if past is not None], rate=SURE))
    return tuple(
        point if past is None else _with_history(point, past, is_sure=next(stands))
        for point, past in zip(told, pasts, strict=True)
    )


def directions_of(contrasts: Sequence[Contrast], *, minimums: Minimums = SHIPPED.minimums) -> list[Direction]:
    """The arrow of each comparison of one screen, judged together; none where a side is below the minimum.

    That nothing has changed for sure is "steady" where no side has a low base: few answers show little.
    """
    carried = [min(one.n, one.n_other) >= minimums.shown for one in contrasts]
    sure = iter(discoveries([one.p for one, carries in zip(contrasts, carried, strict=True) if carries]))
    return [
        (_direction(one, next(sure), minimums) if carries else Direction.NONE)
        for one, carries in zip(contrasts, carried, strict=True)
    ]


def _direction(of: Contrast, is_sure: bool, minimums: Minimums) -> Direction:
    if not is_sure:
        return Direction.STEADY if min(of.n, of.n_other) >= minimums.normal else Direction.NONE
    return Direction.UP if of.statistic > 0 else Direction.DOWN


class _Sized:
    """The waves over one set of account codes, so that an account in two of them is the same account."""

    def __init__(self, waves: Sequence[Voices], weigh: Weigh | None, minimums: Minimums) -> None:
        self.waves, self.minimums = waves, minimums
        self.weigh = weigh
        # Codes are shared by all waves, so that weights by account hold in each.
        every = np.concatenate([wave.accounts for wave in waves]) if waves else np.empty(0, np.int64)
        self.ids, codes = np.unique(every, return_inverse=True)
        ends = np.cumsum([len(wave.accounts) for wave in waves])[:-1]
        self.codes = np.split(codes, ends) if waves else []
        self.totals = [self._totals(place) for place in range(len(waves))]

    def point(self, place: int) -> WavePoint:
        wave, of = self.waves[place], self.totals[place]
        estimate = nps_groups.score(of, minimums=self.minimums)
        summary = nps.summary(nps_groups.tally(wave.ratings), minimums=self.minimums)
        if isinstance(estimate, Estimate):
            value = Fraction(estimate.value) if self.weigh else summary.value
            summary = replace(summary, interval=estimate.interval, value=value)
        found = WavePoint(wave.wave_id, wave.wave, wave.day_zero, summary, "", estimate)
        if not place:
            return found
        contrast = nps_groups.change(of, self.totals[place - 1], minimums=self.minimums)
        least = detectable_change(contrast.standard_error, 0.0) if isinstance(contrast, Contrast) else None
        return replace(found, contrast=contrast, detectable=least, panel=self._panel(place))

    def _panel(self, place: int) -> Panel:
        then, now = self.waves[place - 1], self.waves[place]
        rated_then, rated_now = then.ratings >= 0, now.ratings >= 0
        both = np.intersect1d(then.contacts[rated_then], now.contacts[rated_now])
        was = self._totals(place - 1, rated_then & np.isin(then.contacts, both))
        is_now = self._totals(place, rated_now & np.isin(now.contacts, both))
        return Panel(
            len(both),
            nps_groups.score(was, minimums=self.minimums),
            nps_groups.score(is_now, minimums=self.minimums),
            Direction.NONE,
            nps_groups.change(is_now, was, minimums=self.minimums),
        )

    def _totals(self, place: int, where: Mask | None = None) -> Totals:
        ratings, codes = self.waves[place].ratings, self.codes[place]
        found = nps_groups.score_totals(ratings, codes, size=len(self.ids), where=where)
        return self.weigh(found, self.ids) if self.weigh else found


def _of_panel(point: WavePoint) -> Contrast | Unsaid | None:
    return point.panel.contrast if point.panel else None


def _with_arrows(point: WavePoint, change: Direction, of_panel: Direction) -> WavePoint:
    panel = replace(point.panel, change=of_panel) if point.panel else None
    return replace(point, change=change.value, panel=panel)


def _against_past(point: WavePoint, past: Sequence[WavePoint], minimums: Minimums) -> Comparison | None:
    """The point against the waves before it that carry a score; None while they are too few."""
    now = _known(point, minimums)
    before = [known for one in past if (known := _known(one, minimums)) is not None]
    if now is None:
        return None
    found = against_history(now, before)
    return None if isinstance(found, Unsaid) or found.against is not Against.HISTORY else found


def _with_history(point: WavePoint, past: Comparison, *, is_sure: bool) -> WavePoint:
    """The point among its past; `is_sure` is whether it stands beside the other waves of the trend."""
    side = History.ABOVE if past.change > 0 else History.BELOW
    return replace(point, history=side if is_sure else History.WITHIN, expected=past.expected)


def _known(point: WavePoint, minimums: Minimums) -> Point | None:
    of = point.estimate
    if not isinstance(of, Estimate) or of.base in (Base.NONE, Base.COUNTS) or not of.standard_error:
        return None
    return Point(of.value, of.standard_error)
