"""Importance of groups of drivers, such as the stages of a journey, and its split among their drivers.

A group comes in as a whole (grouped LMG). Within it the split is Owen's value (1977): the average gain over
the orders that keep each group together, so that the drivers of a group add up to the group exactly. A
group's importance is not the sum of what its drivers have when each comes in alone.
"""

from collections.abc import Sequence
from math import comb

import numpy as np

from surveyd.scoring.arrays import Floats
from surveyd.scoring.lmg import EXACT_UP_TO, at_once, explained, shapley

Groups = Sequence[Sequence[int]]


def too_many(groups: Groups) -> int:
    """Return the most parts that the split of one group would have to weigh, if they are too many, else 0."""
    most = max(len(groups) - 1 + len(group) for group in groups)
    return most if most > EXACT_UP_TO else 0


def grouped(covariances: Floats, groups: Groups) -> Floats:
    """Return (b, groups): the LMG of each group of columns, adding up to R squared; the outcome is last.

    A few tables at a time, as memory grows as 2**groups.
    """
    step = at_once(len(groups))
    parts = [
        shapley(explained(covariances[start : start + step], groups)).T
        for start in range(0, covariances.shape[0], step)
    ]
    return np.concatenate(parts)


def owen(covariances: Floats, groups: Groups) -> Floats:
    """Return (b, p): Owen's value of each column, adding up to `grouped` within each group.

    Every column but the last, which is the outcome, must stand in one group.
    """
    parts = np.zeros((covariances.shape[0], covariances.shape[1] - 1))
    for place, group in enumerate(groups):
        others = [other for index, other in enumerate(groups) if index != place]
        values = explained(covariances, [*others, *((column,) for column in group)])
        table = values.reshape(1 << len(group), 1 << len(others), -1)
        mixed = np.einsum("r,trb->tb", _chances(len(others)), table)
        parts[:, list(group)] = shapley(mixed).T
    return parts


def _chances(others: int) -> Floats:
    """Return, for each set of the other groups, how likely just these come before one in a random order."""
    sizes = np.bitwise_count(np.arange(1 << others)).astype(np.intp)
    by_size = np.array([1 / ((others + 1) * comb(others, size)) for size in range(others + 1)])
    return np.asarray(by_size[sizes])
