"""One page handed in: what was answered, and where the way leads. Nothing is kept here."""

from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from surveyd.forms.conditions import Answers, Facts
from surveyd.forms.definition import Page, Questionnaire
from surveyd.forms.fields import Problem
from surveyd.forms.pages import SWITCH
from surveyd.forms.paths import Reading, Route, read_page, route_of
from surveyd.forms.seen import FIELD, as_shown, marks_after, own_of, read_marks

STAY, KEEP = "stay", "keep"
"""Not to move: to see the page again, and to have it saved while it stays open."""
STEPS = {"next": 1, "back": -1, STAY: 0, KEEP: 0}


@dataclass(frozen=True, slots=True)
class Turn:
    """What a page that was sent comes to, before anything of it is kept.

    `reading` has what was changed in this view of the page. `target` is the page to go to, or to stay on with
    its `problems`; None when the answers can be handed in. `seen` marks what this view shows from now on.
    """

    page: Page
    reading: Reading
    after: Route
    target: Page | None
    problems: Mapping[str, Problem]
    seen: str = ""

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
    now = before.named(sent.get("page", at))
    # A page from before an upgrade carries no marks: all of it counts.
    marks = read_marks(sent[FIELD]) if FIELD in sent else None
    shown = now if marks is None else as_shown(now, marks)
    reading = read_page(shown, answers, sent)
    if marks is not None:
        reading = own_of(reading, marks, stored=answers, now=now)
    after = route_of(questionnaire, reading.onto(answers), facts)
    judged = now.page if shown is now else None
    target, problems = _next(before, after, now.page, reading, way=way, judged=judged)
    seen = marks_after(marks, reading) if marks and way == KEEP else ""
    return Turn(now.page, reading, after, target, problems, seen)


def way_of(sent: MultiDict[str, str]) -> tuple[str, str]:
    """Which button was pressed, and the language that it switches to, if any."""
    pressed = sent.get("go", "next")
    return (STAY, pressed.removeprefix(SWITCH)) if pressed.startswith(SWITCH) else (pressed, "")


def _next(
    before: Route, after: Route, page: Page, reading: Reading, *, way: str, judged: Page | None
) -> tuple[Page | None, Mapping[str, Problem]]:
    """Where this way leads, with the problems to show there; None when the answers can be handed in.

    `judged` is the page when all that is asked on it now has been looked at.
    """
    steps = STEPS.get(way, 1)
    if steps > 0 and reading.problems:
        return page, reading.problems
    new_pages = {shown.page.id for shown in after.pages} - {shown.page.id for shown in before.pages}
    if way != "send" or new_pages:
        return (after.beside(page, steps=steps).page if steps else page), {}
    return next(after.faults(besides=judged), (None, {}))
