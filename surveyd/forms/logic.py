"""Checks a questionnaire's logic as a whole: what can never be shown, and which conditions always hold.

The walk goes page by page with every state that people can be in. Of all answers it tries one of each
class that the conditions tell apart, and it forgets an answer when no later condition asks for it, so
few states are left. A hidden item is unanswered, and a required one that is shown is answered.

There can be no cycle: a condition names items of earlier pages only, and the reader refuses any other
(forms/sheet.py), so the order of the pages is an order of the conditions too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from surveyd.forms.answer_classes import Classes, classes_of
from surveyd.forms.condition_words import in_words
from surveyd.forms.conditions import Answer, Condition, Facts
from surveyd.forms.definition import Item, Page, Questionnaire

MOST_STATES = 10_000
"""Beyond so many states at once the walk gives up, and says so."""

Known = tuple[tuple[str, Answer], ...]
"""The answers that later conditions ask for, by item id, in the questionnaire's order."""


@dataclass(frozen=True, slots=True)
class LogicFinding:
    """One thing about the logic: where (`path`, by ids), what, and what to do."""

    path: str
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}; {self.hint}."


@dataclass(frozen=True, slots=True)
class Logic:
    """What the walk found. Faults forbid publishing; with `is_sure` False there may be more of both."""

    faults: tuple[LogicFinding, ...]
    warnings: tuple[LogicFinding, ...]
    is_sure: bool


@dataclass(frozen=True, slots=True)
class State:
    """What may be known of a person before a page, with one example of the answers that lead here.

    `seen` are the paths of the shown pages, each with the ids of what was on it, where the walk is told to
    keep them; else it only says whether there was any.
    """

    facts: Facts
    known: Known
    seen: tuple[str, ...] = ()
    example: Known = field(default=(), compare=False)


@dataclass(slots=True)
class Walk:
    """One walk through a questionnaire. `shown` and `hidden` are the paths that ever were so."""

    questionnaire: Questionnaire
    keeps_seen: bool = False
    limit: int = MOST_STATES
    shown: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    is_whole: bool = True

    def run(self) -> list[State]:
        """Every state that people can be in at the end; the first ones only, where there are too many."""
        classes = classes_of(self.questionnaire)
        states = [State(facts, ()) for facts in classes.facts]
        for at, page in enumerate(self.questionnaire.pages):
            needed = classes.needed_after[at]
            found: dict[State, State] = {}
            for state in states:
                for after in self._after(page, state, classes):
                    kept = tuple(pair for pair in after.known if pair[0] in needed)
                    then = State(after.facts, kept, after.seen, after.example)
                    found.setdefault(then, then)
                    if len(found) >= self.limit:
                        break
                if len(found) >= self.limit:
                    self.is_whole = False
                    break
            states = list(found)
        return states

    def _after(self, page: Page, state: State, classes: Classes) -> Iterator[State]:
        """The states behind `page` of whoever comes to it in `state`."""
        path = f"pages.{page.id}"
        answers = dict(state.known)
        if not self._marks(path, page.show_if, answers, state.facts):
            yield state
            return
        leaves = list(self._leaves(page, answers, state.facts))
        asked = [leaf for leaf in leaves if leaf.id in classes.answers]
        behind = [State(state.facts, state.known, self._seen(page, leaves, state), state.example)]
        for leaf in asked:
            behind = [then for each in behind for then in _answered(each, leaf, classes)]
            if len(behind) > self.limit:
                self.is_whole = False
                behind = behind[: self.limit]
        yield from behind

    def _seen(self, page: Page, leaves: list[Item], state: State) -> tuple[str, ...]:
        if not leaves:
            return state.seen
        return (
            (*state.seen, f"pages.{page.id}", *(leaf.id for leaf in leaves)) if self.keeps_seen else ("some",)
        )

    def _leaves(self, page: Page, answers: Mapping[str, Answer], facts: Facts) -> Iterator[Item]:
        for block in page.blocks:
            path = f"pages.{page.id}.{block.id}"
            if not self._marks(path, block.show_if, answers, facts):
                continue
            if not block.leaves:
                yield block
            for leaf in block.leaves:
                at = path if leaf is block else f"{path}.{leaf.id}"
                if leaf is block or self._marks(at, leaf.show_if, answers, facts):
                    yield leaf

    def _marks(
        self, path: str, condition: Condition | None, answers: Mapping[str, Answer], facts: Facts
    ) -> bool:
        shows = condition is None or condition.holds(answers, facts)
        (self.shown if shows else self.hidden).add(path)
        return shows


def check_logic(questionnaire: Questionnaire) -> Logic:
    """What is wrong with the logic of `questionnaire`, and what looks wrong."""
    walk = Walk(questionnaire)
    ends = walk.run()
    faults, warnings = [], []
    for path, condition in _conditions(questionnaire):
        if not walk.is_whole:
            break
        if path in walk.hidden and path not in walk.shown:
            hint = "change the condition, or remove it with what it hides"
            faults.append(LogicFinding(path, f"can never be shown: {in_words(condition)}", hint))
        elif path in walk.shown and path not in walk.hidden:
            hint = "remove the condition, or change it"
            warnings.append(LogicFinding(path, f"is always shown: {in_words(condition)}", hint))
    if any(not state.seen for state in ends):
        hint = "show at least one page to everybody"
        warnings.append(LogicFinding("pages", "there are people who would see no page", hint))
    if not walk.is_whole:
        hint = "look at the paths by hand, or make fewer items depend on one another"
        warnings.append(LogicFinding("pages", "the questionnaire is too branched to check every path", hint))
    return Logic(tuple(faults), tuple(warnings), walk.is_whole)


def faults_of(questionnaire: Questionnaire) -> tuple[LogicFinding, ...]:
    """What of its logic forbids publishing a questionnaire; empty for sound logic."""
    return check_logic(questionnaire).faults if questionnaire.branches else ()


def _conditions(questionnaire: Questionnaire) -> Iterator[tuple[str, Condition]]:
    """Each condition that shows or hides something, with the path of what it is about."""
    for page in questionnaire.pages:
        if page.show_if:
            yield f"pages.{page.id}", page.show_if
        for block in page.blocks:
            path = f"pages.{page.id}.{block.id}"
            if block.show_if:
                yield path, block.show_if
            yield from ((f"{path}.{part.id}", part.show_if) for part in block.parts if part.show_if)


def _answered(state: State, item: Item, classes: Classes) -> Iterator[State]:
    """The states that an answer to `item`, or none, leads to."""
    if item.counts_if is not None and not item.counts_if.holds(dict(state.known), state.facts):
        yield state
        return
    for answer in classes.answers[item.id]:
        if answer is None:
            yield state
            continue
        pair = (item.id, answer)
        yield State(state.facts, (*state.known, pair), state.seen, (*state.example, pair))
