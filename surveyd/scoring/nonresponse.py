"""Who did not answer, and how much that may move the score: reported beside it, never corrected away.

R-indicator: Schouten, Cobben and Bethlehem, Survey Methodology 2009; what chance adds to it: Shlomo, Skinner
and Schouten, Journal of Statistical Planning and Inference 2012. Extrapolation from the last to answer:
Armstrong and Overton, Journal of Marketing Research 1977. The phone comes after silence, so that being late
and being called cannot be told apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from surveyd.scoring import nps, nps_groups
from surveyd.scoring.arrays import Codes, Floats, Mask
from surveyd.scoring.comparisons import OrderedTrend, ordered_trend
from surveyd.scoring.estimates import Contrast, Estimate
from surveyd.scoring.nps import Counts
from surveyd.scoring.policy import SHIPPED, Minimums
from surveyd.scoring.unsaid import Reason, Unsaid

WIDEST = 1e100
PHASES = ("invitation", "reminder", "phone")
"""The steps of the cadence by code: which of them had come last when a person answered."""


def cells_of(*dimensions: Codes) -> tuple[Codes, int]:
    """Return each person's cell, and how many there are, out of one code array for each dimension.

    Only combinations that occur make a cell. Raises ValueError without a dimension.
    """
    if not dimensions:
        raise ValueError("cells need at least one dimension.")
    _, cells = np.unique(np.stack(dimensions), axis=1, return_inverse=True)
    return cells, int(cells.max(initial=-1)) + 1


@dataclass(frozen=True, slots=True)
class Representativeness:
    """How evenly the cells answered: ``indicator`` is 1 when all did alike and 0 at the worst, with what
    chance alone does taken out; ``raw`` is the same with it. The smaller the cells, the further apart.

    ``worst_bias`` is the most that uneven answering could move the mean, in the unit of its spread.
    """

    indicator: float
    raw: float
    rate: float
    worst_bias: float
    invited: int
    answered: int
    cells: int


def representativeness(
    cells: Codes, answered: Mask, *, size: int, spread: float, minimums: Minimums = SHIPPED.minimums
) -> Representativeness | Unsaid:
    """Compare the response rates of cells (codes from 0 to ``size`` - 1), one place for each person invited.

    ``spread`` is the standard deviation of what is averaged, such as the score's -1, 0 and 1. R = 1 - 2 S,
    with S the rates' standard deviation over people, and the bias is at most (1 - R) spread / (2 rate).
    Cells of one person are taken together. Unsaid where fewer have answered than are shown, and where there
    is one cell. Raises ValueError for a spread that is no finite number of 0 or more, up to 1e100.
    """
    if not 0 <= spread <= WIDEST:
        raise ValueError("a spread is a finite number that is not negative.")
    invited, heard = len(cells), int(np.count_nonzero(answered))
    if heard == 0:
        return Unsaid(Reason.NO_ANSWERS, "this wave")
    if heard < minimums.shown:
        return Unsaid(Reason.TOO_FEW_ANSWERS, "how evenly all answered", heard, minimums.shown)
    people, rates = _rates(cells, answered, size)
    if len(people) < 2:
        return Unsaid(Reason.TOO_FEW_GROUPS, "how evenly all answered", len(people), 2)
    rate = heard / invited
    apart = float((people * np.square(rates - rate)).sum())
    deviation = sqrt(max(0.0, apart - _by_chance(people, rates)) / (invited - 1))
    indicator = max(0.0, 1 - 2 * deviation)
    raw = max(0.0, 1 - 2 * sqrt(apart / (invited - 1)))
    worst = (1 - indicator) * spread / (2 * rate)
    return Representativeness(indicator, raw, rate, worst, invited, heard, len(people))


def _rates(cells: Codes, answered: Mask, size: int) -> tuple[Codes, Floats]:
    """How many people each cell has and which share of them answered; who is alone in theirs are one cell."""
    people = np.bincount(cells, minlength=size)
    heard = np.bincount(cells[answered], minlength=size)
    alone, others = people == 1, people > 1
    people = np.append(people[others], np.count_nonzero(alone))
    heard = np.append(heard[others], heard[alone].sum())
    people, heard = people[people > 0], heard[people > 0]
    return people, heard / people


def _by_chance(people: Codes, rates: Floats) -> float:
    """What chance alone adds to the squares of rates that differ from the mean, summed over people."""
    of_one = rates * (1 - rates) / np.maximum(1, people - 1)
    return float((people * of_one * (1 - people / people.sum())).sum())


@dataclass(frozen=True, slots=True)
class Phases:
    """The score by step of the cadence, and whether it rises or falls from step to step."""

    counts: tuple[Counts, ...]
    scores: tuple[Estimate | Unsaid, ...]
    trend: OrderedTrend | Unsaid


def by_phase(
    ratings: Codes,
    accounts: Codes,
    phases: Codes,
    *,
    size: int,
    minimums: Minimums = SHIPPED.minimums,
) -> Phases:
    """Split the ratings (-1 for none) by phase code, a place in ``PHASES`` or -1 for unknown.

    The trend is that of Cochran and Armitage, over -1, 0 and 1. Raises OutOfScale.
    """
    known = phases >= 0
    table = nps_groups.tallies(ratings[known], phases[known], size=len(PHASES))
    scores = tuple(
        nps_groups.score(
            nps_groups.score_totals(ratings, accounts, size=size, where=phases == phase),
            minimums=minimums,
            subject=name,
        )
        for phase, name in enumerate(PHASES)
    )
    counts = tuple(Counts(*map(int, row)) for row in table)
    return Phases(counts, scores, ordered_trend(table.tolist(), values=(-1, 0, 1)))


def extrapolated(
    counts: Sequence[Counts], *, rate: float, minimums: Minimums = SHIPPED.minimums
) -> float | Unsaid:
    """Return the score as if the silent were like the last to answer: r all + (1 - r) last phase.

    ``counts`` go by phase, the last of them that anybody answered in counts; ``rate`` is the response rate,
    0 to 1. Unsaid where that phase has too few ratings to show. Raises ValueError for an impossible rate.
    """
    if not 0 <= rate <= 1:
        raise ValueError("a response rate lies between 0 and 1.")
    heard = [group for group in counts if group.n]
    if not heard or heard[-1].n < minimums.shown:
        found = heard[-1].n if heard else 0
        return Unsaid(Reason.TOO_FEW_ANSWERS, "the last phase", found, minimums.shown)
    total = sum(group.n for group in heard)
    overall = sum(group.promoters - group.detractors for group in heard) / total
    last = (heard[-1].promoters - heard[-1].detractors) / heard[-1].n
    return rate * overall + (1 - rate) * last


@dataclass(frozen=True, slots=True)
class Silence:
    """Last wave's score of those now silent, of those now answering, and the first minus the second."""

    silent: Estimate | Unsaid
    answering: Estimate | Unsaid
    difference: Contrast | Unsaid


