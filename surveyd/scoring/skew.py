"""Whether those who are left out of a survey are the unhappy ones, so that it no longer tells the truth.

The share of unhappy people among those left out is held against their share among everybody. Those left out
are a part of a known whole, so the Wilson interval is narrowed by the finite population factor: it says where
the share would lie if they had been picked without regard to how happy they are.
"""

from dataclasses import dataclass
from enum import StrEnum

from surveyd.scoring.intervals import Interval, normal_quantile, unheard_factor, wilson_around

LEAST = 5
"""Below so many people who were left out and are known, nothing is said about them."""


class Verdict(StrEnum):
    """What a choice of people says; nothing for too few, and where nobody known is left."""

    NOBODY = "nobody"
    TOO_FEW = "too_few"
    NOTHING_TO_COMPARE = "nothing_to_compare"
    EVEN = "even"
    LEANS = "leans"


@dataclass(frozen=True, slots=True)
class Skew:
    """A choice of people in numbers. Known are those who have answered before; the unhappy are among them."""

    people: int
    known: int
    unhappy: int
    excluded: int
    excluded_known: int
    excluded_unhappy: int

    @property
    def interval(self) -> Interval | None:
        """Where the unhappy share of those left out may lie (0 to 1); None without anybody known."""
        if not self.excluded_known:
            return None
        share, unheard = (
            self.excluded_unhappy / self.excluded_known,
            unheard_factor(self.excluded_known, self.known),
        )
        quantile = normal_quantile(0.95)
        return wilson_around(share, self.excluded_known, quantile=quantile, unheard=unheard)

    @property
    def verdict(self) -> Verdict:
        """Whether the choice leans to the unhappy: their whole interval lies above the share of everybody."""
        if not self.excluded:
            return Verdict.NOBODY
        if self.excluded_known < LEAST:
            return Verdict.TOO_FEW
        if self.excluded_known == self.known:
            return Verdict.NOTHING_TO_COMPARE
        interval = self.interval
        leans = interval is not None and interval.low > self.unhappy / self.known
        return Verdict.LEANS if leans else Verdict.EVEN

    def __add__(self, other: "Skew") -> "Skew":
        """Both choices taken together."""
        return Skew(
            self.people + other.people,
            self.known + other.known,
            self.unhappy + other.unhappy,
            self.excluded + other.excluded,
            self.excluded_known + other.excluded_known,
            self.excluded_unhappy + other.excluded_unhappy,
        )
