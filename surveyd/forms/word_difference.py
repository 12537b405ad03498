"""Two wordings of one text, word by word: what stayed, what is gone, what is new."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

# Words, gaps and marks; in scripts that write no gaps, each character.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|\s+|.", re.DOTALL)
SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words with one fate: SAME, GONE or NEW."""

    fate: str
    text: str


def word_difference(before: str, after: str) -> tuple[Piece, ...]:
    """The pieces of both wordings in reading order; without GONE they are `after`, without NEW `before`."""
    old, new = WORD.findall(before), WORD.findall(after)
    pieces: list[Piece] = []
    gone = came = ""
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        was, is_now = "".join(old[a:b]), "".join(new[c:d])
        if tag == "equal" and (was.strip() or not (gone or came)):
            pieces += [*_changed(gone, came), Piece(SAME, was)]
            gone = came = ""
        else:
            # A gap between two changed words belongs to the change: one run reads better than many.
            gone, came = gone + was, came + is_now
    return (*pieces, *_changed(gone, came))


def _changed(gone: str, came: str) -> list[Piece]:
    return [Piece(fate, text) for fate, text in ((GONE, gone), (NEW, came)) if text]
