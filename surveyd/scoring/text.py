"""A comment as sentences, and a sentence as words, in any script.

Text is brought to one form first (NFKC, case folded, Arabic without vowel signs, no invisible characters), so
that two spellings of a word are one. Chinese, Japanese and Korean runs stay whole: they have no spaces, and
are read as pairs of characters where words are counted. Source of the pairs: Fujii and Croft, A comparison of
indexing techniques for Japanese text retrieval, SIGIR 1993.
"""

import re
import unicodedata

# Runs without spaces: kana, Han with its extensions, Hangul, Thai.
UNSPACED = (
    "\u0e00-\u0e7f\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# Signs that belong to the letter before them, in the scripts that write vowels or accents so.
_SIGNS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a"
    "\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0962\u0963"
)

_SENTENCE_ENDS = re.compile(r"(?<=[.!?…؟۔।])\s+|(?<=[。！？｡])|[\r\n\v\f\x85\u2028\u2029]+")
_WORD = re.compile(f"[\\w{_SIGNS}]+(?:'[\\w{_SIGNS}]+)*")
_RUNS = re.compile(f"[{UNSPACED}]+|[^{UNSPACED}]+")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_BEYOND_GREEK = re.compile("[\u0590-\U0010ffff]")
_HIRAGANA = re.compile("[\u3040-\u309f]")
_KATAKANA = re.compile("[\u30a0-\u30ff]+")
_PARTS = re.compile("[\u30a0-\u30ff]+|[^\u30a0-\u30ff]+")
_PARTICLES = frozenset("がをはにのでともへや")
_KANA = re.compile("[\u3041-\u30fa]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_THAI = re.compile("[\u0e00-\u0e7f]")
_ARABIC = re.compile("[\u0620-\u064a]")
# Vowel signs and the stretching line of Arabic; zero-width characters and marks of direction.
_APOSTROPHES = re.compile("[’ʼ＇`´]")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_DROPPED = re.compile(f"[\u064b-\u065f\u0670\u0640]|{_INVISIBLE.pattern}")


def plain(text: str) -> str:
    """One form of a text for comparing: NFKC, case folded, one apostrophe, without invisible characters.

    Invisible ones go first, since one between a letter and its accent keeps the two from becoming one; vowel
    signs go last, since some of them make a letter of their own with the one before.
    """
    if text.isascii():
        return text.lower().replace("`", "'").replace("_", " ")
    visible = _INVISIBLE.sub("", _APOSTROPHES.sub("'", text))
    folded = unicodedata.normalize("NFKC", visible).casefold()
    return _DROPPED.sub("", unicodedata.normalize("NFKC", folded)).replace("_", " ")


def sentences(text: str) -> list[str]:
    """The sentences of a comment as they were written, without blank ones.

    A point ends one only before a space, so that 3.5 stays whole; a new line always does.
    """
    return [part for piece in _SENTENCE_ENDS.split(text) if (part := piece.strip())]


def tokens(sentence: str) -> list[str]:
    """The words of a sentence in `plain` form, in their order; a run without spaces is one token."""
    if sentence.isascii() or not is_unspaced(sentence):
        return _WORD.findall(sentence)
    found: list[str] = []
    for run in _RUNS.findall(sentence):
        found += [run] if is_unspaced(run) else _WORD.findall(run)
    return found


def is_unspaced(word: str) -> bool:
    """Whether a word holds a character of a script that writes no spaces."""
    return _UNSPACED.search(word) is not None


def pairs(run: str) -> list[str]:
    """What is counted of a run without spaces: words in katakana whole, else pairs of characters.

    One character alone is itself. A pair that begins in hiragana or ends in a particle joins two words and is
    left out.
    """
    found: list[str] = []
    for part in _PARTS.findall(run):
        if _KATAKANA.fullmatch(part):
            found.append(part)
        else:
            cut = [part[at : at + 2] for at in range(len(part) - 1)] or [part]
            found += [pair for pair in cut if pair[-1] not in _PARTICLES and not _HIRAGANA.match(pair)]
    return found


def script_language(letters: str, *, usual: str) -> str | None:
    """The language that the script of most letters alone gives away; None where several share it.

    Han characters are read in the `usual` language if that writes them, else as Chinese.
    """
    if not _BEYOND_GREEK.search(letters):
        return None
    runs = "".join(_UNSPACED.findall(letters))
    if 2 * len(runs) > len(letters):
        return _unspaced_language(runs, usual)
    if 2 * len(_ARABIC.findall(letters)) > len(letters):
        return usual if usual in ("fa", "ur") else "ar"
    return None


def _unspaced_language(runs: str, usual: str) -> str:
    for script, language in ((_KANA, "ja"), (_HANGUL, "ko"), (_THAI, "th")):
        if script.search(runs):
            return language
    return usual if usual in ("ja", "ko") else "zh"
