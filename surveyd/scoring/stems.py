"""Words by their stems, so that invoice, invoices and invoicing count as one.

Stems are Snowball's (Porter, Snowball: a language for stemming algorithms, 2001), accents taken off
afterwards, since many type without them. The language is that of the survey unless the script or the small
words of the text say otherwise.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import snowballstemmer

from surveyd.scoring.stop_words import STOP_WORDS
from surveyd.scoring.text import is_unspaced, pairs, script_language

ALGORITHMS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil",
    "tr": "turkish",
}  # fmt: skip
"""The language of a text (ISO 639-1) to the stemmer for it; other languages keep their words as they are."""

_ELIDED = {"fr", "it", "ca"}
_JOINED = frozenset("وفبك")
"""Arabic "and", "so", "by" and "like", which are written onto an article."""
_LANGUAGES_OF = {
    word: tuple(name for name, small in STOP_WORDS.items() if word in small)
    for small in STOP_WORDS.values()
    for word in small
}
"""In which languages a small word is one."""
SURE = 2
"""By how many small words another language must lead before a text is read in it."""


@lru_cache(maxsize=100_000)
def stem(word: str, language: str) -> str:
    """The stem of one word in `text.plain` form; a number, or a word of no known language, is itself."""
    if language in _ELIDED and "'" in word:
        word = word.rpartition("'")[2]
    elif language == "ar" and word[1:3] == "ال" and word[0] in _JOINED:
        word = word[1:]
    algorithm = ALGORITHMS.get(language)
    if algorithm is None or word[:1].isdigit() or is_unspaced(word):
        return word
    # A stemmer keeps state while it works, so each thread needs its own: one is quickly made.
    found = snowballstemmer.stemmer(algorithm).stemWord(word)
    apart = unicodedata.normalize("NFD", found)
    return "".join(sign for sign in apart if not unicodedata.combining(sign)) or word


def language_of(words: Sequence[str], *, usual: str) -> str:
    """The language of these tokens in `text.plain` form: the `usual` one unless they are plainly another's.

    Languages are ISO 639-1, such as "de"; a longer tag ("de-AT") counts as its beginning.
    """
    usual = usual.partition("-")[0].lower()
    whole = "".join(words)
    by_script = None if whole.isascii() else script_language(whole, usual=usual)
    if by_script is not None:
        return by_script
    hits = Counter(chain.from_iterable(filter(None, map(_LANGUAGES_OF.get, words))))
    best = max(hits, key=lambda name: (hits[name], name == usual), default=usual)
    return best if hits[best] >= hits[usual] + SURE else usual


def is_term(word: str, language: str) -> bool:
    """Whether a word can say something by itself: no small word, no single letter, not a number."""
    return len(word) > 1 and not word.isnumeric() and word not in STOP_WORDS.get(language, ())


def terms(words: Sequence[str], language: str) -> list[tuple[str, str]]:
    """What is counted of these tokens, as pairs of a stem and the word as it stood, in their order."""
    found: list[tuple[str, str]] = []
    for word in words:
        if is_unspaced(word):
            found += [(pair, pair) for pair in pairs(word)]
        elif is_term(word, language):
            found.append((stem(word, language), word))
    return found
