"""One page handed in: what was answered, and where the way leads. Nothing is kept here."""

from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from surveyd.forms.conditions import Answers, Facts
from surveyd.forms.definition import Page, Questionnaire
from surveyd.forms.fields import Problem
from surveyd.forms.pages import SWITCH
from surveyd.forms.paths import Reading, Route, read_page, route_of

STEPS = {"next": 1, "back": -1}


@dataclass(frozen=True, slots=True)
class Turn:
    """What a page that was sent comes to, before anything of it is kept.

    `target` is the page to go to, or to stay on with its `problems`; None when the answers can be handed in.
    """

    page: Page
    reading: Reading
    after: Route
    target: Page | None
    problems: Mapping[str, Problem]

    @property
    def place(self) -> str:
        """The page to go on at later."""
        return (self.target or self.page).id


def turn(
    questionnaire: Questionnaire, answers: Answers, facts: Facts, *, at: str, sent: MultiDict[str, str]
) -> Turn:
    """Read the page that was `sent` over the saved `answers`; it is the page `at` unless it says otherwise.

    Going back never asks for what is missing.
    """
    way, _ = way_of(sent)
    before = route_of(questionnaire, answers, facts)
    shown = before.named(sent.get("page", at))
    reading = read_page(shown, answers, sent)
    after = route_of(questionnaire, reading.onto(answers), facts)
    target, problems = _next(before, after, shown.page, reading, way=way)
    return Turn(shown.page, reading, after, target, problems)


def way_of(sent: MultiDict[str, str]) -> tuple[str, str]:
    """Which button was pressed, and the language that it switches to, if any."""
    pressed = sent.get("go", "next")
    return ("stay", pressed.removeprefix(SWITCH)) if pressed.startswith(SWITCH) else (pressed, "")


def _next(
    before: Route, after: Route, page: Page, reading: Reading, *, way: str
) -> tuple[Page | None, Mapping[str, Problem]]:
    """Where this way leads, with the problems to show there; None when the answers can be handed in."""
    steps = 0 if way == "stay" else STEPS.get(way, 1)
    if steps > 0 and reading.problems:
        return page, reading.problems
    new_pages = {shown.page.id for shown in after.pages} - {shown.page.id for shown in before.pages}
    if way != "send" or new_pages:
        return (after.beside(page, steps=steps).page if steps else page), {}
    return next(after.faults(besides=page), (None, {}))
