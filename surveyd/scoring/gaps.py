"""Means and covariances of answers with gaps: by maximum likelihood, or by pairs where patterns are too
many.

Maximum likelihood under normality takes the gaps as missing at random, given what the same person answered
elsewhere; EM finds it (Dempster, Laird and Rubin 1977; Little and Rubin, chapter 11). Leaving out everybody
with a gap instead would leave one of 10,000 when ten drivers lack 60 % each. All arrays here are of about
unit spread: the caller standardises them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surveyd.scoring.arrays import Floats, Mask
from surveyd.scoring.lmg import TINY
from surveyd.scoring.unsaid import Reason, Unsaid

MOST_PATTERNS = 2_000
STEPS = 1_000
SETTLED = 1e-9
NEGATIVE = -1e-8
NUDGE = 1e-5
SINGULAR = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What EM needs of the people: by pattern of gaps (g, d), their weight (g,), sums (g, d), products (g,
    d, d).

    Sums and products hold 0 where the pattern has a gap.
    """

    known: Mask
    weight: Floats
    totals: Floats
    products: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Means (d,) and covariances (d, d), with divisor n."""

    mean: Floats
    covariance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Fill:
    """How a pattern's gaps are expected, given the rest: slopes (g, d, d) on what is known, and leftover
    spread.
    """

    slopes: Floats
    leftover: Floats


def patterns(known: Mask) -> tuple[Mask, NDArray[np.intp]]:
    """Return the distinct rows of an (n, d) mask, and for each row which of them it is."""
    packed = np.packbits(known, axis=1)
    words = np.zeros((known.shape[0], -(-packed.shape[1] // 8) * 8), dtype=np.uint8)
    words[:, : packed.shape[1]] = packed
    keys = words.view(np.uint64)
    codes = keys[:, 0]
    for word in range(1, keys.shape[1]):
        codes = np.unique(codes, return_inverse=True)[1].astype(np.uint64) << np.uint64(32)
        codes |= np.unique(keys[:, word], return_inverse=True)[1].astype(np.uint64)
    _, first, of_row = np.unique(codes, return_index=True, return_inverse=True)
    return known[first], of_row


def empty(known: Mask) -> Sums:
    """Return sums of nobody yet, for these patterns."""
    patterns, width = known.shape
    products = np.zeros((patterns, width, width))
    return Sums(known, np.zeros(patterns), np.zeros((patterns, width)), products)


def add(to: Sums, rows: Floats, *, weights: Floats, of_row: NDArray[np.intp]) -> None:
    """Add (r, d) rows to the sums of their patterns; a gap must hold 0."""
    order = np.argsort(of_row, kind="stable")
    starts = np.flatnonzero(np.diff(of_row[order], prepend=-1))
    found, ordered, weighed = of_row[order][starts], rows[order], (rows * weights[:, None])[order]
    to.weight[found] += np.add.reduceat(weights[order], starts)
    to.totals[found] += np.add.reduceat(weighed, starts)
    to.products[found] += np.add.reduceat(weighed[:, :, None] * ordered[:, None, :], starts)


def fill(known: Mask, at: Estimate) -> Fill:
    """Return how each pattern's gaps are expected under `at`; what is known stays as it is.

    The known columns are swept in one after the other; one that adds nothing to those before it is passed
    over.
    """
    width = known.shape[1]
    table = np.repeat(at.covariance[:, :, None], len(known), axis=2)
    used = np.zeros((width, len(known)), dtype=np.bool_)
    for column in range(width):
        row = table[column].copy()
        used[column] = known[:, column] & (row[column] > TINY)
        gain = np.divide(1.0, row[column], out=np.zeros(len(known)), where=used[column])
        table -= row[:, None] * (row * gain)[None]
        swept = np.where(used[column], row * gain, row)
        swept[column] = np.where(used[column], -gain, row[column])
        table[column], table[:, column] = swept, swept
    slopes = np.where(~known.T[:, None] & used[None], table, 0.0)
    slopes += np.eye(width)[:, :, None] * known.T[None]
    leftover = np.where(~known.T[:, None] & ~known.T[None], table, 0.0)
    return Fill(*(np.ascontiguousarray(np.moveaxis(part, 2, 0)) for part in (slopes, leftover)))


def step(of: Sums, at: Estimate) -> Estimate:
    """Return the next estimate of EM."""
    filled = fill(of.known, at)
    mean = np.where(of.known, at.mean, 0.0)
    around = of.totals - of.weight[:, None] * mean
    crossed = of.totals[:, :, None] * mean[:, None, :]
    products = of.products - crossed - np.swapaxes(crossed, 1, 2)
    products += of.weight[:, None, None] * mean[:, :, None] * mean[:, None, :]
    weight = of.weight.sum()
    shift = (filled.slopes @ around[:, :, None])[:, :, 0].sum(axis=0) / weight
    spread = filled.slopes @ products @ np.swapaxes(filled.slopes, 1, 2)
    spread += of.weight[:, None, None] * filled.leftover
    return Estimate(at.mean + shift, spread.sum(axis=0) / weight - np.outer(shift, shift))


def likelihood(of: Sums, *, subject: str = "the drivers", steps: int = STEPS) -> Estimate | Unsaid:
    """Return the most likely means and covariances; Unsaid when EM has not come to rest after `steps`."""
    width = of.known.shape[1]
    at = Estimate(np.zeros(width), np.eye(width))
    for _ in range(steps):
        then = step(of, at)
        moved = max(abs(then.mean - at.mean).max(), abs(then.covariance - at.covariance).max())
        at = then
        if moved < SETTLED:
            return at
    return Unsaid(Reason.NOT_SETTLED, subject, needed=steps)


def flat(mean: Floats, covariance: Floats) -> Floats:
    """Return means (..., d) and the upper half of covariances (..., d, d) as one row (..., q)."""
    rows, columns = np.triu_indices(mean.shape[-1])
    return np.concatenate([mean, covariance[..., rows, columns]], axis=-1)


def square(upper: Floats, width: int) -> Floats:
    """Return the symmetric (..., d, d) matrices whose upper halves these are."""
    rows, columns = np.triu_indices(width)
    whole = np.empty((*upper.shape[:-1], width, width))
    whole[..., rows, columns] = upper
    whole[..., columns, rows] = upper
    return whole


def stretch(of: Sums, at: Estimate) -> Floats:
    """Return the (q, q) matrix by which one step of EM falls short of its end, near the estimate `at`.

    One step moves a fraction of the way only, the less the more is missing: the rate of EM is found by
    nudging each number (Meng and Rubin 1991). A bootstrap takes one step from the estimate and stretches it
    by this. Where two columns say the same, there is no safe nudge, and steps stay as they are.
    """
    width = len(at.mean)
    base = flat(at.mean, at.covariance)
    if np.linalg.eigvalsh(at.covariance)[0] < SINGULAR:
        return np.eye(len(base))
    here = step(of, at)
    rest = flat(here.mean, here.covariance)
    rate = np.empty((len(base), len(base)))
    for place in range(len(base)):
        nudged = base.copy()
        nudged[place] += NUDGE
        then = step(of, Estimate(nudged[:width], square(nudged[width:], width)))
        rate[:, place] = (flat(then.mean, then.covariance) - rest) / NUDGE
    return np.asarray(np.linalg.inv(np.eye(len(base)) - rate), dtype=np.float64)


def repaired(correlations: Floats) -> tuple[Floats, Mask]:
    """Return (b, d, d) correlations that can be, and which of them could not: their negative roots are cut.

    Correlations by pairs rest on other people each, so that together they may be impossible.
    """
    values, vectors = np.linalg.eigh(correlations)
    broken = values[:, 0] < NEGATIVE
    if not broken.any():
        return correlations, broken
    cut = (vectors * np.maximum(values, 0.0)[:, None]) @ np.swapaxes(vectors, 1, 2)
    spread = np.sqrt(np.maximum(np.diagonal(cut, axis1=1, axis2=2), np.finfo(float).tiny))
    rescaled = cut / spread[:, :, None] / spread[:, None, :]
    return np.where(broken[:, None, None], rescaled, correlations), broken
