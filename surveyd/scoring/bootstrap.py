"""What would other accounts have said? Draw accounts with replacement and look again (Efron 1979).

A draw is a count for each account; one pass over the rows gives the sums of all draws.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from surveyd.scoring.arrays import Floats, Mask
from surveyd.scoring.intervals import Interval
from surveyd.scoring.moments import Method, Standard

SEED = 1
Progress = Callable[[int, int], None]
Draws = NDArray[np.uint16]


def draws(accounts: int, *, times: int, seed: int = SEED) -> Draws:
    """Return (1 + times, accounts): everybody once, then how often a draw has each account."""
    generator = np.random.default_rng(seed)
    counts = np.ones((1 + times, accounts), dtype=np.uint16)
    for place in range(1, 1 + times):
        drawn = generator.integers(0, accounts, size=accounts)
        counts[place] = np.bincount(drawn, minlength=accounts)
    return counts


def resampled(of: Standard, by: Method, drawn: Draws) -> tuple[Floats, Mask]:
    """Return the correlations (draws, d, d), those of everybody first, and which had to be repaired."""
    sums: Floats | None = None
    for at in of.table.slices():
        accounts = of.table.accounts[at]
        weighed = by.features(of.rows(at), at) * of.table.weights[at, None]
        starts = np.flatnonzero(np.diff(accounts, prepend=-1))
        counts = drawn[:, accounts[0] : accounts[-1] + 1].astype(np.float64)
        part = counts @ np.add.reduceat(weighed, starts)
        sums = part if sums is None else sums + part
    assert sums is not None, "nobody is in the table"
    return by.correlations(sums)


def interval(samples: Floats, estimate: float, *, confidence: float = 0.95) -> Interval:
    """Return the percentile interval of (b,) draws, widened where needed to hold the estimate."""
    tail = 100 * (1 - confidence) / 2
    low, high = np.percentile(samples, [tail, 100 - tail])
    return Interval(float(low), float(high)).containing(estimate)


def ranks(samples: Floats, *, confidence: float = 0.95) -> list[tuple[int, int]]:
    """Return for each of p columns of (b, p) draws the best and the worst rank within `confidence`; 1 is
    first.
    """
    order = np.argsort(np.argsort(-samples, axis=1, kind="stable"), axis=1) + 1
    tail = 100 * (1 - confidence) / 2
    low = np.percentile(order, tail, axis=0, method="inverted_cdf")
    high = np.percentile(order, 100 - tail, axis=0, method="inverted_cdf")
    return [(int(best), int(worst)) for best, worst in zip(low, high, strict=True)]
