"""What somebody has answered, in the words that they read: page by page, in one language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from babel.dates import format_date

from surveyd.forms.definition import NOT_APPLICABLE, PIPES, Answer, Item, Questionnaire, Texts
from surveyd.forms.fields import CONSENTS, kind_of
from surveyd.forms.pages import PART_WORDS
from surveyd.forms.paths import Route, category_of
from surveyd.forms.sheet import PIPE
from surveyd.forms.ways_wording import ways_wording
from surveyd.forms.wording import locale_of, wording

LOCALES = {"en": "en_GB"}
"""Whose dates are not spelled as those of the language in general."""
Width = Literal["long", "full"]


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One question that was shown, and the answer; `is_empty` where it was left out."""

    question: str
    answer: str
    is_empty: bool = False
    is_text: bool = False
    """Whether the person wrote it: shown with its line ends, in its own direction."""


@dataclass(frozen=True, slots=True)
class SaidPage:
    """One page with its questions."""

    title: str
    lines: tuple[SaidLine, ...]


def spelled(day: date, language: str, width: Width = "long") -> str:
    """A day in words of `language`; `full` has its weekday."""
    return format_date(day, width, locale=LOCALES.get(language) or locale_of(language))


def said_on(route: Route, language: str, *, names: Mapping[str, str]) -> tuple[SaidPage, ...]:
    """All that was shown on this route and what was answered, in words of `language`.

    `names` are the piped names by PIPES. Answers that do not count, since their item is hidden, are left out.
    """
    speech = _Speech(route, language, names)
    return tuple(
        SaidPage(speech.text(shown.page.title), tuple(map(speech.line, items)))
        for shown in route.pages
        if (items := [item for item in shown.items if item.id in route.counted or not item.counts_if])
    )


class _Speech:
    """One person's answers in one language."""

    def __init__(self, route: Route, language: str, names: Mapping[str, str]) -> None:
        self.asked: Questionnaire = route.questionnaire
        self.counted = route.counted
        self.language, self.names = language, names
        self.words, self.ways = wording(language), ways_wording(language)
        rated = self.asked.recommendation
        self.category = category_of(self.counted.get(rated.id)) if rated else ""

    def text(self, texts: Texts) -> str:
        """A text of the questionnaire with its names and earlier answers filled in."""
        text = self.asked.said(texts, self.language)
        for name, fallback in PIPE.findall(text):
            given = self.names[name] if name in PIPES else self._earlier(name)
            for whole in (f"{{{name}|{fallback}}}", f"{{{name}}}"):
                text = text.replace(whole, given or fallback)
        return text

    def line(self, item: Item) -> SaidLine:
        """One question and its answer."""
        answer = self.counted.get(item.id)
        question = self.text(item.text_for.get(self.category, item.text)) or self._part(item)
        if answer is None:
            return SaidLine(question, self.ways.no_answer, is_empty=True)
        is_text = kind_of(item).typed and isinstance(answer, str)
        return SaidLine(question, self._answer(item, answer), is_text=is_text and not _day(item, answer))

    def _answer(self, item: Item, answer: Answer) -> str:
        if answer == NOT_APPLICABLE and item.na:
            return self.words.not_applicable
        if item.scale is not None:
            of = self.ways.of_scale.format(number=answer, most=item.scale.high)
            ends = {item.scale.low: item.scale.low_end, item.scale.high: item.scale.high_end}
            end = ends.get(int(answer)) if isinstance(answer, int) else None
            return self.words.end.format(number=of, words=self.text(end)) if end else of
        if answer == CONSENTS and item.kind == "consent":
            return self.ways.agreed
        if item.options:
            picked = kind_of(item).picked(item, answer)
            return ", ".join(self.text(option.text) for option in item.options if option.value in picked)
        day = _day(item, answer)
        return spelled(day, self.language) if day else str(answer)

    def _earlier(self, item_id: str) -> str:
        item, answer = self.asked.items[item_id], self.counted.get(item_id)
        return "" if answer is None else self._answer(item, answer)

    def _part(self, item: Item) -> str:
        word = PART_WORDS.get(item.id.rpartition("_")[2], "")
        return str(getattr(self.words, word)) if word else ""


def _day(item: Item, answer: Answer) -> date | None:
    if item.kind != "date":
        return None
    try:
        return date.fromisoformat(str(answer))
    except ValueError:
        return None
