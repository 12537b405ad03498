"""When an item or a page is shown: conditions on earlier answers and on facts about the person.

A condition is a small tree. Its leaves look at one answer or at one fact; `all`, `any` and `not`
put leaves together. Conditions see only answers that count, so what hangs on a hidden item is
hidden with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from surveyd.scoring import nps

Answer = int | float | str
"""Several choices are one text: their values, joined by a blank, in the order of the options."""
Answers = Mapping[str, Answer]

FACTS = ("role", "region", "tier", "channel")
"""What a condition may ask about a person: role of the contact, region and tier of the account, and the
channel of this conversation."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the person who answers. What is not known is empty."""

    role: str = ""
    region: str = ""
    tier: str = ""
    channel: str = ""


NOBODY = Facts()


class Condition(Protocol):
    """Something that holds or does not."""

    def holds(self, answers: Answers, facts: Facts) -> bool:
        """Whether it holds for the answers that count so far, and these facts."""
        ...

    def leaves(self) -> Iterator["OnAnswer | OnFact"]:
        """The questions at its ends."""
        ...

    def data(self) -> dict[str, object]:
        """The condition in the shape of the questionnaire's file."""
        ...


@dataclass(frozen=True, slots=True)
class OnAnswer:
    """Looks at the earlier answer to `item`; without an answer it does not hold.

    It holds for one of `values` (for several choices: any of them), an NPS category among
    `categories`, a number from `at_least` to `at_most`, or, with `given`, any answer at all.
    """

    item: str
    values: tuple[Answer, ...] = ()
    categories: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    given: bool = False

    def holds(self, answers: Answers, facts: Facts) -> bool:
        """Whether the answer is one of those that it names."""
        answer = answers.get(self.item)
        if answer is None:
            return False
        return self.given or self._names(answer) or self._spans(answer)

    def _names(self, answer: Answer) -> bool:
        if answer in self.values or (self.categories and category_of(answer) in self.categories):
            return True
        return isinstance(answer, str) and any(value in self.values for value in answer.split())

    def _spans(self, answer: Answer) -> bool:
        if isinstance(answer, str) or (self.at_least is None and self.at_most is None):
            return False
        return (self.at_least is None or answer >= self.at_least) and (
            self.at_most is None or answer <= self.at_most
        )

    def leaves(self) -> Iterator["OnAnswer | OnFact"]:
        """Itself."""
        yield self

    def data(self) -> dict[str, object]:
        """The leaf in the shape of the file."""
        found: dict[str, object] = {"item": self.item}
        if self.values:
            found["in"] = list(self.values)
        if self.categories:
            found["category"] = list(self.categories)
        bounds = {"at_least": self.at_least, "at_most": self.at_most}
        found |= {name: bound for name, bound in bounds.items() if bound is not None}
        return found | ({"answered": True} if self.given else {})


@dataclass(frozen=True, slots=True)
class OnFact:
    """Looks at one fact of FACTS; letters' case does not count."""

    fact: str
    values: tuple[str, ...]

    def holds(self, answers: Answers, facts: Facts) -> bool:
        """Whether the fact is one of `values`."""
        known = str(getattr(facts, self.fact)).casefold()
        return any(value.casefold() == known for value in self.values)

    def leaves(self) -> Iterator["OnAnswer | OnFact"]:
        """Itself."""
        yield self

    def data(self) -> dict[str, object]:
        """The leaf in the shape of the file."""
        return {"fact": self.fact, "in": list(self.values)}


@dataclass(frozen=True, slots=True)
class Joined:
    """Holds when all of its parts do, or any of them."""

    word: str
    """"all" or "any"."""
    parts: tuple[Condition, ...]

    def holds(self, answers: Answers, facts: Facts) -> bool:
        """Whether all, or any, of its parts hold."""
        each = (part.holds(answers, facts) for part in self.parts)
        return all(each) if self.word == "all" else any(each)

    def leaves(self) -> Iterator[OnAnswer | OnFact]:
        """The leaves of all its parts."""
        for part in self.parts:
            yield from part.leaves()

    def data(self) -> dict[str, object]:
        """The parts in the shape of the file."""
        return {self.word: [part.data() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when its part does not."""

    part: Condition

    def holds(self, answers: Answers, facts: Facts) -> bool:
        """Whether its part does not hold."""
        return not self.part.holds(answers, facts)

    def leaves(self) -> Iterator[OnAnswer | OnFact]:
        """The leaves of its part."""
        yield from self.part.leaves()

    def data(self) -> dict[str, object]:
        """The part in the shape of the file."""
        return {"not": self.part.data()}


def category_of(answer: Answer | None) -> str:
    """The NPS category of a recommendation, or nothing when there is none."""
    is_one = isinstance(answer, int) and 0 <= answer <= 10
    return nps.category(answer).value if is_one and isinstance(answer, int) else ""


def joined(*parts: Condition | None) -> Condition | None:
    """The condition that all those of `parts` hold which there are; None when there are none."""
    there = tuple(part for part in parts if part is not None)
    if len(there) > 1:
        return Joined("all", there)
    return there[0] if there else None
