"""Pages compiled once: a questionnaire version in one language, as text with slots.

Jinja draws each part once, with a mark wherever a respondent's own things go; a request then
only looks parts up and joins strings. A choice is drawn once for each possible answer, so that
no request marks options. What fills a slot must be Markup: escaped, or made here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from zlib import crc32

from jinja2 import Environment
from markupsafe import Markup, escape

from surveyd.forms.definition import NOT_APPLICABLE, PIPES, Answers, Item, Page, Questionnaire, Texts
from surveyd.forms.fields import Problem, kind_of
from surveyd.forms.fragments import Fragment, name_in, slot
from surveyd.forms.pace import estimated, said
from surveyd.forms.paths import Route, category_of
from surveyd.forms.seen import marks_of
from surveyd.forms.sheet import PIPE
from surveyd.forms.views import ItemView, PageView
from surveyd.forms.wording import Voice, Wording, wording

NONE: Mapping[str, Problem] = {}
Drawn = tuple[str, tuple[str, ...], Problem | None, str]
"""All that the drawing of an item depends on: its id, what is ticked, its problem, the wording's category."""
KEPT_PAGES = 128
KEPT_ITEMS = 4096
SWITCH = "lang:"
"""What the button's value begins with that saves the page and shows it in another language."""
PARTS = "parts"
"""The slot of a block for its parts."""
PART_WORDS = {
    "other": "other_text",
    "name": "contact_name",
    "email": "contact_email",
    "phone": "contact_phone",
}
"""How a part is worded that the file gives no text, by the end of its id."""
PART_FILLS = {"name": "name"}
"""What a browser may fill into such a part, where its kind does not say so."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What of one respondent a page shows.

    `action` is the form's address, `names` are the piped names by PIPES, `seed` orders shuffled
    batteries, the same one always alike; `hidden` are further hidden fields, `heading` stands above
    the page and `aside` below its form (for an interviewer, or a way out). `stored` are the saved
    answers, where the route has others besides: a number from the mail, or what could not be saved.
    `seconds` is how long we say that it takes; without it, it is estimated.
    """

    action: str
    names: Mapping[str, str]
    seed: int = 0
    hidden: Markup = field(default_factory=Markup)
    heading: Markup = field(default_factory=Markup)
    aside: Markup = field(default_factory=Markup)
    stored: Answers | None = None
    seconds: int | None = None


