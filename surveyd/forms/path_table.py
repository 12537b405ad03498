"""Every way through a questionnaire, as a table: which pages, how many items, how long, and who goes it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from surveyd.forms.conditions import Answer
from surveyd.forms.definition import Questionnaire
from surveyd.forms.logic import Known, State, Walk
from surveyd.forms.pace import SECONDS

MOST_PATHS = 50
MOST_WALKED = 3_000
"""Beyond so many ways at once the walk gives up counting."""


@dataclass(frozen=True, slots=True)
class Path:
    """One way: the shown pages by id, how many items are on them, and an estimate of the time.

    `facts` and `answers` are an example of a person who goes this way; what matters to no condition on it
    is left out.
    """

    pages: tuple[str, ...]
    items: int
    seconds: int
    facts: Mapping[str, str]
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class PathTable:
    """The ways through a questionnaire, the longest first; `left_out` more are not listed.

    With `is_whole` False there are more than were counted.
    """

    paths: tuple[Path, ...]
    left_out: int
    is_whole: bool


def paths(questionnaire: Questionnaire, *, most: int = MOST_PATHS) -> PathTable:
    """Each distinct way through `questionnaire`: two ways differ in what is shown. `most` are listed."""
    walk = Walk(questionnaire, keeps_seen=True, limit=MOST_WALKED)
    ways: dict[tuple[str, ...], State] = {}
    for state in walk.run():
        # The plainest person serves as the example.
        known = ways.setdefault(state.seen, state)
        if _length(state) < _length(known):
            ways[state.seen] = state
    found = [_path(questionnaire, state) for state in ways.values()]
    found.sort(key=lambda path: -path.seconds)
    return PathTable(tuple(found[:most]), max(0, len(found) - most), walk.is_whole)


def _path(questionnaire: Questionnaire, state: State) -> Path:
    things = {**questionnaire.blocks, **questionnaire.items}
    items = [things[name] for name in state.seen if name in things]
    return Path(
        pages=tuple(page.id for page in questionnaire.pages if f"pages.{page.id}" in state.seen),
        items=sum(item.id in questionnaire.items for item in items),
        seconds=sum(SECONDS.get(item.kind, 0) for item in items),
        facts=_facts(state),
        answers=dict(state.example),
    )


def _facts(state: State) -> dict[str, str]:
    said = {each.name: str(getattr(state.facts, each.name)) for each in fields(state.facts)}
    return {name: value for name, value in said.items() if value}


def _length(state: State) -> int:
    example: Known = state.example
    return len(example) + len(_facts(state))
