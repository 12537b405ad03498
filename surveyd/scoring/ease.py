"""Ease of doing business: one person's index, and a group's mean and share of favourable answers.

Favourable is an index of at least 62.5: on one item, the top two of five points or the top three of seven.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from surveyd.scoring.intervals import Interval, wilson
from surveyd.scoring.scale import Index

FAVOURABLE = 6_250


@dataclass(frozen=True, slots=True)
class EaseSummary:
    """A group's mean index (0 to 100), favourable share (0 to 1) and its interval; None without answers."""

    n: int
    mean: float | None
    favourable: float | None
    interval: Interval | None


def summary(indices: Iterable[Index | None], *, confidence: float = 0.95) -> EaseSummary:
    """Summarise the indices of single people; None is no answer."""
    known = [index for index in indices if index is not None]
    if not known:
        return EaseSummary(0, None, None, None)
    n = len(known)
    favourable = sum(index.reaches(FAVOURABLE) for index in known)
    mean = sum(index.value for index in known) / n
    return EaseSummary(n, mean, favourable / n, wilson(favourable, n, confidence=confidence))
