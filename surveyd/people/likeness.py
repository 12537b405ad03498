"""How alike two names are, however they are spelled: accents, scripts, order, titles and legal forms.

Names become words that compare; their keys bring together what may be alike, so that nobody has to compare
everything with everything.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from rapidfuzz import fuzz

Words = tuple[str, ...]

ALIKE = 84
"""From here on two names may be two spellings of one."""
PARTS_ALIKE = 70
INITIALS, SHORTER = 85, 92
"""What names score of which one has only an initial, or lacks a middle name."""
KEY_LENGTH = 4
TITLES = frozenset(
    {
        "dr", "prof", "mr", "mrs", "ms", "miss", "mx", "herr", "frau", "ing", "dipl", "mag", "mme",
        "mlle", "sr", "sra", "med", "phd", "mba",
    }
)  # fmt: skip
LEGAL_FORMS = frozenset(
    {
        "ab", "aktiengesellschaft", "ag", "aps", "as", "asa", "bv", "co", "company", "corp",
        "corporation", "cv", "ev", "eg", "eood", "ek", "gbr", "gesmbh", "ggmbh", "gmbh", "holding",
        "inc", "incorporated", "kft", "kg", "kgaa", "kk", "limited", "llc", "llp", "lp", "ltd", "mbh",
        "nv", "ohg", "ou", "oy", "oyj", "plc", "pte", "pty", "sa", "sarl", "sas", "se", "sl", "slu",
        "snc", "spa", "spol", "sprl", "srl", "sro", "the", "ug", "und", "and", "et", "zrt",
    }
)  # fmt: skip
LETTERS = str.maketrans(
    dict(zip("абвгдезиклмнопрстуфыэі", "abvgdeziklmnoprstufyei", strict=True))
    | dict(zip("αβγδεζηικλμνοπρστυφως", "avgdeziiklmnoprstyfos", strict=True))
    | {
        "ж": "zh", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю":
        "yu", "я": "ya", "є": "ye", "ґ": "g", "θ": "th", "ξ": "x", "χ": "ch", "ψ": "ps", "ø": "o",
        "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "", "'": "",
    }
)  # fmt: skip
SPELLED_OUT = (("ae", "a"), ("oe", "o"), ("ue", "u"))
SOUNDS = (
    *(("sch", "s"), ("sh", "s"), ("tz", "s"), ("ph", "f"), ("th", "t"), ("ck", "k")),
    *(("ch", "k"), ("c", "k"), ("q", "k"), ("z", "s"), ("v", "f"), ("w", "f"), ("y", "i"), ("j", "i")),
    ("dt", "t"),
)
REPEATED = re.compile(r"(.)\1+")


@lru_cache(maxsize=50_000)
def words_of(name: str) -> Words:
    """The words of a person's name in an order of their own, without titles, accents and letter case.

    "Müller, Dr. Jörg" and "Joerg Mueller" are the same words; so are a name in Cyrillic or Greek and its
    usual spelling in Latin letters, mostly.
    """
    found = _plain(name.replace(".", " "))
    return tuple(sorted([word for word in found if word not in TITLES] or found))


@lru_cache(maxsize=50_000)
def company_words(name: str) -> Words:
    """The same of a company, without its legal form: "Acme GmbH & Co. KG" and "ACME Ltd" are the same."""
    found = _plain(name.replace(".", ""))
    return tuple(sorted([word for word in found if word not in LEGAL_FORMS] or found))


def likeness(one: Words, other: Words) -> int:
    """How alike two names are, from 0 to 100; from `ALIKE` on they may be one."""
    if one == other:
        return 100 if one else 0
    if not (one and other):
        return 0
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) > 1 and set(shorter) < set(longer):
        return SHORTER
    if len(one) == len(other) > 1 and _differ_by_initials(one, other):
        return INITIALS
    if len(shorter) > 1 and not all(_has_partner(word, longer) for word in shorter):
        return 0
    return int(fuzz.ratio(" ".join(one), " ".join(other)))


def keys_of(words: Words) -> Iterator[str]:
    """Keys, a few for each name; of two names that are alike at least one is the same, nearly always."""
    sounds = [sound(word) for word in words]
    if len(sounds) == 1:
        yield sounds[0]
    for place, heard in enumerate(sounds):
        if len(words[place]) > 1:
            yield from {f"{heard[:KEY_LENGTH]} {other[:1]}" for at, other in enumerate(sounds) if at != place}


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """A word by its consonants, with those that sound alike taken for one: Schmidt and Schmitt are "smt"."""
    for written, heard in SOUNDS:
        word = word.replace(written, heard)
    word = REPEATED.sub(r"\1", word)
    return word[:1] + re.sub("[aeiouh]", "", word[1:])


def _plain(name: str) -> list[str]:
    parts = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(one for one in parts if not unicodedata.combining(one)).translate(LETTERS)
    text = "".join(one if one.isalnum() else " " for one in bare)
    for written, meant in SPELLED_OUT:
        text = text.replace(written, meant)
    return text.split()


def _differ_by_initials(one: Words, other: Words) -> bool:
    """Whether each word has its partner, and some of them are no more than the first letter of theirs."""
    left = list(other)
    for word in sorted(one, key=len, reverse=True):
        fits = [each for each in left if each == word]
        fits += [each for each in left if 1 in (len(each), len(word)) and each[0] == word[0]]
        if not fits:
            return False
        left.remove(fits[0])
    return True


def _has_partner(word: str, others: Words) -> bool:
    return any(word[0] == other[0] and 1 in (len(word), len(other)) for other in others) or any(
        fuzz.ratio(word, other) >= PARTS_ALIKE for other in others
    )
