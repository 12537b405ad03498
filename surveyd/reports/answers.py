"""Answers in words: the questions that were answered, in their order, as the person read them."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext

from surveyd.forms.definition import NOT_APPLICABLE, Answer, Item, Questionnaire, Texts

LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answered question in words; `is_verbatim` is what the person wrote."""

    question: str
    answer: str
    is_verbatim: bool


def answer_lines(
    questionnaire: Questionnaire, answers: dict[str, Answer], *, category: str, names: dict[str, str]
) -> Iterator[AnswerLine]:
    """What was answered, in the order of the questions; what was not is left out."""
    for item in questionnaire.items.values():
        given = answers.get(item.id)
        if given is None or given == "":
            continue
        asked = item.text_for.get(category, item.text)
        yield AnswerLine(
            _piped(_text(asked), names), _in_words(item, given, names), item.measures == "verbatim"
        )


def _in_words(item: Item, given: Answer, names: dict[str, str]) -> str:
    if given == NOT_APPLICABLE:
        return str(gettext("does not apply"))
    if item.scale is not None:
        ends = {str(item.scale.low): item.scale.low_end, str(item.scale.high): item.scale.high_end}
        end = ends.get(str(given))
        if end:
            said = _text(end).lower()
            return str(gettext("%(given)s of %(most)s, %(end)s", given=given, most=item.scale.high, end=said))
        return str(gettext("%(given)s of %(most)s", given=given, most=item.scale.high))
    chosen = [option for option in item.options if option.value == str(given)]
    return _piped(_text(chosen[0].text), names) if chosen else str(given)


def _text(texts: Texts) -> str:
    return texts.get(LANGUAGE) or next(iter(texts.values()), "")


def _piped(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text
