"""Pages compiled once: a questionnaire version in one language, as text with slots.

Jinja draws each part once, with a mark wherever a respondent's own things go; a request then
only looks parts up and joins strings. A choice is drawn once for each possible answer, so that
no request marks options. What fills a slot must be Markup: escaped, or made here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jinja2 import Environment
from markupsafe import Markup, escape

from surveyd.forms.definition import PIPES, Answer, Answers, Item, Page, Questionnaire, Texts
from surveyd.forms.fields import Problem, kind_of
from surveyd.forms.paths import category_of, shown_items, shown_pages
from surveyd.forms.source import SLOT_MARK
from surveyd.forms.wording import Wording, wording

NONE: Mapping[str, Problem] = {}
Drawn = tuple[str, Answer | None, Problem | None, str]
KEPT_PAGES = 128
SWITCH = "lang:"
"""What the button's value begins with that saves the page and shows it in another language."""


class Fragment:
    """Text with named slots."""

    __slots__ = ("_parts",)

    def __init__(self, text: str) -> None:
        self._parts = text.split(SLOT_MARK)

    def fill(self, values: Mapping[str, Markup]) -> Markup:
        """The text with its slots filled. Raises KeyError for a slot that has no value."""
        parts = self._parts.copy()
        for at in range(1, len(parts), 2):
            parts[at] = values[parts[at]]
        return Markup("".join(parts))  # noqa: S704  # a template's own text, and Markup in its slots


def slot(name: str) -> Markup:
    """A mark for a slot in a template that is drawn once."""
    mark = Markup(SLOT_MARK)  # noqa: S704  # a constant
    return mark + name + mark


@dataclass(frozen=True, slots=True)
class Sight:
    """What of one respondent a page shows.

    `action` is the form's address, `names` are the piped names by PIPES, `hidden` are further
    hidden fields, `heading` stands above the page (for an interviewer).
    """

    action: str
    names: Mapping[str, str]
    hidden: Markup = field(default_factory=Markup)
    heading: Markup = field(default_factory=Markup)


@dataclass(frozen=True, slots=True)
class ItemView:
    """What an item's template gets."""

    item: Item
    text: str
    help: str
    choices: Sequence[tuple[str, str, str]]
    chosen: str
    problem: str
    limit: int
    scale_ends: tuple[str, str]
    words: Wording
    value: Markup


@dataclass(frozen=True, slots=True)
class PageView:
    """What the page's template gets; what is a respondent's own is a slot."""

    page: Page
    title: str
    intro: str
    survey: str
    language: str
    languages: Sequence[tuple[str, str]]
    first: bool
    last: bool
    words: Wording
    not_anonymous: str


