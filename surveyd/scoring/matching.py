"""Finds the themes of comments by a codebook, sentence by sentence.

What a word can stand for is worked out once and kept, so that a comment costs a few microseconds a word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from surveyd.scoring.codebook import Codebook, OneWord, read_phrase
from surveyd.scoring.stems import language_of, stem
from surveyd.scoring.text import is_unspaced, plain, sentences, tokens

KEPT_WORDS = 200_000


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as it was written, and the keys of the themes that it is about."""

    text: str
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Start:
    """A phrase of several words, from its second one on, and the mark of its theme."""

    rest: tuple[OneWord, ...]
    mark: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What one word stands for: words of phrases, themes by itself, and phrases that it may begin."""

    stands_for: frozenset[OneWord]
    mark: int
    starts: tuple[_Start, ...]


@dataclass(slots=True)
class _Lexicon:
    """The phrases of one language."""

    language: str
    closed: dict[str, list[OneWord]] = field(default_factory=dict)
    opened: list[OneWord] = field(default_factory=list)
    marks: dict[OneWord, int] = field(default_factory=dict)
    starts: dict[OneWord, list[_Start]] = field(default_factory=dict)
    known: dict[str, _Known] = field(default_factory=dict)

    def add(self, words: tuple[OneWord, ...], mark: int) -> None:
        for word in words:
            same = self.opened if word.is_open else self.closed.setdefault(stem(word.text, self.language), [])
            if word not in same:
                same.append(word)
        if len(words) == 1:
            self.marks[words[0]] = self.marks.get(words[0], 0) | mark
        else:
            self.starts.setdefault(words[0], []).append(_Start(words[1:], mark))

    def mark(self, words: Sequence[str]) -> int:
        mark = 0
        for at, word in enumerate(words):
            known = self.known.get(word) or self._learn(word)
            mark |= known.mark
            for start in known.starts:
                if self._goes_on(words, at + 1, start.rest):
                    mark |= start.mark
        return mark

    def _goes_on(self, words: Sequence[str], at: int, rest: tuple[OneWord, ...]) -> bool:
        if at + len(rest) > len(words):
            return False
        following = (self.known.get(word) or self._learn(word) for word in words[at:])
        return all(one in known.stands_for for one, known in zip(rest, following, strict=False))

    def _learn(self, word: str) -> _Known:
        fits = [*self.closed.get(stem(word, self.language), ()), *(w for w in self.opened if w.holds(word))]
        mark = 0
        for one in fits:
            mark |= self.marks.get(one, 0)
        starts = tuple(start for one in fits for start in self.starts.get(one, ()))
        if len(self.known) >= KEPT_WORDS:
            self.known.clear()
        known = self.known[word] = _Known(frozenset(fits), mark, starts)
        return known


class Matcher:
    """A codebook made ready; `keys` are its themes in the order of the marks. Safe to share by threads."""

    def __init__(self, book: Codebook) -> None:
        self.keys = tuple(theme.key for theme in book.themes)
        self._lexicons: dict[str, _Lexicon] = {}
        self._runs: list[tuple[str, int]] = []
        for at, theme in enumerate(book.themes):
            for language, typed in theme.phrases:
                for phrase in typed:
                    self._add(language, phrase, 1 << at)

    def mark(self, text: str, *, usual: str) -> int:
        """The themes of a comment as a number whose bit k stands for theme k; 0 for a comment without any.

        `usual` is the language of the survey (ISO 639-1).
        """
        found = 0
        for _, mark in self._read(text, usual):
            found |= mark
        return found

    def sentences(self, text: str, *, usual: str) -> tuple[Sentence, ...]:
        """The sentences of a comment, each with its themes."""
        return tuple(Sentence(said, self.keys_of(mark)) for said, mark in self._read(text, usual))

    def keys_of(self, mark: int) -> tuple[str, ...]:
        """The keys of the themes that a mark stands for."""
        return tuple(key for at, key in enumerate(self.keys) if mark >> at & 1)

    def _add(self, language: str, typed: str, mark: int) -> None:
        phrase = read_phrase(typed)
        if phrase.run:
            self._runs.append((phrase.run, mark))
        else:
            self._lexicons.setdefault(language, _Lexicon(language)).add(phrase.words, mark)

    def _read(self, text: str, usual: str) -> Iterator[tuple[str, int]]:
        parts = [(said, tokens(plain(said))) for said in sentences(text)]
        language = language_of([word for _, words in parts for word in words], usual=usual)
        lexicon = self._lexicons.get(language)
        for said, words in parts:
            mark = lexicon.mark(words) if lexicon else 0
            if self._runs and not said.isascii() and is_unspaced(said):
                mark |= self._mark_runs("".join(words))
            yield said, mark

    def _mark_runs(self, whole: str) -> int:
        mark = 0
        for run, of in self._runs:
            if run in whole:
                mark |= of
        return mark


@lru_cache(maxsize=8)
def matcher_of(book: Codebook) -> Matcher:
    """The codebook made ready, kept for the next call. Raises BadPhrase."""
    return Matcher(book)
