"""Net Promoter Score: the category of one rating, and the score of many with its interval.

Scores are shares between -1 and 1; ``display`` makes the customary number out of them. The interval is
adjusted Wald (Rocks 2016); for a census of known people its centre and width shrink as fewer are unheard.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import floor, sqrt

from surveyd.scoring.intervals import Interval, adjusted_moments, adjusted_wald, normal_quantile, two_sided_p
from surveyd.scoring.scale import Item

RECOMMENDATION = Item("recommendation", minimum=0, maximum=10)
LOW_BASE = 10
NORMAL_BASE = 30


class Category(StrEnum):
    """What a rating from 0 to 10 makes of a person."""

    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"


class Base(StrEnum):
    """How much a number of answers can carry: nothing, counts only, a value marked as low base, a value."""

    NONE = "none"
    COUNTS = "counts"
    LOW = "low"
    NORMAL = "normal"


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
    unheard = _unheard(of.n, invited)
    raw = adjusted_wald(of.detractors, of.passives, of.promoters, confidence=confidence)
    estimate = float(value)
    centre = estimate + unheard * (raw.centre - estimate)
    half = unheard * raw.half_width
    return Interval(centre - half, centre + half).clamped(-1, 1).containing(estimate)


def _unheard(n: int, invited: int | None) -> float:
    """Return the finite population factor: 1 for an endless population, 0 when everybody answered."""
    if invited is None:
        return 1.0
    if invited < n:
        raise ValueError("more people answered than were invited; count both over the same people.")
    return 0.0 if invited == n else sqrt((invited - n) / (invited - 1))


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


def summary(of: Counts, *, invited: int | None = None, confidence: float = 0.95) -> Summary:
    """Return score, interval and base of a group; see ``interval`` for ``invited``."""
    around = interval(of, invited=invited, confidence=confidence)
    return Summary(of, invited, score(of), around, base(of.n))


def base(n: int) -> Base:
    """Say what ``n`` ratings can carry."""
    if n < LOW_BASE:
        return Base.COUNTS if n else Base.NONE
    return Base.LOW if n < NORMAL_BASE else Base.NORMAL


def display(value: Fraction | float | None) -> str:
    """Return a share of -1 to 1 as a signed number, halves away from zero, 0 unsigned; None is a dash."""
    if value is None:
        return "\N{EM DASH}"
    points = Fraction(value) * 100
    whole = floor(abs(points) + Fraction(1, 2))
    if whole == 0:
        return "0"
    return f"+{whole}" if points > 0 else f"\N{MINUS SIGN}{whole}"
