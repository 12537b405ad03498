"""Net Promoter Score: the category of one rating, and the score of many with its interval.

Scores are shares between -1 and 1; ``display`` makes the customary number out of them. The interval is
adjusted Wald (Rocks 2016); for a census of known people its centre and width shrink as fewer are unheard.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import floor, sqrt

from surveyd.scoring.bases import Base as Base
from surveyd.scoring.bases import base as base
from surveyd.scoring.intervals import (
    Interval,
    adjusted_moments,
    adjusted_wald,
    normal_quantile,
    two_sided_p,
    unheard_factor,
)
from surveyd.scoring.policy import SHIPPED, Minimums
from surveyd.scoring.scale import Item

RECOMMENDATION = Item("recommendation", minimum=0, maximum=10)
FINEST = 10**7
"""A score of up to so many people is told from a rounded double of it: 57 / 200 is 28.5 and not 28.4999."""


class Category(StrEnum):
    """What a rating from 0 to 10 makes of a person."""

    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"


def category(rating: int) -> Category:
    """Return promoter for 9 and 10, passive for 7 and 8, detractor for 0 to 6; else raise OutOfScale."""
    steps = RECOMMENDATION.steps(rating)
    if steps >= 9:
        return Category.PROMOTER
    return Category.PASSIVE if steps >= 7 else Category.DETRACTOR


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people are in each category."""

    detractors: int = 0
    passives: int = 0
    promoters: int = 0

    def __post_init__(self) -> None:
        if min(self.detractors, self.passives, self.promoters) < 0:
            raise ValueError("a count of people is zero or more.")

    @property
    def n(self) -> int:
        """How many gave a rating."""
        return self.detractors + self.passives + self.promoters


def counts(ratings: Iterable[int | None]) -> Counts:
    """Count ratings by category; None is no rating. Raises OutOfScale."""
    found = [category(rating) for rating in ratings if rating is not None]
    return Counts(
        detractors=found.count(Category.DETRACTOR),
        passives=found.count(Category.PASSIVE),
        promoters=found.count(Category.PROMOTER),
    )


def score(of: Counts) -> Fraction | None:
    """Return (promoters - detractors) / n exactly, or None without ratings."""
    return Fraction(of.promoters - of.detractors, of.n) if of.n else None


def variance(of: Counts) -> Fraction | None:
    """Return the variance of one person's +1, 0 or -1, or None without ratings."""
    value = score(of)
    return None if value is None else Fraction(of.promoters + of.detractors, of.n) - value * value


def interval(of: Counts, *, invited: int | None = None, confidence: float = 0.95) -> Interval | None:
    """Return the interval of the score within -1 and 1, holding the score; None without ratings.

    ``invited`` is the number of all people meant, when it is known; with it the interval speaks about these
    people only and has no width once all have answered. Raises ValueError when fewer were invited than
    answered.
    """
    value = score(of)
    if value is None:
        return None
    unheard = unheard_factor(of.n, invited)
    raw = adjusted_wald(of.detractors, of.passives, of.promoters, confidence=confidence)
    estimate = float(value)
    centre = estimate + unheard * (raw.centre - estimate)
    half = unheard * raw.half_width
    return Interval(centre - half, centre + half).clamped(-1, 1).containing(estimate)


@dataclass(frozen=True, slots=True)
class Difference:
    """One group's score minus another's: exact, with interval, z and two-sided p by adjusted Wald."""

    value: Fraction
    adjusted: float
    standard_error: float
    z: float
    p: float
    interval: Interval


def difference(one: Counts, other: Counts, *, confidence: float = 0.95) -> Difference | None:
    """Compare two groups of different people by adjusted Wald; None when either gave no rating."""
    first, second = score(one), score(other)
    if first is None or second is None:
        return None
    centre_one, variance_one = adjusted_moments(one.detractors, one.passives, one.promoters)
    centre_other, variance_other = adjusted_moments(other.detractors, other.passives, other.promoters)
    adjusted, error = centre_one - centre_other, sqrt(variance_one + variance_other)
    half = normal_quantile(confidence) * error
    between = Interval(adjusted - half, adjusted + half).clamped(-2, 2).containing(float(first - second))
    return Difference(
        first - second, adjusted, error, adjusted / error, two_sided_p(adjusted / error), between
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """A group's score with all it rests on; ``value`` and ``interval`` are None without ratings."""

    counts: Counts
    invited: int | None
    value: Fraction | None
    interval: Interval | None
    base: Base

    @property
    def shown(self) -> str:
        """The score as a page may show it: a number from ten ratings on, counts below, a dash for none."""
        if self.base is Base.COUNTS:
            parts = (self.counts.promoters, self.counts.passives, self.counts.detractors)
            return "{} promoting, {} passive, {} detracting".format(*parts)
        return display(self.value)


def summary(
    of: Counts,
    *,
    invited: int | None = None,
    confidence: float = 0.95,
    minimums: Minimums = SHIPPED.minimums,
) -> Summary:
    """Return score, interval and base of a group; see ``interval`` for ``invited``."""
    around = interval(of, invited=invited, confidence=confidence)
    return Summary(of, invited, score(of), around, base(of.n, minimums=minimums))


def display(value: Fraction | float | None) -> str:
    """Return a share of -1 to 1 as a signed number, halves away from zero, 0 unsigned; None is a dash.

    A double stands for the fraction that it was rounded from, so that a half is one in either form.
    """
    return _signed(value, 0)


def display_finely(value: Fraction | float | None) -> str:
    """Return the same with one decimal: for a change that is 1 although 33 stands at both ends."""
    return _signed(value, 1)


def _signed(value: Fraction | float | None, decimals: int) -> str:
    if value is None:
        return "\N{EM DASH}"
    units = Fraction(value).limit_denominator(FINEST) * 100 * 10**decimals
    whole = floor(abs(units) + Fraction(1, 2))
    shown = f"{whole // 10}.{whole % 10}" if decimals else f"{whole}"
    if whole == 0:
        return shown
    return f"+{shown}" if units > 0 else f"\N{MINUS SIGN}{shown}"
