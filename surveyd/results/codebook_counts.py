"""What a codebook finds, before and after a change: the counts an editor looks at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from surveyd.people.access import Scope
from surveyd.results.comments import WrittenComments
from surveyd.results.readings import marks
from surveyd.results.slice_comments import slice_comments
from surveyd.results.slices import Slice
from surveyd.scoring.codebook import Codebook, Theme
from surveyd.scoring.matching import Matcher

EVERYBODY = Slice()
"""Whoever answered the wave shown unasked."""


@dataclass(frozen=True, slots=True)
class ThemeCount:
    """How many comments a theme finds under one codebook and another; None where one does not have it."""

    key: str
    name: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class BookCounts:
    """What two codebooks find in the comments of a slice, of these waves; uncoded comments have no theme."""

    wave: str
    written: int
    themes: tuple[ThemeCount, ...]
    uncoded_before: int
    uncoded_after: int

    def of(self, key: str) -> ThemeCount | None:
        """The counts of one theme."""
        return next((one for one in self.themes if one.key == key), None)


def book_counts(
    session: Session, before: Codebook, after: Codebook, *, scope: Scope, cut: Slice = EVERYBODY
) -> BookCounts:
    """Count a slice's comments by both codebooks, within the scope. Raises NotFound for an unknown wave."""
    of = slice_comments(session, cut, scope=scope, compared=False)
    one, other = marks(of.here, before), marks(of.here, after)
    names = {theme.key: theme.name for theme in (*before.themes, *after.themes)}
    found_before, found_after = _counts(before, one), _counts(after, other)
    return BookCounts(
        wave=", ".join(wave.slug for wave in of.waves),
        written=of.here.n,
        themes=tuple(
            ThemeCount(key, name, found_before.get(key), found_after.get(key)) for key, name in names.items()
        ),
        uncoded_before=int(np.count_nonzero(one == 0)),
        uncoded_after=int(np.count_nonzero(other == 0)),
    )


def phrase_counts(
    session: Session, theme: Theme, *, scope: Scope, cut: Slice = EVERYBODY
) -> dict[tuple[str, str], int]:
    """In how many comments of a slice each phrase of a theme is, by (language, phrase).

    Raises BadPhrase for a phrase that cannot be looked for, NotFound for an unknown wave.
    """
    of = slice_comments(session, cut, scope=scope, compared=False)
    return _phrases(of.here, theme)


def _phrases(of: WrittenComments, theme: Theme) -> dict[tuple[str, str], int]:
    every = [(language, phrase) for language, typed in theme.phrases for phrase in typed]
    alone = Codebook(
        tuple(Theme(str(at), phrase, ((language, (phrase,)),)) for at, (language, phrase) in enumerate(every))
    )
    matcher = Matcher(alone)
    counts = [0] * len(every)
    for text, language in zip(of.texts, of.languages, strict=True):
        for key in matcher.keys_of(matcher.mark(text, usual=language)):
            counts[int(key)] += 1
    return dict(zip(every, counts, strict=True))


def _counts(book: Codebook, bits: NDArray[np.uint64]) -> dict[str, int]:
    return {
        theme.key: int(np.count_nonzero((bits >> np.uint64(at)) & np.uint64(1)))
        for at, theme in enumerate(book.themes)
    }
