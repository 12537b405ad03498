"""What people wrote, for lists: which questions ask for words, and the first words of an answer."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution.models import QuestionnaireVersion
from surveyd.forms.definition import Answer
from surveyd.forms.loading import from_data

FIRST_WORDS = 140
MORE = "\N{HORIZONTAL ELLIPSIS}"


def open_questions(session: Session, version_ids: Iterable[int]) -> dict[int, list[str]]:
    """The items of each questionnaire version that are answered in words, in their order: one statement."""
    wanted = set(version_ids)
    if not wanted:
        return {}
    versions = select(QuestionnaireVersion.id, QuestionnaireVersion.definition)
    found = session.execute(versions.where(QuestionnaireVersion.id.in_(wanted)))
    return {
        version_id: [item.id for item in from_data(definition).measuring("verbatim")]
        for version_id, definition in found
    }


def first_words(answers: Mapping[str, Answer], items: Sequence[str], *, most: int = FIRST_WORDS) -> str:
    """The beginning of the first answer in words, on one line, at most so many characters; "" without one."""
    text = next((" ".join(text.split()) for text in written(answers, items)), "")
    if len(text) <= most:
        return text
    whole = textwrap.shorten(text, most, placeholder=MORE)
    return whole if len(whole) > 1 else text[: most - 1] + MORE


def written(answers: Mapping[str, Answer], items: Sequence[str]) -> tuple[str, ...]:
    """All answers in words, whole and in the order of `items`; what is blank is left out."""
    texts = (str(answers.get(item) or "").strip() for item in items)
    return tuple(filter(None, texts))
