"""Means of people in accounts: those of one account resemble each other and say less than strangers.

Each estimate comes with what every account pulls at it (its influence). Variances, weights, differences and
overlaps of the same accounts all follow from these pulls: linearisation after Binder, International
Statistical Review 1983, as in Lumley's R package survey.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surveyd.scoring.arrays import Codes, Floats, Mask, Numbers
from surveyd.scoring.unsaid import Reason, Unsaid

NOISE = 1e-12
"""A pull this small beside its terms is rounding: an account whose mean is the mean pulls at nothing."""
TINY = 1e-290
"""Below this a double loses digits."""


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """What each account's answers add up to; every field has one place for each account code.

    ``n`` counts answers of a weight above 0; ``weight`` and ``weight_squared`` add up w and w squared,
    ``value`` and ``value_squared`` add up w x and w x squared. ``answered`` counts all answers, whatever they
    weigh.
    """

    answered: int
    n: Codes
    weight: Floats
    weight_squared: Floats
    value: Floats
    value_squared: Floats

    def weighted(self, factors: Floats) -> "Totals":
        """Return the totals with each account's answers weighted by its factor.

        Factors are finite and not negative; only how they compare matters. Raises ValueError.
        """
        factor = _brought(np.where(self.weight > 0, _checked(factors), 0))
        return Totals(
            self.answered,
            np.where(factor > 0, self.n, 0),
            self.weight * factor,
            self.weight_squared * factor * factor,
            self.value * factor,
            self.value_squared * factor,
        )


def totals(
    values: Numbers, accounts: Codes, *, size: int, weights: Floats | None = None, where: Mask | None = None
) -> Totals:
    """Add up ``values`` (one for each person, NaN for no answer) by account code from 0 to ``size`` - 1.

    All arrays have one place for each person; ``weights`` are finite and not negative, and people outside
    ``where`` do not count. Raises ValueError, also for values beyond what can be squared.
    """
    x = np.asarray(values, dtype=np.float64)
    weight = np.ones(len(x)) if weights is None else _checked(weights)
    counts = ~np.isnan(x)
    if where is not None:
        counts &= where
    answered = int(np.count_nonzero(counts))
    counts &= weight > 0
    if not counts.all():
        x, weight, accounts = x[counts], weight[counts], accounts[counts]
    if weights is not None:
        weight = _brought(weight)
    with np.errstate(over="ignore", invalid="ignore"):
        value, squared = _sums(weight * x, accounts, size), _sums(weight * x * x, accounts, size)
    if not np.isfinite(squared).all():
        raise ValueError("a value is a number that can be squared.")
    n = np.bincount(accounts, minlength=size)
    totalled, weight_squared = _sums(weight, accounts, size), _sums(weight * weight, accounts, size)
    return Totals(answered, n, totalled, weight_squared, value, squared)


def _sums(values: Floats, accounts: Codes, size: int) -> Floats:
    return np.bincount(accounts, weights=values, minlength=size).astype(np.float64, copy=False)


def _checked(weights: Floats) -> Floats:
    weights = np.asarray(weights, dtype=np.float64)
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("a weight is a number that is not negative.")
    return weights


def _brought(weights: Floats) -> Floats:
    """Return the weights brought to at most 1, so that no square of one is lost or grows beyond measure.

    Only those that count are handed in: beside a giant who is left out, all others would be nothing.
    """
    # Divided by a power of two, which rounds nothing.
    _, exponent = np.frexp(weights.max(initial=0))
    brought: Floats = np.ldexp(weights, -exponent)
    return brought


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """A mean, or a combination of means, and how far each account pulls at it.

    ``pulls`` and ``heard`` have one place for each account code; the pulls of one mean add up to 0.
    ``n`` counts answers; ``n_effective`` is Kish's, ``even`` the same number of accounts: (sum W)^2 / sum W^2
    over their weights. ``largest`` is the largest account's share of the weight. For a combination they are
    the least of its parts, and the largest share.
    """

    value: float
    pulls: Floats
    heard: Mask
    n: int
    n_effective: float
    even: float
    largest: float

    @property
    def accounts(self) -> int:
        """How many accounts it rests on."""
        return int(np.count_nonzero(self.heard))

    @property
    def variance(self) -> float:
        """K / (K - 1) times the squares of the pulls about their mean, added up; 0 below two accounts."""
        k = self.accounts
        if k < 2:
            return 0.0
        pulls = self.pulls[self.heard]
        return float(k / (k - 1) * np.square(pulls - pulls.mean()).sum())


def influence(of: Totals, *, subject: str = "this group") -> Influence | Unsaid:
    """Return the weighted mean and its pulls, z = sum of w (x - mean) / sum of all w, account by account.

    Weights whose squares are lost beside others that have been left out since count as none.
    """
    n, weight, squared = int(of.n.sum()), float(of.weight.sum()), float(of.weight_squared.sum())
    if squared < TINY:
        return Unsaid(Reason.NO_WEIGHT if of.answered else Reason.NO_ANSWERS, subject)
    mean = float(of.value.sum()) / weight
    expected = mean * of.weight
    pulls = of.value - expected
    pulls[np.abs(pulls) <= NOISE * (np.abs(of.value) + np.abs(expected))] = 0
    largest = float(of.weight.max()) / weight
    even = weight * weight / float(np.square(of.weight).sum())
    return Influence(mean, pulls / weight, of.n > 0, n, weight * weight / squared, even, largest)


def combination(parts: Sequence[tuple[float, Influence]]) -> Influence:
    """Return the sum of factor times mean; accounts that are in several parts covary by themselves.

    For a difference of two groups or two waves the factors are 1 and -1. All parts use the same account
    codes; raises ValueError otherwise, and without a part.
    """
    sizes = {len(part.pulls) for _, part in parts}
    if len(sizes) != 1:
        raise ValueError("a combination needs parts over the same account codes.")
    terms = np.array([factor * part.pulls for factor, part in parts])
    pulls = terms.sum(axis=0)
    pulls[np.abs(pulls) <= NOISE * np.abs(terms).sum(axis=0)] = 0
    return Influence(
        sum(factor * part.value for factor, part in parts),
        pulls,
        np.logical_or.reduce([part.heard for _, part in parts]),
        sum(part.n for _, part in parts),
        min(part.n_effective for _, part in parts),
        min(part.even for _, part in parts),
        max(part.largest for _, part in parts),
    )