@dataclass(slots=True)
class CompiledForm:
    """One questionnaire version in one language; its parts are drawn when first needed and kept."""

    questionnaire: Questionnaire
    language: str
    environment: Environment
    _pages: dict[tuple[str, bool, bool], str] = field(default_factory=dict)
    _items: dict[Drawn, str] = field(default_factory=dict)
    _whole: dict[tuple[str, bool, bool, tuple[Drawn, ...]], Fragment] = field(default_factory=dict)
    _answers: dict[str, frozenset[Answer]] = field(init=False)

    def __post_init__(self) -> None:
        items = self.questionnaire.items.values()
        self._answers = {item.id: frozenset(kind_of(item).choices(item).values()) for item in items}

    @property
    def words(self) -> Wording:
        """What stands around the questions, in the form's language."""
        return wording(self.language)

    def render(
        self, page: Page, answers: Answers, *, sight: Sight, problems: Mapping[str, Problem] = NONE
    ) -> str:
        """The whole HTML of `page` for these answers, with `problems` marked beside their items."""
        shown = shown_pages(self.questionnaire, answers)
        at = shown.index(page)
        category = self._category(answers)
        items = shown_items(page, answers)
        drawn = tuple(self._drawn(item, answers, problems.get(item.id), category) for item in items)
        values = {name: escape(sight.names[name]) for name in PIPES}
        for item in items:
            if not self._answers[item.id]:
                text = str(answers.get(item.id, ""))
                values[f"value {item.id}"], values[f"length {item.id}"] = escape(text), escape(len(text))
        values["problems"] = self._summary(problems, values) if problems else Markup()
        values["action"], values["hidden"], values["heading"] = (
            escape(sight.action),
            sight.hidden,
            sight.heading,
        )
        values["at"], values["pages"] = escape(at + 1), escape(len(shown))
        values["progress"] = escape(self.words.progress.format(page=at + 1, pages=len(shown)))
        return self._fragment(page, at == 0, at == len(shown) - 1, drawn).fill(values)

    def _fragment(self, page: Page, first: bool, last: bool, drawn: tuple[Drawn, ...]) -> Fragment:
        """The page with these answers chosen, as one text with few slots."""
        key = (page.id, first, last, drawn)
        found = self._whole.get(key)
        if found is None:
            if len(self._whole) >= KEPT_PAGES:
                self._whole.clear()
            items = "".join(self._item(*each) for each in drawn)
            text = self._page(page, first=first, last=last).replace(slot("items"), items)
            found = self._whole[key] = Fragment(text)
        return found

    def _drawn(self, item: Item, answers: Answers, problem: Problem | None, category: str) -> Drawn:
        """All that the drawing of an item depends on; what was typed fills a slot."""
        answer = answers.get(item.id)
        picked = answer if answer in self._answers[item.id] else None
        return item.id, picked, problem, category if item.text_for else ""

    def _category(self, answers: Answers) -> str:
        asked = self.questionnaire.recommendation
        return category_of(answers.get(asked.id)) if asked else ""

    def _item(self, item_id: str, picked: Answer | None, problem: Problem | None, category: str) -> str:
        key = (item_id, picked, problem, category)
        if key not in self._items:
            template = kind_of(self.questionnaire.items[item_id]).template
            self._items[key] = self._draw(template, view=self._item_view(*key))
        return self._items[key]

    def _item_view(
        self, item_id: str, picked: Answer | None, problem: Problem | None, category: str
    ) -> ItemView:
        item = self.questionnaire.items[item_id]
        ends = item.scale and (self._text(item.scale.low_end), self._text(item.scale.high_end))
        limit = kind_of(item).limit(item)
        return ItemView(
            item=item,
            text=self._text(item.text_for.get(category, item.text)),
            help=self._text(item.help),
            choices=self._choices(item, ends or ("", "")),
            chosen="" if picked is None else str(picked),
            problem=self._problem(problem, item, limit) if problem else "",
            limit=limit,
            scale_ends=ends or ("", ""),
            words=self.words,
            value=slot(f"value {item.id}"),
        )

    def _choices(self, item: Item, ends: tuple[str, str]) -> list[tuple[str, str, str]]:
        """Each choice as what is sent, what is seen, and what is heard when that is more."""
        if item.scale is None:
            return [(option.value, self._text(option.text), "") for option in item.options]
        heard = dict(zip((item.scale.low, item.scale.high), ends, strict=True))
        numbers = range(item.scale.low, item.scale.high + 1)
        return [
            (str(n), str(n), self.words.end.format(number=n, words=heard[n]) if n in heard else "")
            for n in numbers
        ]

    def _page(self, page: Page, *, first: bool, last: bool) -> str:
        key = (page.id, first, last)
        if key not in self._pages:
            view = PageView(
                page=page,
                title=self._text(page.title),
                intro=self._text(page.intro),
                survey=self._text(self.questionnaire.title),
                language=self.language,
                languages=[(code, wording(code).name) for code in self.questionnaire.languages],
                first=first,
                last=last,
                words=self.words,
                not_anonymous=piped(self.words.not_anonymous),
            )
            self._pages[key] = self._draw("respond/page.html", view=view, switch=SWITCH)
        return self._pages[key]

    def _summary(self, problems: Mapping[str, Problem], names: Mapping[str, Markup]) -> Markup:
        items = [item for item in self.questionnaire.items.values() if item.id in problems]
        listed = [(item.id, self._text(item.text)) for item in items]
        return Fragment(self._draw("respond/problems.html", words=self.words, items=listed)).fill(names)

    def _problem(self, problem: Problem, item: Item, limit: int) -> str:
        text: str = getattr(self.words, f"problem_{problem.value}")
        return text.replace("{limit}", str(limit)).replace("{length}", slot(f"length {item.id}"))

    def _text(self, texts: Texts) -> str:
        return piped(texts[self.language]) if texts else ""

    def _draw(self, template: str, **facts: object) -> str:
        return self.environment.get_template(template).render(slot=slot, **facts)


def piped(text: str) -> str:
    """`text` with a slot for each name that it carries."""
    for name in PIPES:
        text = text.replace(f"{{{name}}}", slot(name))
    return text
