"""Which items and pages a respondent with these answers sees, and what is wrong with the answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict
from wtforms.form import BaseForm

from surveyd.forms.definition import Answer, Answers, Condition, Item, Page, Questionnaire
from surveyd.forms.fields import Problem, kind_of
from surveyd.scoring import nps


@dataclass(frozen=True, slots=True)
class Reading:
    """The answers of one page by item id (None is unanswered), and the problems among them."""

    answers: Mapping[str, Answer | None]
    problems: Mapping[str, Problem]

    def onto(self, answers: Answers) -> dict[str, Answer]:
        """All `answers` with this page's in their place: what other pages hold is not touched."""
        merged = {**answers, **self.answers}
        return {item: answer for item, answer in merged.items() if answer is not None}


def category_of(answer: Answer | None) -> str:
    """The NPS category of a recommendation, or nothing when there is none."""
    return nps.category(answer).value if isinstance(answer, int) else ""


def holds(condition: Condition | None, answers: Answers) -> bool:
    """Whether `condition` holds for `answers`; no condition always does."""
    if condition is None:
        return True
    answer = answers.get(condition.item)
    if answer is None:
        return False
    return answer in condition.values or (
        bool(condition.categories) and category_of(answer) in condition.categories
    )


def shown_items(page: Page, answers: Answers) -> list[Item]:
    """The items of `page` that these answers show."""
    return [item for item in page.items if holds(item.show_if, answers)]


def shown_pages(questionnaire: Questionnaire, answers: Answers) -> Sequence[Page]:
    """The pages that have something to show, in order."""
    if not questionnaire.skips:
        return questionnaire.pages
    return [page for page in questionnaire.pages if any(holds(item.show_if, answers) for item in page.items)]


def page_named(questionnaire: Questionnaire, name: str, answers: Answers) -> Page:
    """The shown page of that name, else the first one that is shown."""
    shown = shown_pages(questionnaire, answers)
    return next((page for page in shown if page.id == name), shown[0])


def beside(questionnaire: Questionnaire, page: Page, answers: Answers, *, steps: int) -> Page:
    """The shown page so many `steps` after `page` (before it when negative), within the ends.

    `page` itself may be hidden by now; its place in the questionnaire counts.
    """
    shown = shown_pages(questionnaire, answers)
    at = questionnaire.pages.index(page)
    if steps > 0:
        reachable = [other for other in shown if questionnaire.pages.index(other) > at][:steps]
    else:
        reachable = [other for other in reversed(shown) if questionnaire.pages.index(other) < at][:-steps]
    return reachable[-1] if reachable else page


def counted(questionnaire: Questionnaire, answers: Answers) -> dict[str, Answer]:
    """The answers that count: those to items that are shown. What is hidden is kept and never scored."""
    return {
        item.id: answers[item.id]
        for item in questionnaire.items.values()
        if item.id in answers and holds(item.show_if, answers)
    }


def read_page(page: Page, answers: Answers, sent: MultiDict[str, str] | None = None) -> Reading:
    """Read what was sent for the shown items of `page`, over the `answers` that are there already.

    Without `sent` it judges the answers that are there. A fault costs no text: one that is too
    long is kept among the answers.
    """
    form = BaseForm({item.id: kind_of(item).field(item) for item in shown_items(page, answers)})
    form.process(sent, data=answers)
    form.validate()
    problems = {field.short_name: Problem(str(field.errors[0])) for field in form if field.errors}
    return Reading({field.name: field.data for field in form}, problems)


def faults(
    questionnaire: Questionnaire, answers: Answers, *, besides: Page | None = None
) -> Iterator[tuple[Page, Mapping[str, Problem]]]:
    """The shown pages on which something is missing or wrong, each with its problems by item id.

    `besides` is a page that was just found to be right.
    """
    for page in shown_pages(questionnaire, answers):
        problems = {} if page is besides else read_page(page, answers).problems
        if problems:
            yield page, problems
