"""Which encoding a file of text is in: by its mark, by what its bytes can be, or as a guess that is shown."""

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

NAMES = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16, low byte first",
    "utf-16-be": "UTF-16, high byte first",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252 (Western Europe)",
    "latin-1": "ISO 8859-1 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp932": "Shift JIS (Japanese)",
    "mac_roman": "Mac OS Roman",
    "cp850": "DOS 850 (Western Europe)",
}
"""The encodings that a person may choose, as they are called."""
# UTF-32 first: its mark begins like that of UTF-16.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
HEAD, PART = 4096, 1 << 20
SAMPLE_LINES, SAMPLE_BYTES = 500, 1 << 22
ODD_LINE = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
WORD = re.compile(r"[^\W\d_]+")
WESTERN = frozenset("äöüßéèêëàâáãåæçñóòôõøíìîïúùûœÄÖÜÉÈÊÀÂÁÃÅÆÇÑÓÒÔÕØÍÎÚÛŒ")
EASTERN = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůýžáéíúČĎĚŇŘŠŤŮÝŽÁÉÍÚőűŐŰöüÖÜăâîşţĂÂÎŞŢđĐ")
RARE = dict.fromkeys("šžŸŠŽÿýÝðÐþÞ", 0.4) | dict.fromkeys("€’‘“”„–—…°§«»¿¡£´·\xa0", 0.8)
BEFORE_DIGITS = "£§°·"
USUAL, UNUSUAL = 1.0, -1.0
PRIOR = 0.6
"""What others than Windows-1252 are taken down by: it is what a spreadsheet in Western Europe writes."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """The name by which Python knows it, and whether that is a guess that a person should confirm."""

    name: str
    is_guess: bool = False


def encoding_of(content: bytes) -> Encoding:
    """The encoding of a text: what its mark says, else UTF-8 when its bytes are that, else the likeliest."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return Encoding(name)
    if wide := _without_mark(content[:HEAD]):
        return Encoding(wide, is_guess=True)
    if _can_be(content, "utf-8"):
        return Encoding("utf-8")
    text = b"\n".join(line[0] for _, line in zip(range(SAMPLE_LINES), _odd_lines(content), strict=False))
    order = sorted(SCORES, key=lambda name: -SCORES[name](_read(text, name)))
    return Encoding(next((name for name in order if _can_be(content, name)), "latin-1"), is_guess=True)


def _without_mark(head: bytes) -> str:
    """UTF-16 whose mark was lost: every second byte of Western text is 0."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head) or min(even, odd) * 4 > max(even, odd):
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _can_be(content: bytes, name: str) -> bool:
    """Whether all bytes can be read so, part by part, for a text may be large."""
    decoder = codecs.getincrementaldecoder(name)()
    try:
        for start in range(0, len(content), PART):
            decoder.decode(content[start : start + PART])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _odd_lines(content: bytes) -> Iterator[re.Match[bytes]]:
    """The lines that ASCII does not settle; those far behind when there are none in front."""
    place = next(iter(re.finditer(rb"[\x80-\xff]", content)))
    start = max(0, place.start() - HEAD)
    return ODD_LINE.finditer(content, start, start + SAMPLE_BYTES)


def _read(sample: bytes, name: str) -> str:
    """The sample read so; empty when it cannot be."""
    try:
        return sample.decode(name)
    except UnicodeDecodeError:
        return ""


def _by_letters(usual: frozenset[str], prior: float) -> Callable[[str], float]:
    """How likely a text is by its letters: those of Western or Central European names, inside of words."""

    def score(text: str) -> float:
        odd = [place for place, sign in enumerate(text) if sign > "\x7f"]
        plain = {
            place + word.start()
            for word in WORD.finditer(text)
            if len(word[0]) > 1 and word[0] in (word[0].lower(), word[0].title(), word[0].upper())
            for place in range(len(word[0]))
        }
        weights = (
            USUAL if text[place] in usual and place in plain else _rare(text, place, place in plain)
            for place in odd
        )
        return prior * sum(weights) / len(odd) if odd else UNUSUAL

    return score


def _rare(text: str, place: int, is_plain: bool) -> float:
    """The weight of a sign that is neither usual nor impossible: a neighbour's letter, or none at all."""
    sign, behind = text[place], text[place + 1 : place + 2]
    fits = is_plain if sign.isalpha() else not (sign in BEFORE_DIGITS and behind.isalpha())
    return RARE.get(sign, UNUSUAL) if fits else UNUSUAL


def _by_script(*scripts: str) -> Callable[[str], float]:
    """How likely a text is by its words: each is written in one script, not half in Latin letters."""

    def score(text: str) -> float:
        words = [word[0] for word in WORD.finditer(text) if not word[0].isascii()]
        whole = sum(len(word) > 1 and _is_written(word, scripts) for word in words)
        return (2 * whole / len(words) - 1) * 1.1 if words else UNUSUAL

    return score


def _is_written(word: str, scripts: tuple[str, ...]) -> bool:
    in_one_case = word in (word.lower(), word.title(), word.upper())
    return in_one_case and all(unicodedata.name(sign, "").startswith(scripts) for sign in word)


SCORES: dict[str, Callable[[str], float]] = {
    "cp1252": _by_letters(WESTERN, 1.0),
    "cp932": _by_script("CJK UNIFIED", "HIRAGANA", "KATAKANA"),
    "cp1251": _by_script("CYRILLIC"),
    "cp1256": _by_script("ARABIC"),
    "mac_roman": _by_letters(WESTERN, PRIOR),
    "cp1250": _by_letters(EASTERN, PRIOR),
    "cp850": _by_letters(WESTERN, PRIOR),
}
