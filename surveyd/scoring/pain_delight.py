"""Pain and delight: which drivers go along with detraction when low, and with promotion when high.

For each driver there is a low answer (0 to 40 of 100: 1 or 2 of 5, 0 to 4 of 10) and a high one (90 and
more: 5 of 5, 9 or 10 of 10). Pain is the share that the low answers have in who is a detractor, delight the
share that the high ones have in who is a promoter, both by LMG; a driver whose sign is the wrong way round
has none. One nth of n drivers is the cut on both. Beside it stands the penalty-reward contrast in points of
the recommendation (Brandt 1987) and the asymmetry of the two (Mikulic and Prebezac 2008).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from surveyd.scoring.arrays import Floats
from surveyd.scoring.bootstrap import SEED, Draws, Progress, draws, resampled
from surveyd.scoring.driver_items import Answers, Driver, LeftOut, Screened, screen, too_few
from surveyd.scoring.drivers import draws_of, each, shares
from surveyd.scoring.gaps import MOST_PATTERNS
from surveyd.scoring.lmg import importances
from surveyd.scoring.moments import Table, by_pairs, method, standardise
from surveyd.scoring.policy import SHIPPED, Policy
from surveyd.scoring.unsaid import Reason, Unsaid

LOW, HIGH = 0.4, 0.9
DETRACTOR, PROMOTER = 6, 9
LEAST_SHARE, LEAST = 0.05, 20
CERTAIN = 0.7
POINTS = 1e-9
MOST = 10
Marks = Callable[[Floats, Floats], Floats]
Side = tuple[Marks, Callable[[Floats], Floats], str]


class Quadrant(StrEnum):
    """What a driver is good for."""

    MAKE_OR_BREAK = "make_or_break"
    HYGIENE = "hygiene"
    DELIGHTER = "delighter"
    LOW = "low"


QUADRANTS = (Quadrant.LOW, Quadrant.DELIGHTER, Quadrant.HYGIENE, Quadrant.MAKE_OR_BREAK)


@dataclass(frozen=True, slots=True)
class Contrast:
    """Points of the recommendation, 0 to 10, beside a middling answer: lost by a low one, won by a high one.

    `asymmetry` is from -1 (only a penalty) to 1 (only a reward), None where one has the wrong sign or both
    are nothing.
    """

    penalty: float
    reward: float
    asymmetry: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """One driver: shares of pain and of delight, its quadrant, and how many of the draws put it there (0 to
    1).

    Pain or delight is None where `PainDelight.unsaid` tells why, and there is no quadrant then. `low` and
    `high` are the shares of low and high answers among all who answered it.
    """

    driver: Driver
    pain: float | None
    delight: float | None
    quadrant: Quadrant | None
    certainty: float | None
    low: float
    high: float
    n: int
    contrast: Contrast

    @property
    def certain(self) -> bool:
        """Say whether the quadrant may be drawn as a fact."""
        return self.certainty is not None and self.certainty >= CERTAIN


@dataclass(frozen=True, slots=True)
class PainDelight:
    """All drivers that can be placed, by pain and delight together; `cut` is the same on both axes.

    `unsaid` tells why there is no pain or no delight; at most one of them is missing.
    """

    n: int
    accounts: int
    times: int
    cut: float
    places: tuple[Place, ...]
    left_out: tuple[LeftOut, ...]
    unsaid: Unsaid | None = None


def pain_delight(
    answers: Answers,
    *,
    policy: Policy = SHIPPED,
    times: int | None = None,
    seed: int = SEED,
    most_patterns: int = MOST_PATTERNS,
    progress: Progress | None = None,
) -> PainDelight | Unsaid:
    """Return the place of each driver, or why none can be said; the outcome is the recommendation, 0 to 10.

    Not placed is whom fewer than 5 % or 20 people rated low, or high. Where nobody is a detractor there is
    no pain, where nobody is a promoter no delight. Deterministic by `seed`. Raises ValueError for `times`
    below 1 and for a recommendation above 10.
    """
    draws_of(len(answers.items), times)
    if len(answers.outcome) and np.nanmax(answers.outcome, initial=0) > MOST:
        raise ValueError(f"the recommendation is from 0 to {MOST}.")
    found = screen(answers, policy.minimums)
    if isinstance(found, Unsaid):
        return found
    found, left_out = _placeable(found)
    if not found.answers.items:
        return left_out[0].why
    if refused := too_few(found, policy.minimums):
        return refused
    count = draws_of(len(found.answers.items), times)
    drawn = draws(found.accounts, times=count, seed=seed)
    pain = _side(found, (_low, _detracts, "detractors"), drawn, most_patterns, progress)
    delight = _side(found, (_high, _promotes, "promoters"), drawn, most_patterns, progress)
    if isinstance(pain, Unsaid) and isinstance(delight, Unsaid):
        return _neither(pain, delight)
    return PainDelight(
        n=found.n,
        accounts=found.accounts,
        times=count,
        cut=1 / len(found.answers.items),
        places=_places(found, _said(pain), _said(delight), _contrasts(found)),
        left_out=left_out,
        unsaid=next((side for side in (pain, delight) if isinstance(side, Unsaid)), None),
    )


def _low(steps: Floats, spans: Floats) -> Floats:
    return np.where(np.isnan(steps), np.nan, steps <= LOW * spans + POINTS)


def _high(steps: Floats, spans: Floats) -> Floats:
    return np.where(np.isnan(steps), np.nan, steps >= HIGH * spans - POINTS)


def _detracts(ratings: Floats) -> Floats:
    return np.asarray(ratings <= DETRACTOR, dtype=np.float64)


def _promotes(ratings: Floats) -> Floats:
    return np.asarray(ratings >= PROMOTER, dtype=np.float64)


def _table(found: Screened, marks: tuple[Marks, ...], outcome: Callable[[Floats], Floats]) -> Table:
    """Return a table of 0 and 1 by driver, once for each mark, and the outcome last."""
    spans = np.array([float(item.span) for item in found.answers.items])

    def read(at: slice) -> Floats:
        steps = found.answers.steps(at)
        rated = outcome(found.answers.outcome[at].astype(np.float64))
        return np.column_stack([mark(steps, spans) for mark in marks] + [rated])

    return Table(read, found.codes, found.weights)


def _counts(found: Screened, mark: Marks) -> NDArray[np.int64]:
    """Return how many people the mark holds for, by driver."""
    table = _table(found, (mark,), _detracts)
    total = sum(np.nan_to_num(table.read(at))[:, :-1].sum(axis=0) for at in table.slices())
    return np.asarray(total, dtype=np.int64)


def _placeable(found: Screened) -> tuple[Screened, tuple[LeftOut, ...]]:
    """Return the drivers that enough people rated low, and high, and the others with the reason."""
    people = found.known.sum(axis=0)
    needed = np.maximum(LEAST, np.ceil(LEAST_SHARE * people)).astype(int)
    kept, left_out = [], list(found.left_out)
    counted = {"low": _counts(found, _low), "high": _counts(found, _high)}
    for column, item in enumerate(found.answers.items):
        few = [end for end, counts in counted.items() if counts[column] < needed[column]]
        if few:
            rated = int(counted[few[0]][column])
            why = Unsaid(Reason.TOO_FEW_ANSWERS, f"{item.id} rated {few[0]}", rated, int(needed[column]))
            left_out.append(LeftOut(item, why))
        else:
            kept.append(column)
    return found.only(kept), tuple(left_out)


def _side(found: Screened, side: Side, drawn: Draws, most: int, progress: Progress | None) -> Floats | Unsaid:
    """Return (draws, p) shares of what is explained, 0 for a driver that goes the wrong way; or why none."""
    mark, outcome, who = side
    inside = outcome(found.answers.outcome.astype(np.float64))
    if not inside.any() or inside.all():
        return Unsaid(Reason.EVERYBODY if inside.any() else Reason.NOBODY, f"the {who}")
    standard = standardise(_table(found, (mark,), outcome))
    tables, _ = resampled(standard, method(standard, most=most), drawn)
    right = tables[:, :-1, -1] > 0
    return np.where(right, shares(each(tables, importances, progress)), 0.0)


def _neither(pain: Unsaid, delight: Unsaid) -> Unsaid:
    """Return one reason for both sides: all are detractors, or promoters, or nobody is either."""
    for side in (pain, delight):
        if side.reason is Reason.EVERYBODY:
            return side
    return Unsaid(Reason.NOBODY, "the detractors or the promoters")


def _said(side: Floats | Unsaid) -> Floats | None:
    return None if isinstance(side, Unsaid) else side


def _contrasts(found: Screened) -> list[Contrast]:
    """Return each driver's penalty and reward, all others alike: a regression on all low and high marks.

    A note beside the axes: missing answers are met by pairs.
    """
    standard = standardise(_table(found, (_low, _high), np.asarray))
    table = by_pairs(standard)
    slopes = np.linalg.pinv(table[:-1, :-1], rcond=POINTS, hermitian=True) @ table[:-1, -1]
    points = slopes * standard.scale[:-1] / standard.scale[-1]
    drivers = len(found.answers.items)
    return [
        _contrast(-float(low), float(high))
        for low, high in zip(points[:drivers], points[drivers:], strict=True)
    ]


def _contrast(penalty: float, reward: float) -> Contrast:
    whole = penalty + reward
    told = min(penalty, reward) >= 0 and whole > POINTS
    return Contrast(penalty, reward, (reward - penalty) / whole if told else None)


def _places(
    found: Screened, pain: Floats | None, delight: Floats | None, contrasts: list[Contrast]
) -> tuple[Place, ...]:
    """Return the places by pain and delight together, of (draws, p) shares of which the first is
    everybody's; None is a side of which nothing can be said.
    """
    people = found.known.sum(axis=0)
    lows, highs = _counts(found, _low) / people, _counts(found, _high) / people
    fitting = _fitting(len(people), pain, delight)
    places = [
        Place(
            driver=item,
            pain=None if pain is None else float(pain[0, column]),
            delight=None if delight is None else float(delight[0, column]),
            quadrant=fitting[column][0],
            certainty=fitting[column][1],
            low=float(lows[column]),
            high=float(highs[column]),
            n=int(people[column]),
            contrast=contrasts[column],
        )
        for column, item in enumerate(found.answers.items)
    ]
    return tuple(sorted(places, key=lambda place: -((place.pain or 0.0) + (place.delight or 0.0))))


def _fitting(
    drivers: int, pain: Floats | None, delight: Floats | None
) -> list[tuple[Quadrant | None, float | None]]:
    """Return each driver's quadrant and the share of the draws that agree, None where a side is missing."""
    if pain is None or delight is None:
        return [(None, None)] * drivers
    cut = 1 / drivers - POINTS
    quadrants = 2 * (pain >= cut) + (delight >= cut)
    agreeing = (quadrants[1:] == quadrants[0]).mean(axis=0)
    return [(QUADRANTS[place], float(share)) for place, share in zip(quadrants[0], agreeing, strict=True)]