def silence(
    previous: Codes,
    accounts: Codes,
    answered: Mask,
    *,
    size: int,
    minimums: Minimums = SHIPPED.minimums,
) -> Silence:
    """Compare last wave's ratings by who of the people invited now has ``answered``; -1 for no rating then.

    One place for each person invited now. Raises OutOfScale.
    """
    silent = nps_groups.score_totals(previous, accounts, size=size, where=~answered)
    answering = nps_groups.score_totals(previous, accounts, size=size, where=answered)
    return Silence(
        nps_groups.score(silent, minimums=minimums, subject="those who are silent now"),
        nps_groups.score(answering, minimums=minimums, subject="those who answer now"),
        nps_groups.change(silent, answering, minimums=minimums, subject="those who are silent now"),
    )


@dataclass(frozen=True, slots=True)
class BesideRaw:
    """The score as it came in, and as if all strata had answered alike."""

    raw: Estimate
    stratified: nps_groups.PostStratified

    @property
    def moved(self) -> float:
        """The second minus the first: what uneven answering did, as far as the strata show it."""
        return self.stratified.estimate.value - self.raw.value


def beside_raw(
    ratings: Codes, accounts: Codes, *, size: int, cells: Codes, minimums: Minimums = SHIPPED.minimums
) -> BesideRaw | Unsaid:
    """Return raw and post-stratified score, the invited people's ``cells`` being the strata.

    All arrays have one place for each person invited, answered or not. Raises OutOfScale.
    """
    raw = nps_groups.score(nps_groups.score_totals(ratings, accounts, size=size), minimums=minimums)
    people = np.bincount(cells)
    stratified = nps_groups.poststratified(
        ratings, accounts, size=size, strata=cells, people=people, minimums=minimums
    )
    if isinstance(raw, Unsaid):
        return raw
    return stratified if isinstance(stratified, Unsaid) else BesideRaw(raw, stratified)


def spread(of: Counts) -> float:
    """Return the standard deviation of one person's -1, 0 or 1; 0 without ratings."""
    return sqrt(nps.variance(of) or 0)
