"""What a group writes about: each theme's share, by category of rating, and how the raters of it differ.

Shares are of all who wrote a comment, whether it could be coded or not; what stays uncoded is a line of its
own. The impact of a theme is the score of those who wrote about it minus that of those who wrote about
something else: a difference that goes along with the theme, not what the theme brings about. How
sure it is follows the accounts, as in ``estimates``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surveyd.scoring.arrays import Codes, Floats, Mask
from surveyd.scoring.clustered import Totals, totals
from surveyd.scoring.estimates import Contrast, Estimate, compare, share
from surveyd.scoring.intervals import Interval, discoveries
from surveyd.scoring.policy import SHIPPED, Minimums
from surveyd.scoring.unsaid import Reason, Unsaid

SCORES = Interval(-1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Comments:
    """One place for each comment: its themes as bits, its rating, and whose account it is.

    ``signs`` are 1 for a promoter, 0 for a passive, -1 for a detractor and NaN without a rating; ``accounts``
    are codes from 0 to ``size`` - 1.
    """

    marks: NDArray[np.uint64]
    signs: Floats
    accounts: Codes
    size: int

    def __post_init__(self) -> None:
        if not len(self.marks) == len(self.signs) == len(self.accounts):
            raise ValueError("marks, signs and accounts have one place for each comment.")

    @property
    def n(self) -> int:
        """How many comments there are."""
        return len(self.marks)

    def about(self, theme: int) -> Mask:
        """Which comments are about the theme of that bit, counted from 0."""
        found: Mask = (self.marks >> np.uint64(theme)) & np.uint64(1) == 1
        return found

    def only(self, mask: Mask) -> "Comments":
        """The comments of a mask."""
        return Comments(self.marks[mask], self.signs[mask], self.accounts[mask], self.size)


@dataclass(frozen=True, slots=True)
class Ratings:
    """How the writers of some comments rated."""

    promoters: int
    passives: int
    detractors: int
    unrated: int

    @property
    def n(self) -> int:
        """How many comments."""
        return self.promoters + self.passives + self.detractors + self.unrated


@dataclass(frozen=True, slots=True)
class ThemeFigures:
    """One theme: its comments by rating, of how many accounts, its share and its impact.

    ``share`` is of all comments (0 to 1); ``impact`` is a difference of scores (-2 to 2). ``stands`` says
    whether the impact holds against all impacts of the table together.
    """

    ratings: Ratings
    accounts: int
    share: Estimate | Unsaid
    impact: Contrast | Unsaid
    stands: bool = False


@dataclass(frozen=True, slots=True)
class ThemeTable:
    """All themes of a group, in the order of their bits, with the comments that no theme has found."""

    comments: Ratings
    accounts: int
    themes: tuple[ThemeFigures, ...]
    uncoded: ThemeFigures

    @property
    def coverage(self) -> float | None:
        """The share of comments with a theme; None without comments."""
        return 1 - self.uncoded.ratings.n / self.comments.n if self.comments.n else None


def theme_table(of: Comments, *, themes: int, minimums: Minimums = SHIPPED.minimums) -> ThemeTable:
    """Count the first ``themes`` bits. Impacts that stand are Benjamini-Hochberg's at 5 percent."""
    masks = [of.about(theme) for theme in range(themes)]
    known = np.uint64((1 << themes) - 1)
    figures = [_figures(of, mask, minimums) for mask in masks]
    sure = iter(discoveries([one.impact.p for one in figures if isinstance(one.impact, Contrast)]))
    return ThemeTable(
        comments=ratings(of.signs),
        accounts=len(np.unique(of.accounts)),
        themes=tuple(
            ThemeFigures(one.ratings, one.accounts, one.share, one.impact, next(sure))
            if isinstance(one.impact, Contrast)
            else one
            for one in figures
        ),
        uncoded=_figures(of, (of.marks & known) == 0, minimums),
    )


def ratings(signs: Floats) -> Ratings:
    """Count comments by the rating of who wrote them."""
    return Ratings(
        promoters=int(np.count_nonzero(signs == 1)),
        passives=int(np.count_nonzero(signs == 0)),
        detractors=int(np.count_nonzero(signs == -1)),
        unrated=int(np.count_nonzero(np.isnan(signs))),
    )


def impact(of: Comments, about: Mask, *, minimums: Minimums = SHIPPED.minimums) -> Contrast | Unsaid:
    """Return the score of those who wrote about it minus that of the other writers; ratings only.

    Unsaid unless both sides have ``minimums.shown`` ratings.
    """
    with_it, without = _score(of, about), _score(of, ~about)
    least = min(with_it.answered, without.answered)
    if least < minimums.shown:
        return Unsaid(Reason.TOO_FEW_ANSWERS, "the impact of a theme", least, minimums.shown)
    return compare(with_it, without, scale=SCORES, minimums=minimums, subject="the impact of a theme")


def _score(of: Comments, where: Mask) -> Totals:
    return totals(of.signs, of.accounts, size=of.size, where=where)


def _figures(of: Comments, about: Mask, minimums: Minimums) -> ThemeFigures:
    whole = totals(about.astype(np.float64), of.accounts, size=of.size)
    return ThemeFigures(
        ratings(of.signs[about]),
        len(np.unique(of.accounts[about])),
        share(whole, minimums=minimums, subject="the share of a theme"),
        impact(of, about, minimums=minimums),
    )


def marks_of(found: Sequence[int]) -> NDArray[np.uint64]:
    """The marks of a matcher as an array; a codebook holds at most 60 themes, so each fits."""
    return np.array(found, dtype=np.uint64)
