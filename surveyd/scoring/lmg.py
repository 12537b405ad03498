"""How much of what an outcome varies goes along with each driver: exact LMG, and Johnson's weights.

LMG averages the gain in R squared that a driver brings over every order in which the drivers may come in;
Shapley's value, general dominance and Kruskal's averaging are the same number (Lindeman, Merenda and Gold
1980, Kruskal 1987, Budescu 1993). It is never negative and adds up to R squared. The R squared of all
subsets comes from one sweep that doubles: with each driver, the tables of all subsets so far are kept once
and swept once.
"""

from collections.abc import Sequence
from math import comb

import numpy as np

from surveyd.scoring.arrays import Floats

EXACT_UP_TO = 20
"""So many drivers have a million subsets, which takes under a second; beyond, Johnson's weights are used."""
TINY = 1e-10
# Numbers in the tables of all subsets that are held at once: a few megabytes stay in the processor's cache.
AT_ONCE = 1 << 17


def correlations(covariances: Floats) -> Floats:
    """Return the correlations of (b, d, d) covariances; rows and columns of a constant are 0."""
    spread = np.sqrt(np.maximum(np.diagonal(covariances, axis1=1, axis2=2), 0.0))
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.asarray(covariances * scale[:, :, None] * scale[:, None, :])


def explained(covariances: Floats, players: Sequence[Sequence[int]]) -> Floats:
    """Return R squared of every set of players, (2**players, b): bit k of an index says that player k is in.

    `covariances` is (b, d, d) with the outcome last; a player is the columns that come in together. A column
    that adds nothing to those before it (a constant, a copy, a sum of others) is passed over.
    """
    order = [column for player in players for column in player] + [covariances.shape[1] - 1]
    chosen = correlations(covariances)[:, order][:, :, order]
    table = np.ascontiguousarray(np.moveaxis(chosen, 0, -1))[:, :, None, :]
    whole = table[-1, -1]
    for player in players:
        table = _doubled(table, len(player))
    return np.asarray(whole - table[0, 0])


def _doubled(table: Floats, size: int) -> Floats:
    """Return the tables without the first `size` columns, then the same tables with these swept out."""
    swept = table
    for _ in range(size):
        swept = _swept(swept)
    return np.concatenate([table[size:, size:], swept], axis=2)


def _swept(table: Floats) -> Floats:
    """Return what is left of the other columns once the first is known: the Schur complement."""
    pivot, row = table[0, 0], table[0, 1:]
    gain = np.divide(1.0, pivot, out=np.zeros_like(pivot), where=pivot > TINY)
    return np.asarray(table[1:, 1:] - row[:, None] * (row * gain)[None])


def shapley(values: Floats) -> Floats:
    """Return (players, b): what each player brings on average, of the (2**players, b) values of all sets.

    Never negative; for each b it adds up to the value of all players less the value of none.
    """
    players = int(values.shape[0]).bit_length() - 1
    members = np.arange(values.shape[0])
    sizes = np.bitwise_count(members).astype(np.intp)
    joins = np.array([1 / (players * comb(players - 1, size)) for size in range(players)] + [0.0])
    brought = np.empty((players, values.shape[1]))
    for player in range(players):
        within = (members >> player) & 1 == 1
        brought[player] = np.where(within, joins[sizes - 1], -joins[sizes]) @ values
    return np.maximum(brought, 0.0)


def at_once(players: int) -> int:
    """Return how many tables to look at together, so that all subsets of so many players stay small."""
    return max(1, AT_ONCE >> players)


def lmg(covariances: Floats) -> Floats:
    """Return (b, p): the LMG of each of p drivers, adding up to R squared, for (b, p + 1, p + 1) covariances.

    The outcome is the last column. Memory grows as 2**p: meant for up to `EXACT_UP_TO` drivers.
    """
    drivers = covariances.shape[1] - 1
    players = [(driver,) for driver in range(drivers)]
    step = at_once(drivers)
    parts = [
        shapley(explained(covariances[start : start + step], players)).T
        for start in range(0, covariances.shape[0], step)
    ]
    return np.concatenate(parts)


def johnson(covariances: Floats) -> Floats:
    """Return (b, p): Johnson's relative weights (2000; Genizi 1993), adding up to R squared; outcome last.

    Close to LMG and quick for any number of drivers, yet the order can differ.
    """
    table = correlations(covariances)
    values, vectors = np.linalg.eigh(table[:, :-1, :-1])
    real = values > TINY * values[:, -1:]
    roots = np.sqrt(np.where(real, values, 0.0))
    inverse = np.divide(1.0, roots, out=np.zeros_like(roots), where=real)
    turned = np.swapaxes(vectors, 1, 2)
    towards = (vectors * roots[:, None]) @ turned
    weights = (vectors * inverse[:, None]) @ turned @ table[:, :-1, -1:]
    return np.asarray((towards**2 @ weights**2)[:, :, 0])


def importances(covariances: Floats) -> Floats:
    """Return (b, p) importances that add up to R squared: exact up to 20 drivers, Johnson's above."""
    return lmg(covariances) if covariances.shape[1] - 1 <= EXACT_UP_TO else johnson(covariances)