@dataclass(slots=True)
class CompiledForm:
    """One questionnaire version in one language; its parts are drawn when first needed and kept.

    `voice` gives the words around the questions in a language.
    """

    questionnaire: Questionnaire
    language: str
    environment: Environment
    voice: Voice = wording
    _items: dict[Drawn, str] = field(default_factory=dict)
    _pages: dict[tuple[str, bool, bool], str] = field(default_factory=dict)
    _whole: dict[tuple[object, ...], Fragment] = field(default_factory=dict)
    _pipes: dict[str, tuple[str, str]] = field(default_factory=dict)
    _times: dict[int | None, Markup] = field(default_factory=dict)

    @property
    def words(self) -> Wording:
        """What stands around the questions, in the form's language."""
        return self.voice(self.language)

    def render(
        self, page: Page, route: Route, *, sight: Sight, problems: Mapping[str, Problem] = NONE
    ) -> str:
        """The whole HTML of `page` on this route, with `problems` marked beside their items."""
        at = next(at for at, shown in enumerate(route.pages) if shown.page.id == page.id)
        shown, count = route.pages[at], len(route.pages)
        category = self._category(route.counted)
        drawing = partial(self._drawn, answers=route.answers, problems=problems, category=category)
        drawn = tuple(
            (drawing(block), tuple(map(drawing, _parts(block, items, sight))))
            for block, items in shown.blocks
        )
        first = at == 0
        fragment = self._fragment(page, first, at == count - 1, drawn)
        values = self._said(route, sight)
        for item in shown.items:
            if kind_of(item).typed:
                text = str(route.answers.get(item.id, ""))
                values[f"value {item.id}"], values[f"length {item.id}"] = escape(text), escape(len(text))
        stored = route.answers if sight.stored is None else sight.stored
        values["seen"] = escape(marks_of(shown.items, stored))
        if first:
            values["takes"] = self._takes(sight.seconds)
        values["at"], values["pages"] = escape(at + 1), escape(count)
        values["progress"] = escape(self.words.progress.format(page=at + 1, pages=count))
        values["problems"] = self._summary(problems, route, sight) if problems else Markup()
        return fragment.fill(values)

    def _said(self, route: Route, sight: Sight) -> dict[str, Markup]:
        """What fills the slots that any page has: this person's names, earlier answers and surroundings."""
        isolated = partial(name_in, self.words.direction)
        values = {name: isolated(sight.names[name]) for name in PIPES}
        for mark, (name, fallback) in [*self._pipes.items()]:  # another thread may draw a page meanwhile
            said = sight.names[name] if name in PIPES else self._answer(name, route.counted)
            values[mark] = isolated(said or fallback)
        values["action"], values["hidden"] = escape(sight.action), sight.hidden
        values["heading"], values["aside"] = sight.heading, sight.aside
        return values

    def _takes(self, seconds: int | None) -> Markup:
        """How long it takes: as it was measured, else estimated."""
        if seconds not in self._times:
            time = said(seconds or estimated(self.questionnaire), self.language)
            self._times[seconds] = escape(self.words.takes.format(time=time))
        return self._times[seconds]

    def _answer(self, item_id: str, answers: Answers) -> str:
        """An earlier answer in words; empty where there is none."""
        item, answer = self.questionnaire.items[item_id], answers.get(item_id, "")
        if not item.options:
            return "" if answer == NOT_APPLICABLE and item.na else str(answer)
        picked = kind_of(item).picked(item, answer)
        said = [option.text for option in item.options if option.value in picked]
        return ", ".join(self.questionnaire.said(texts, self.language) for texts in said)

    def _fragment(
        self, page: Page, first: bool, last: bool, drawn: tuple[tuple[Drawn, tuple[Drawn, ...]], ...]
    ) -> Fragment:
        """The page with these answers chosen, as one text with few slots."""
        key = (page.id, first, last, drawn)
        found = self._whole.get(key)
        if found is None:
            if len(self._whole) >= KEPT_PAGES:
                self._whole.clear()
            items = "".join(self._block(block, parts) for block, parts in drawn)
            text = self._page(page, first=first, last=last).replace(slot("items"), items)
            found = self._whole[key] = Fragment(text)
        return found

    def _block(self, block: Drawn, parts: tuple[Drawn, ...]) -> str:
        return self._item(block).replace(slot(PARTS), "".join(map(self._item, parts)))

    def _drawn(
        self, item: Item, *, answers: Answers, problems: Mapping[str, Problem], category: str
    ) -> Drawn:
        picked = kind_of(item).picked(item, answers.get(item.id))
        return item.id, picked, problems.get(item.id), category if item.text_for else ""

    def _category(self, answers: Answers) -> str:
        asked = self.questionnaire.recommendation
        return category_of(answers.get(asked.id)) if asked else ""

    def _item(self, key: Drawn) -> str:
        found = self._items.get(key)
        if found is None:
            if len(self._items) >= KEPT_ITEMS:
                self._items.clear()
            item_id = key[0]
            item = self.questionnaire.items.get(item_id) or self.questionnaire.blocks[item_id]
            found = self._draw(kind_of(item).template, view=self._item_view(item, *key[1:]))
            self._items[key] = found
        return found

    def _item_view(
        self, item: Item, picked: tuple[str, ...], problem: Problem | None, category: str
    ) -> ItemView:
        kind = kind_of(item)
        limit = kind.limit(item)
        ends = item.scale and (self._text(item.scale.low_end), self._text(item.scale.high_end))
        given, part = self._text(item.text_for.get(category, item.text)), item.id.rpartition("_")[2]
        return ItemView(
            item=item,
            kind=kind,
            text=given or self._part_text(item),
            help=self._text(item.help),
            choices=self._choices(item, ends or ("", "")),
            chosen=picked,
            problem=self._problem(problem, item, limit) if problem else "",
            limit=limit,
            scale_ends=ends or ("", ""),
            words=self.words,
            value=slot(f"value {item.id}"),
            autocomplete=kind.autocomplete if given else PART_FILLS.get(part, kind.autocomplete),
        )

    def _part_text(self, item: Item) -> str:
        text: str = getattr(self.words, PART_WORDS[item.id.rpartition("_")[2]])
        return text

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
            words, anonymous = self.words, self.questionnaire.anonymous
            promise = words.anonymous if anonymous else words.not_anonymous
            about = (
                (promise, words.happens_next_anonymous)
                if anonymous
                else (words.who_reads, promise, words.happens_next)
            )
            view = PageView(
                page=page,
                title=self._text(page.title),
                intro=self._text(page.intro),
                survey=self._text(self.questionnaire.title),
                version=self.questionnaire.digest,
                language=self.language,
                languages=[(code, wording(code).name) for code in self.questionnaire.languages],
                first=first,
                last=last,
                words=words,
                promise=self._piped(promise),
                about=[self._piped(line) for line in about if line],
            )
            self._pages[key] = self._draw("respond/page.html", view=view, switch=SWITCH)
        return self._pages[key]

    def _summary(self, problems: Mapping[str, Problem], route: Route, sight: Sight) -> Markup:
        marked = [item for item in self.questionnaire.items.values() if item.id in problems]
        category = self._category(route.counted)
        worded = [(item, item.text_for.get(category, item.text)) for item in marked]
        listed = [(item.id, self._text(text) or self._part_text(item)) for item, text in worded]
        drawn = Fragment(self._draw("respond/problems.html", words=self.words, items=listed))
        return drawn.fill(self._said(route, sight))

    def _problem(self, problem: Problem, item: Item, limit: int) -> str:
        text: str = getattr(self.words, f"problem_{problem.value}")
        for name, bound in (("low", item.minimum), ("high", item.maximum)):
            text = text.replace(f"{{{name}}}", "…" if bound is None else str(bound))
        return text.replace("{limit}", str(limit)).replace("{length}", slot(f"length {item.id}"))

    def _text(self, texts: Texts) -> str:
        return self._piped(self.questionnaire.said(texts, self.language))

    def _piped(self, text: str) -> str:
        """`text` with a slot for each name that it carries."""
        for name, fallback in PIPE.findall(text):
            mark = f"pipe {name}|{fallback}"
            self._pipes[mark] = (name, fallback)
            whole = f"{{{name}|{fallback}}}"
            text = text.replace(whole, slot(mark)).replace(f"{{{name}}}", slot(mark))
        return text

    def _draw(self, template: str, **facts: object) -> str:
        return self.environment.get_template(template).render(slot=slot, **facts)


def _parts(block: Item, items: tuple[Item, ...], sight: Sight) -> Sequence[Item]:
    """The parts of a block that are shown, in this person's order."""
    parts = [item for item in items if item is not block]
    if block.shuffle:
        parts.sort(key=lambda part: crc32(f"{sight.seed}.{part.id}".encode()))
    return parts
