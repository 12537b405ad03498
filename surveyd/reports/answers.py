"""Answers in words: the questions that were answered, in their order, as the person read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask_babel import gettext, lazy_gettext

from surveyd.forms.definition import NOT_APPLICABLE, PIPES, Answer, Answers, Item, Questionnaire, Texts
from surveyd.forms.fields import CONSENTS, kind_of
from surveyd.forms.sheet import PIPE

LANGUAGE = "en"
PART_WORDS = {
    "other": lazy_gettext("in other words"),
    "name": lazy_gettext("name"),
    "email": lazy_gettext("mail address"),
    "phone": lazy_gettext("telephone"),
}
"""What a part of a question is called that has no text of its own, by the end of its id."""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answered question in words; `is_verbatim` is what the person wrote."""

    question: str
    answer: str
    is_verbatim: bool


def answer_lines(
    questionnaire: Questionnaire, answers: Answers, *, category: str, names: Mapping[str, str]
) -> Iterator[AnswerLine]:
    """What was answered, in the order of the questions; what was not is left out."""
    for item in questionnaire.items.values():
        given = answers.get(item.id)
        if given is None or given == "":
            continue
        asked = _asked(questionnaire, item, category, names)
        yield AnswerLine(asked, _in_words(item, given, names), item.measures == "verbatim")


def _asked(questionnaire: Questionnaire, item: Item, category: str, names: Mapping[str, str]) -> str:
    asked = _piped(_text(item.text_for.get(category, item.text)), names)
    if asked:
        return asked
    block = next(block for block in questionnaire.blocks.values() if item in block.parts)
    word = PART_WORDS.get(item.id.rpartition("_")[2], "")
    return str(gettext("%(question)s (%(part)s)", question=_piped(_text(block.text), names), part=word))


def _in_words(item: Item, given: Answer, names: Mapping[str, str]) -> str:
    if given == NOT_APPLICABLE:
        return str(gettext("does not apply"))
    if item.scale is not None:
        ends = {str(item.scale.low): item.scale.low_end, str(item.scale.high): item.scale.high_end}
        end = ends.get(str(given))
        if end:
            said = _text(end).lower()
            return str(gettext("%(given)s of %(most)s, %(end)s", given=given, most=item.scale.high, end=said))
        return str(gettext("%(given)s of %(most)s", given=given, most=item.scale.high))
    if item.kind == "consent" and given == CONSENTS:
        return str(gettext("agreed"))
    picked = kind_of(item).picked(item, given)
    chosen = [_piped(_text(option.text), names) for option in item.options if option.value in picked]
    return ", ".join(chosen) or str(given)


def _text(texts: Texts) -> str:
    return texts.get(LANGUAGE) or next(iter(texts.values()), "")


def _piped(text: str, names: Mapping[str, str]) -> str:
    """The text with the names that it carries; an earlier answer is told by its fallback alone."""
    for name, fallback in PIPE.findall(text):
        said = (names.get(name, "") if name in PIPES else "") or fallback
        text = text.replace(f"{{{name}|{fallback}}}", said).replace(f"{{{name}}}", said)
    return text
