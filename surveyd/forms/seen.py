"""What a page was shown with: a short mark for each of its answers, carried by the form itself.

Two tabs, or a respondent and an interviewer, may have the same page open. What one of them sends and
did not change is no answer of theirs: it stays as it is stored, however new that is. What they did
change is their present act, and counts.
"""

from collections.abc import Iterable, Mapping
from zlib import crc32

from surveyd.forms.conditions import Answer, Answers
from surveyd.forms.definition import Item, Shown
from surveyd.forms.fields import Problem
from surveyd.forms.paths import Reading

FIELD = "seen"
"""The hidden field that carries the marks."""
NOTHING = "-"


def marks_of(items: Iterable[Item], answers: Answers) -> str:
    """The marks of these items' answers as one text: `id:mark id:mark`."""
    return " ".join(f"{item.id}:{mark(answers.get(item.id))}" for item in items)


def mark(answer: Answer | None) -> str:
    """Six digits that tell one answer from another."""
    if answer is None:
        return NOTHING
    return f"{crc32(str(answer).encode(errors='replace')) & 0xFFFFFF:06x}"


def read_marks(text: str) -> dict[str, str]:
    """The marks by item id; what is none is left out."""
    pairs = (word.partition(":") for word in text.split())
    return {item: given for item, _, given in pairs if given}


def as_shown(now: Shown, marks: Mapping[str, str]) -> Shown:
    """The page with the items that it had when it was shown; others may be shown `now`."""
    if marks.keys() == {item.id for item in now.items}:
        return now
    blocks = ((block, tuple(item for item in block.leaves if item.id in marks)) for block in now.page.blocks)
    return Shown(now.page, tuple(blocks))


def own_of(reading: Reading, marks: Mapping[str, str], *, stored: Answers, now: Shown) -> Reading:
    """What of a reading was changed in this view of the page, and the problems that it still has.

    An answer that was changed elsewhere meanwhile, and not here, has no problem here.
    """
    own = {
        item: answer
        for item, answer in reading.answers.items()
        if mark(answer) != marks.get(item) and answer != stored.get(item)
    }
    asked = {item.id for item in now.items}
    problems: dict[str, Problem] = {
        item: problem
        for item, problem in reading.problems.items()
        if item in asked and (item in own or reading.answers[item] == stored.get(item))
    }
    return Reading(own, problems)


def marks_after(marks: Mapping[str, str], own: Reading) -> str:
    """The marks of the same view once its own answers are saved."""
    whole = {**marks, **{item: mark(answer) for item, answer in own.answers.items()}}
    return " ".join(f"{item}:{given}" for item, given in whole.items())
