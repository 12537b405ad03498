"""Correlations of many people's numbers, and of every bootstrap of their accounts, in one pass over the
rows.

People of one account answer alike, so that accounts are drawn and not people. All that is needed of a row
are sums: they are added up by account, and a draw is a weighted sum of accounts. Rows are read in blocks, in
double precision, so that a million answers kept in single bytes neither overflow nor fill the memory.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from surveyd.scoring.arrays import Floats, Mask
from surveyd.scoring.gaps import (
    MOST_PATTERNS,
    STEPS,
    Estimate,
    Fill,
    add,
    empty,
    fill,
    flat,
    likelihood,
    patterns,
    repaired,
    square,
    stretch,
)
from surveyd.scoring.lmg import TINY, correlations
from surveyd.scoring.unsaid import Unsaid

ROWS = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """People by account: `read` gives the rows of a slice, (r, d), NaN where there is no answer.

    `accounts` (n,) are numbered from 0 without holes and ascend; `weights` (n,) are above 0.
    """

    read: Callable[[slice], Floats]
    accounts: NDArray[np.intp]
    weights: Floats

    def slices(self) -> Iterator[slice]:
        """The rows, a block at a time."""
        return (slice(start, start + ROWS) for start in range(0, len(self.accounts), ROWS))


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """A table in units of its own spread; a column that does not vary stays 0."""

    table: Table
    centre: Floats
    scale: Floats
    known: Mask

    def rows(self, at: slice) -> Floats:
        """Return (r, d) standardised rows, 0 where there is no answer."""
        return np.where(self.known[at], (self.table.read(at) - self.centre) * self.scale, 0.0)


def standardise(table: Table) -> Standard:
    """Return the table in units of its spread: two passes, as the sum of squares alone loses digits."""
    known = np.concatenate([~np.isnan(table.read(at)) for at in table.slices()])
    weight = np.maximum(table.weights @ known, TINY)
    centre = sum(table.weights[at] @ np.nan_to_num(table.read(at)) for at in table.slices()) / weight
    raw = Standard(table, centre, np.ones_like(centre), known)
    spread = np.sqrt(sum(table.weights[at] @ raw.rows(at) ** 2 for at in table.slices()) / weight)
    varies = spread > TINY * np.maximum(np.abs(centre), TINY)
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)
    return Standard(table, centre, scale, known)


class Method(Protocol):
    """A way from rows to correlations by way of sums."""

    def features(self, rows: Floats, at: slice) -> Floats:
        """Return (r, q): what is added up of each row."""

    def correlations(self, sums: Floats) -> tuple[Floats, Mask]:
        """Return (b, d, d) of (b, q) sums, and which of them had to be repaired."""


def _upper(rows: Floats, others: Floats) -> Floats:
    first, second = np.triu_indices(rows.shape[1])
    return np.asarray(rows[:, first] * others[:, second])


def _steady(covariances: Floats) -> Floats:
    """Return the correlations; what varies in a draw by rounding only counts as constant."""
    still = np.diagonal(covariances, axis1=1, axis2=2) < TINY
    dead = still[:, :, None] | still[:, None, :]
    return correlations(np.where(dead, 0.0, covariances))


def _moments(sums: Floats, width: int) -> tuple[Floats, Floats]:
    """Return means (b, d) and covariances (b, d, d) of sums of one, of numbers and of products."""
    mean = sums[:, 1 : width + 1] / sums[:, :1]
    second = square(sums[:, width + 1 :] / sums[:, :1], width)
    return mean, second - mean[:, :, None] * mean[:, None, :]


@dataclass(frozen=True, slots=True, eq=False)
class Complete:
    """Everybody answered everything."""

    width: int

    def features(self, rows: Floats, at: slice) -> Floats:
        """One, each number, each product."""
        return np.concatenate([np.ones((len(rows), 1)), rows, _upper(rows, rows)], axis=1)

    def correlations(self, sums: Floats) -> tuple[Floats, Mask]:
        """Plain correlations; they can always be."""
        return _steady(_moments(sums, self.width)[1]), np.zeros(len(sums), dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Likelihood:
    """Gaps are filled with what is expected of them, and draws are stretched as `gaps.stretch` says."""

    known: Mask
    of_row: NDArray[np.intp]
    at: Estimate
    fills: Fill
    stretched: Floats | None

    def features(self, rows: Floats, at: slice) -> Floats:
        """One, each expected number, each expected product."""
        which = self.of_row[at]
        around = np.where(self.known[at], rows - self.at.mean, 0.0)
        filled = self.at.mean + np.einsum("rij,rj->ri", self.fills.slopes[which], around)
        first, second = np.triu_indices(rows.shape[1])
        crossed = _upper(filled, filled) + self.fills.leftover[:, first, second][which]
        return np.concatenate([np.ones((len(rows), 1)), filled, crossed], axis=1)

    def correlations(self, sums: Floats) -> tuple[Floats, Mask]:
        """Correlations by likelihood; a stretched draw that cannot be is repaired."""
        width = len(self.at.mean)
        mean, covariance = _moments(sums, width)
        if self.stretched is not None:
            end = flat(self.at.mean, self.at.covariance)
            moved = end + (flat(mean, covariance) - end) @ self.stretched.T
            covariance = square(moved[:, width:], width)
        return repaired(_steady(covariance))


@dataclass(frozen=True, slots=True, eq=False)
class Pairwise:
    """Each correlation from those who answered both."""

    known: Mask

    def features(self, rows: Floats, at: slice) -> Floats:
        """For each two columns: how many answered both, sums, squares, and products."""
        both = [left[:, :, None] * right[:, None, :] for left, right in _sides(rows, self.known[at])]
        return np.stack(both, axis=1).reshape(len(rows), -1)

    def correlations(self, sums: Floats) -> tuple[Floats, Mask]:
        """Correlations by pairs, 0 where nobody answered both; the impossible is repaired."""
        width = self.known.shape[1]
        both, total, squares, crossed = np.moveaxis(sums.reshape(-1, 4, width, width), 1, 0)
        share = np.divide(1.0, both, out=np.zeros_like(both), where=both > 0)
        mean = total * share
        other = np.swapaxes(mean, 1, 2)
        spread = np.sqrt(np.maximum(squares * share - mean**2, 0.0))
        scale = spread * np.swapaxes(spread, 1, 2)
        joint = crossed * share - mean * other
        return repaired(np.divide(joint, scale, out=np.zeros_like(joint), where=scale > TINY))


def _sides(rows: Floats, known: Mask) -> list[tuple[Floats, Floats]]:
    """What is multiplied pair by pair: both answered, sums, squares, products."""
    there = known.astype(np.float64)
    return [(there, there), (rows, there), (rows**2, there), (rows, rows)]


def by_pairs(of: Standard) -> Floats:
    """Return the correlations (d, d) of everybody by pairs, without any draw: as `Pairwise`, and quicker."""
    width = of.known.shape[1]
    sums = np.zeros((4, width, width))
    for at in of.table.slices():
        weights = of.table.weights[at, None]
        sides = _sides(of.rows(at), of.known[at])
        sums += np.stack([(left * weights).T @ right for left, right in sides])
    return np.asarray(Pairwise(of.known).correlations(sums.reshape(1, -1))[0][0])


def method(of: Standard, *, most: int = MOST_PATTERNS, steps: int = STEPS, drawn: bool = True) -> Method:
    """Choose how gaps are met: likelihood up to `most` patterns of them, pairs above or if EM never settles.

    Whoever looks at the plain estimate only, and at no draw, sets `drawn` to False and saves time.
    """
    if of.known.all():
        return Complete(of.known.shape[1])
    distinct, of_row = patterns(of.known)
    if len(distinct) > most:
        return Pairwise(of.known)
    sums = empty(distinct)
    for at in of.table.slices():
        add(sums, of.rows(at), weights=of.table.weights[at], of_row=of_row[at])
    estimate = likelihood(sums, steps=steps)
    if isinstance(estimate, Unsaid):
        return Pairwise(of.known)
    stretched = stretch(sums, estimate) if drawn else None
    return Likelihood(of.known, of_row, estimate, fill(distinct, estimate), stretched)
