"""One page handed in: what was answered, and where the way leads. Nothing is kept here."""

from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from surveyd.forms.conditions import Answers, Facts
from surveyd.forms.definition import Page, Questionnaire, Shown
from surveyd.forms.fields import Problem
from surveyd.forms.pages import SWITCH
from surveyd.forms.paths import Reading, Route, read_page, route_of
from surveyd.forms.seen import FIELD, as_shown, marks_after, own_of, read_marks

PAGE = "page"
"""The hidden field that says which page was sent."""
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


@dataclass(frozen=True, slots=True)
class _View:
    """What was sent of a page: the page as it is `now` and as it was `shown`, and the marks that it carries.

    `marks` is None for a page from before an upgrade: all of it counts. A page that is hidden by now asks for
    nothing. `is_known` is False for a page that is no more in this version.
    """

    now: Shown
    shown: Shown
    marks: Mapping[str, str] | None
    is_known: bool = True

    def read(self, answers: Answers, sent: MultiDict[str, str]) -> Reading:
        """What was changed in this view, over the saved `answers`."""
        reading = read_page(self.shown, answers, sent)
        if self.marks is None:
            return reading
        return own_of(reading, self.marks, stored=answers, now=self.now)


def turn(
    questionnaire: Questionnaire, answers: Answers, facts: Facts, *, at: str, sent: MultiDict[str, str]
) -> Turn:
    """Read the page that was `sent` over the saved `answers`.

    Going back never asks for what is missing. What does not say which page it is changes nothing: the page
    `at` is shown again.
    """
    way, _ = way_of(sent)
    before = route_of(questionnaire, answers, facts)
    if PAGE not in sent:
        here = before.named(at).page
        return Turn(here, Reading({}, {}), before, here, {})
    view = _view(before, sent, at=at)
    reading = view.read(answers, sent)
    after = route_of(questionnaire, reading.onto(answers), facts)
    target, problems = _next(before, after, view, reading, way=way)
    seen = marks_after(view.marks, reading) if view.marks and way == KEEP else ""
    return Turn(view.now.page, reading, after, target, problems, seen)


def as_typed(
    questionnaire: Questionnaire, answers: Answers, facts: Facts, *, at: str, sent: MultiDict[str, str]
) -> tuple[Route, Page]:
    """The page that was `sent`, with what was typed, on a way that has it even if it is hidden by now."""
    view = _view(route_of(questionnaire, answers, facts), sent, at=at)
    after = route_of(questionnaire, view.read(answers, sent).onto(answers), facts)
    return after.including(view.shown) if view.is_known else after, view.now.page


def way_of(sent: MultiDict[str, str]) -> tuple[str, str]:
    """Which button was pressed, and the language that it switches to, if any."""
    pressed = sent.get("go", "next")
    return (STAY, pressed.removeprefix(SWITCH)) if pressed.startswith(SWITCH) else (pressed, "")


def _view(before: Route, sent: MultiDict[str, str], *, at: str) -> _View:
    marks = read_marks(sent[FIELD]) if FIELD in sent else None
    name = sent.get(PAGE, at)
    now = before.find(name)
    if now is not None:
        return _View(now, now if marks is None else as_shown(now, marks), marks)
    # Another tab or an import has hidden it meanwhile, or this version has it no more.
    marks = dict.fromkeys(sent, "") if marks is None else marks
    pages = before.questionnaire.pages
    page = next((page for page in pages if page.id == name), None)
    if page is not None:
        return _View(Shown(page, ()), as_shown(Shown(page, ()), marks), marks)
    holding = (shown for shown in before.pages if any(item.id in marks for item in shown.items))
    here = next(holding, before.named(at)).page
    blocks = tuple(block for each in pages for block in as_shown(Shown(each, ()), marks).blocks)
    return _View(Shown(here, ()), Shown(here, blocks), marks, is_known=False)


def _next(
    before: Route, after: Route, view: _View, reading: Reading, *, way: str
) -> tuple[Page | None, Mapping[str, Problem]]:
    """Where this way leads, with the problems to show there; None when the answers can be handed in.

    They can from the last page only, as the way is after these answers: else "send" leads on.
    """
    page, steps = view.now.page, STEPS.get(way, 1)
    if steps > 0 and reading.problems:
        return page, reading.problems
    is_shown = after.find(page.id) is not None
    if is_shown and (not steps or not view.is_known):
        return page, {}
    following = after.beside(page, steps=steps or 1).page
    if way == "send" and is_shown and _is_last(before, after, following, view):
        # It is judged already when all that is asked on it now has been looked at.
        judged = page if view.shown is view.now else None
        return next(after.faults(besides=judged), (None, {}))
    return following, {}


def _is_last(before: Route, after: Route, following: Page, view: _View) -> bool:
    if view.marks is not None:
        return following is view.now.page
    # Before an upgrade no page was saved while it stayed open: what comes anew comes by this page.
    return {shown.page.id for shown in after.pages} <= {shown.page.id for shown in before.pages}
