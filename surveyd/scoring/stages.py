"""Journey stages: one index from 0 to 100 for each main point of the customer's way with us."""

from collections.abc import Mapping
from dataclasses import dataclass

from surveyd.scoring.scale import Composite, Index


@dataclass(frozen=True, slots=True)
class Stage:
    """A point of the journey and the items that ask about it."""

    name: str
    composite: Composite


def scores(answers: Mapping[str, int | None], of: tuple[Stage, ...]) -> dict[str, Index]:
    """Return the index of each stage that can be said, by name, in the given order; raises OutOfScale."""
    found = {}
    for stage in of:
        index = stage.composite.index(answers)
        if index is not None:
            found[stage.name] = index
    return found
