"""A codebook: themes, and by which words in which language a sentence is about them.

A phrase is one to six words. Each word is taken by its stem ("invoice" finds "invoicing"); a star leaves a
word open at that end ("rechnung*" finds "Rechnungsstellung", "*preis*" finds "Einkaufspreise"). The words of
a phrase stand next to each other in one sentence. In scripts without spaces a phrase is a run of characters.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from surveyd.scoring.text import is_unspaced, plain, tokens

MOST_THEMES = 60
MOST_PHRASES = 200
MOST_WORDS = 6
LONGEST_PHRASE = 80
SHORTEST_OPEN = 3
STAR = "*"


class PhraseProblem(StrEnum):
    """Why a phrase cannot be looked for."""

    NO_LETTERS = "no_letters"
    TOO_LONG = "too_long"
    TOO_MANY_WORDS = "too_many_words"
    OPEN_TOO_SHORT = "open_too_short"
    """A word with a star has fewer than three letters and would stand for nearly all words."""
    STAR_WITHIN = "star_within"
    """A star stands neither at the beginning nor at the end of a word."""


class BadPhrase(ValueError):
    """A phrase that cannot be looked for, and why."""

    def __init__(self, phrase: str, problem: PhraseProblem) -> None:
        self.phrase = phrase
        self.problem = problem
        super().__init__(f"{phrase!r}: {problem.value}")


@dataclass(frozen=True, slots=True)
class OneWord:
    """One word of a phrase in plain form; open at an end where any letters may follow or go before."""

    text: str
    open_start: bool = False
    open_end: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the word stands for all that hold it, instead of for its stem."""
        return self.open_start or self.open_end

    def holds(self, word: str) -> bool:
        """Whether an open word stands for `word`."""
        if self.open_start:
            return self.text in word if self.open_end else word.endswith(self.text)
        return word.startswith(self.text)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase made ready: its words in order, or, in a script without spaces, the run to look for."""

    words: tuple[OneWord, ...] = ()
    run: str = ""


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme: a key that never changes, a name, and its phrases as they were typed, by language."""

    key: str
    name: str
    phrases: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def typed_in(self, language: str) -> tuple[str, ...]:
        """The phrases of one language, none where it has none."""
        return dict(self.phrases).get(language, ())


@dataclass(frozen=True, slots=True)
class Codebook:
    """All themes in the order in which they are shown. A sentence may be about several, or about none."""

    themes: tuple[Theme, ...] = ()

    def find(self, key: str) -> Theme | None:
        """The theme of that key, None without one."""
        return next((theme for theme in self.themes if theme.key == key), None)

    def with_theme(self, theme: Theme) -> "Codebook":
        """The same with this theme in the place of the one of its key, else at the end."""
        if self.find(theme.key) is None:
            return Codebook((*self.themes, theme))
        return Codebook(tuple(theme if one.key == theme.key else one for one in self.themes))

    def without(self, key: str) -> "Codebook":
        """The same without the theme of that key."""
        return Codebook(tuple(theme for theme in self.themes if theme.key != key))


def read_phrase(typed: str) -> Phrase:
    """A phrase made ready for looking. Raises BadPhrase with the reason."""
    if len(typed) > LONGEST_PHRASE:
        raise BadPhrase(typed, PhraseProblem.TOO_LONG)
    form = plain(typed)
    if is_unspaced(form):
        run = "".join(tokens(form.replace(STAR, "")))
        return Phrase(run=run)
    words = tuple(_words(typed, form))
    if not words:
        raise BadPhrase(typed, PhraseProblem.NO_LETTERS)
    if len(words) > MOST_WORDS:
        raise BadPhrase(typed, PhraseProblem.TOO_MANY_WORDS)
    return Phrase(words=words)


def _words(typed: str, form: str) -> Iterator[OneWord]:
    for piece in form.split():
        opens, closes = piece.startswith(STAR), piece.endswith(STAR)
        inner = piece.strip(STAR)
        if STAR in inner:
            raise BadPhrase(typed, PhraseProblem.STAR_WITHIN)
        # A hyphen parts a piece into several words, as it parts the words of a comment.
        parts = tokens(inner)
        for at, part in enumerate(parts):
            word = OneWord(part, opens and at == 0, closes and at == len(parts) - 1)
            if word.is_open and len(part) < SHORTEST_OPEN:
                raise BadPhrase(typed, PhraseProblem.OPEN_TOO_SHORT)
            yield word
