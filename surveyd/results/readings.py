"""What has been read out of texts, kept by their content: a page that is opened again reads nothing twice.

The store holds digests, marks and codes of words, never a comment. It needs no clearing when answers change,
since another text has another digest, and it is emptied when it is full.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from surveyd.results.comments import WrittenComments
from surveyd.scoring.arrays import Codes
from surveyd.scoring.codebook import Codebook
from surveyd.scoring.matching import matcher_of
from surveyd.scoring.stems import language_of, terms
from surveyd.scoring.terms import Usage
from surveyd.scoring.text import plain, sentences, tokens
from surveyd.scoring.themes import marks_of

KEPT_TEXTS = 200_000
KEPT_WORDS = 500_000
KEPT_BOOKS = 4
Key = tuple[bytes, str]


@dataclass(slots=True)
class _Store:
    """Marks by codebook and text; words by text, as codes of (language, stem) with a word that has it."""

    marks: dict[Codebook, dict[Key, int]] = field(default_factory=dict)
    words: dict[Key, tuple[int, ...]] = field(default_factory=dict)
    codes: dict[tuple[str, str], int] = field(default_factory=dict)
    seen_as: list[str] = field(default_factory=list)
    languages: dict[str, int] = field(default_factory=dict)
    pools: list[int] = field(default_factory=list)


_store = _Store()
_lock = Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """Who used which word, with the words: `stems` and `shown` have one place for each word code."""

    usage: Usage
    comments: Codes
    stems: Sequence[tuple[str, str]]
    shown: Sequence[str]


def marks(of: WrittenComments, book: Codebook) -> NDArray[np.uint64]:
    """The themes of each comment as bits."""
    with _lock:
        if len(_store.marks) >= KEPT_BOOKS and book not in _store.marks:
            _store.marks.clear()
        kept = _store.marks.setdefault(book, {})
        if len(kept) >= KEPT_TEXTS:
            kept.clear()
    matcher = matcher_of(book)
    found: list[int] = []
    for text, language in zip(of.texts, of.languages, strict=True):
        key = _key(text, language)
        mark = kept.get(key)
        if mark is None:
            mark = kept[key] = matcher.mark(text, usual=language)
        found.append(mark)
    return marks_of(found)


def wording(*parts: WrittenComments) -> Wording:
    """The words of the comments of these waves, one wave after the other; a word counts once a comment."""
    with _lock:
        return _wording(parts)


def _wording(parts: Sequence[WrittenComments]) -> Wording:
    global _store
    if len(_store.words) >= KEPT_TEXTS or len(_store.codes) >= KEPT_WORDS:
        _store = _Store(marks=_store.marks)
    store = _store
    found = [
        _words(store, text, language)
        for part in parts
        for text, language in zip(part.texts, part.languages, strict=True)
    ]
    counts = np.fromiter(map(len, found), dtype=np.int64, count=len(found))
    words = np.fromiter((code for one in found for code in one), dtype=np.int64, count=int(counts.sum()))
    comments = np.repeat(np.arange(len(found)), counts)
    contacts = np.concatenate([part.contacts for part in parts])
    accounts = np.concatenate([part.account_ids[part.accounts] for part in parts])
    usage = Usage(words, contacts[comments], accounts[comments], np.array(store.pools, dtype=np.int64))
    return Wording(usage, comments, list(store.codes), list(store.seen_as))


def _words(store: _Store, text: str, usual: str) -> tuple[int, ...]:
    key = _key(text, usual)
    found = store.words.get(key)
    if found is None:
        found = store.words[key] = tuple(dict.fromkeys(_codes(store, text, usual)))
    return found


def _codes(store: _Store, text: str, usual: str) -> list[int]:
    read = [word for said in sentences(text) for word in tokens(plain(said))]
    language = language_of(read, usual=usual)
    pool = store.languages.setdefault(language, len(store.languages))
    found: list[int] = []
    for stem, word in terms(read, language):
        code = store.codes.get((language, stem))
        if code is None:
            code = store.codes[language, stem] = len(store.seen_as)
            store.seen_as.append(word)
            store.pools.append(pool)
        found.append(code)
    return found


def _key(text: str, language: str) -> Key:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), language
