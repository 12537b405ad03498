"""Which items and pages a person with these answers sees, and what is wrong with the answers.

A `Route` is one person's way through a questionnaire, worked out page by page: a condition sees only
answers to items that are shown themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from werkzeug.datastructures import MultiDict

from surveyd.forms.conditions import NOBODY, Answer, Answers, Condition, Facts, category_of
from surveyd.forms.definition import Item, Page, Questionnaire, Shown
from surveyd.forms.fields import Problem, kind_of
from surveyd.forms.readers import ALONE, fields_of

__all__ = ["Reading", "Route", "category_of", "read_page", "route_of"]


@dataclass(frozen=True, slots=True)
class Reading:
    """The answers of one page by item id (None is unanswered), and the problems among them."""

    answers: Mapping[str, Answer | None]
    problems: Mapping[str, Problem]

    def onto(self, answers: Answers) -> dict[str, Answer]:
        """All `answers` with this page's in their place: what other pages hold is not touched."""
        merged = {**answers, **self.answers}
        return {item: answer for item, answer in merged.items() if answer is not None}


@dataclass(frozen=True, slots=True)
class Route:
    """One person's way: the pages that they see, in order, and the answers that count.

    An answer counts when its item is shown. What is hidden is kept until the answers
    are sent, and never scored.
    """

    questionnaire: Questionnaire
    pages: Sequence[Shown]
    answers: Answers
    counted: Mapping[str, Answer]

    def find(self, name: str) -> Shown | None:
        """The shown page of that name, if there is one."""
        return next((shown for shown in self.pages if shown.page.id == name), None)

    def named(self, name: str) -> Shown:
        """The shown page of that name, else the first one."""
        return self.find(name) or self.pages[0]

    def at(self, page: Page) -> Shown:
        """`page` as this person sees it. Raises StopIteration when they do not."""
        return next(shown for shown in self.pages if shown.page.id == page.id)

    def beside(self, page: Page, *, steps: int) -> Shown:
        """The shown page so many `steps` after `page` (before it when negative), within the ends.

        `page` itself may be hidden by now: its place in the questionnaire counts, and beyond the ends there
        is the last or the first page.
        """
        order = {each.id: place for place, each in enumerate(self.questionnaire.pages)}
        here = order[page.id]
        if steps > 0:
            reachable = [shown for shown in self.pages if order[shown.page.id] > here][:steps]
        else:
            reachable = [shown for shown in reversed(self.pages) if order[shown.page.id] < here][:-steps]
        ends = self.pages[-1 if steps > 0 else 0]
        return reachable[-1] if reachable else self.find(page.id) or ends

    def including(self, shown: Shown) -> "Route":
        """The way with `shown` in its place, for a page that is hidden by now and has unsaved words."""
        if self.find(shown.page.id):
            return self
        order = {each.id: place for place, each in enumerate(self.questionnaire.pages)}
        drawn = Shown(shown.page, tuple((block, items) for block, items in shown.blocks if items))
        pages = sorted((*self.pages, drawn), key=lambda each: order[each.page.id])
        return replace(self, pages=pages)

    def faults(self, *, besides: Page | None = None) -> Iterator[tuple[Page, Mapping[str, Problem]]]:
        """The pages on which something is missing or wrong, each with its problems by item id.

        `besides` is a page that was just found to be right.
        """
        for shown in self.pages:
            problems = {} if shown.page is besides else read_page(shown, self.answers).problems
            if problems:
                yield shown.page, problems


def route_of(questionnaire: Questionnaire, answers: Answers, facts: Facts = NOBODY) -> Route:
    """The way of a person with these `answers`, of whom these `facts` are known."""
    if not questionnaire.branches:
        known = {item: answers[item] for item in questionnaire.items if item in answers}
        return Route(questionnaire, questionnaire.whole, answers, known)
    counted: dict[str, Answer] = {}
    pages = []
    for page in questionnaire.pages:
        if _holds(page.show_if, counted, facts):
            blocks = tuple(_blocks(page, counted, facts))
            if blocks:
                pages.append(Shown(page, blocks))
            for item in (item for _, items in blocks for item in items):
                if item.id in answers and _holds(item.counts_if, counted, facts):
                    counted[item.id] = answers[item.id]
    return Route(questionnaire, pages or questionnaire.whole[:1], answers, counted)


def read_page(shown: Shown, answers: Answers, sent: MultiDict[str, str] | None = None) -> Reading:
    """Read what was sent for a page, over the `answers` that are there already.

    Without `sent` it judges the answers that are there. A fault costs no text: one that is too
    long, or no number, is kept among the answers.
    """
    fields = fields_of(shown.items)
    meant = None if sent is None else _meant(shown, answers, sent)
    for field in fields:
        field.process(meant, answers.get(field.name))
        field.validate(ALONE)
    problems = {field.name: Problem(str(field.errors[0])) for field in fields if field.errors}
    return Reading({field.name: field.data for field in fields}, problems)


def _meant(shown: Shown, answers: Answers, sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """What was sent, with the choices that are meant by it."""
    meant = [
        (item.id, value) for item in shown.items for value in kind_of(item).meant(item, sent, before=answers)
    ]
    if not meant:
        return sent
    whole = MultiDict(sent)
    for item_id, value in meant:
        whole.add(item_id, value)
    return whole


def _blocks(page: Page, answers: Answers, facts: Facts) -> Iterator[tuple[Item, tuple[Item, ...]]]:
    for block in page.blocks:
        if not _holds(block.show_if, answers, facts):
            continue
        items = tuple(item for item in block.leaves if item is block or _holds(item.show_if, answers, facts))
        if items or not block.parts:
            yield block, items


def _holds(condition: Condition | None, answers: Answers, facts: Facts) -> bool:
    return condition is None or condition.holds(answers, facts)
