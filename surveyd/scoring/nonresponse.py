"""Who did not answer, and how much that may move the score: reported beside it, never corrected away.

R-indicator: Schouten, Cobben and Bethlehem, Survey Methodology 2009. Extrapolation from the last to answer:
Armstrong and Overton, Journal of Marketing Research 1977. The phone comes after silence, so that being late
and being called cannot be told apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from surveyd.scoring import nps, nps_groups
from surveyd.scoring.arrays import Codes, Mask
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
    """How evenly the cells answered: ``indicator`` is 1 when all did alike and 0 at the worst.

    ``worst_bias`` is the most that uneven answering could move the mean, in the unit of its spread.
    """

    indicator: float
    rate: float
    worst_bias: float
    invited: int
    answered: int
    cells: int


def representativeness(
    cells: Codes, answered: Mask, *, size: int, spread: float
) -> Representativeness | Unsaid:
    """Compare the response rates of cells (codes from 0 to ``size`` - 1), one place for each person invited.

    ``spread`` is the standard deviation of what is averaged, such as the score's -1, 0 and 1. R = 1 - 2 S,
    with S the rates' standard deviation over people, and the bias is at most (1 - R) spread / (2 rate).
    Raises ValueError for a spread that is no finite number of 0 or more, up to 1e100.
    """
    if not 0 <= spread <= WIDEST:
        raise ValueError("a spread is a finite number that is not negative.")
    invited, heard = len(cells), int(np.count_nonzero(answered))
    if heard == 0:
        return Unsaid(Reason.NO_ANSWERS, "this wave")
    people = np.bincount(cells, minlength=size)
    rates = np.bincount(cells[answered], minlength=size) / np.maximum(people, 1)
    rate = heard / invited
    deviation = float(np.sqrt((people * np.square(rates - rate)).sum() / max(1, invited - 1)))
    indicator = max(0.0, 1 - 2 * deviation)
    worst = (1 - indicator) * spread / (2 * rate)
    return Representativeness(indicator, rate, worst, invited, heard, int(np.count_nonzero(people)))


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
