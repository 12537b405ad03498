"""A slice broken down by one or two dimensions: each line is a slice of its own, with figures and change.

A change is against the wave before of the same program, over the same accounts' codes, so that whoever is in
both waves covaries; all changes of one screen are judged together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveyd.distribution.comparable_waves import wave_before
from surveyd.people.access import Scope
from surveyd.results.account_totals import AccountTotals, places_of, totals_at
from surveyd.results.combinations import Combination, combinations, largest
from surveyd.results.figures import Figures, Weights, figures_from, weights_of
from surveyd.results.slices import Slice
from surveyd.results.whole_shapes import Whole
from surveyd.results.wholes import wave_name, whole_of_waves
from surveyd.scoring import nps_groups
from surveyd.scoring.bases import Base
from surveyd.scoring.estimates import Contrast
from surveyd.scoring.policy import Policy
from surveyd.scoring.trend import Direction, directions
from surveyd.scoring.unsaid import Unsaid

MOST_LINES = 60
"""A breakdown shows so many lines, those with most people invited."""


@dataclass(frozen=True, slots=True)
class Line:
    """One value, or one pair of values: the slice that it is, its figures, and the change of its score.

    `change` is None where there is no wave before; `direction` is empty where there is no verdict.
    """

    values: tuple[str, ...]
    cut: Slice
    figures: Figures
    change: Contrast | Unsaid | None
    direction: Direction


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The lines in the order of their values; `more` others have fewer people and are left out."""

    by: tuple[str, ...]
    lines: tuple[Line, ...]
    more: int
    before: str


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A line before anything is worked out."""

    values: tuple[str, ...]
    cut: Slice
    totals: AccountTotals


def break_down(
    session: Session, whole: Whole, cut: Slice, *, by: Sequence[str], scope: Scope, most: int = MOST_LINES
) -> Breakdown:
    """The slice by these dimensions, one or two; a value without anybody has no line."""
    before = whole_before(session, whole, scope=scope)
    found = combinations(whole, cut, tuple(by))
    kept = [_line(whole, cut, tuple(by), one) for one in largest(found, most)]
    weights = weights_of(session, whole, cut)
    changes = [_change(whole, before, one, weights) for one in kept]
    ways = directions([_judged(one) for one in changes])
    policy = whole.columns.policy
    lines = [
        Line(one.values, one.cut, _figures(whole, one, weights, policy), change, way)
        for one, change, way in zip(kept, changes, ways, strict=True)
    ]
    name = before.waves[0].slug if before else ""
    return Breakdown(tuple(by), tuple(lines), len(found) - len(kept), name)


def whole_before(session: Session, whole: Whole, *, scope: Scope) -> Whole | None:
    """The wave before the only one of a whole, of the same program; None for several waves, and the first."""
    if len(whole.waves) != 1:
        return None
    [now] = whole.waves
    wave = wave_before(session, now.id, program_id=now.program_id, day_zero=now.day_zero)
    return None if wave is None else whole_of_waves(session, [wave_name(wave)], scope=scope)


def _line(whole: Whole, cut: Slice, by: tuple[str, ...], of: Combination) -> _Found:
    for name, value in zip(by, of.values, strict=True):
        cut = cut.narrowed(name, value)
    return _Found(of.values, cut, totals_at(whole, cut))


def _figures(whole: Whole, of: _Found, weights: Weights, policy: Policy) -> Figures:
    return figures_from(of.totals, weights.at(places_of(whole, of.cut)), policy)


def _change(whole: Whole, before: Whole | None, of: _Found, weights: Weights) -> Contrast | Unsaid | None:
    if before is None:
        return None
    weigh = weights.at(places_of(whole, of.cut)).of
    then = totals_at(before, of.cut)
    minimums = whole.columns.policy.minimums
    return nps_groups.change(weigh(of.totals.recommendation), weigh(then.recommendation), minimums=minimums)


def _judged(of: Contrast | Unsaid | None) -> tuple[float, float] | None:
    """What a verdict rests on; None where the numbers cannot carry one."""
    if not isinstance(of, Contrast) or of.base in (Base.NONE, Base.COUNTS):
        return None
    return of.statistic, of.p
