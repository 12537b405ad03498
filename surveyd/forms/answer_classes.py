"""Answers and facts by class: of all that people can say, one of each sort that conditions tell apart."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations, product

from surveyd.forms.conditions import FACTS, NOBODY, Answer, Condition, Facts, OnAnswer, OnFact
from surveyd.forms.definition import Item, Questionnaire
from surveyd.forms.fields import ChoicesKind, kind_of

MOST_TICKED = 8
"""Of so many options that conditions name all combinations are tried; beyond, each one by itself and all."""


@dataclass(frozen=True, slots=True)
class Classes:
    """For each item that a condition names its answers, one a class (None is unanswered); and the facts.

    `needed_after` has for each page, by its place, the items that conditions of later pages name.
    """

    answers: Mapping[str, tuple[Answer | None, ...]]
    facts: tuple[Facts, ...]
    needed_after: tuple[frozenset[str], ...]


def classes_of(questionnaire: Questionnaire) -> Classes:
    """The classes of answers and facts that the conditions of `questionnaire` tell apart."""
    pages = [list(_conditions_on(questionnaire, at)) for at in range(len(questionnaire.pages))]
    leaves = [leaf for conditions in pages for condition in conditions for leaf in condition.leaves()]
    on_answers = [leaf for leaf in leaves if isinstance(leaf, OnAnswer)]
    on_answers += _behind_others(questionnaire, {leaf.item for leaf in on_answers})
    asked_for = {leaf.item for leaf in on_answers}
    answers = {
        item.id: tuple(_distinct(item, [leaf for leaf in on_answers if leaf.item == item.id]))
        for item in questionnaire.items.values()
        if item.id in asked_for
    }
    named = [
        {leaf.item for condition in conditions for leaf in condition.leaves() if isinstance(leaf, OnAnswer)}
        for conditions in pages
    ]
    needed = tuple(frozenset().union(*named[at + 1 :]) for at in range(len(pages)))
    return Classes(answers, _facts([leaf for leaf in leaves if isinstance(leaf, OnFact)]), needed)


def _conditions_on(questionnaire: Questionnaire, at: int) -> Iterator[Condition]:
    page = questionnaire.pages[at]
    items = [*page.blocks, *(part for block in page.blocks for part in block.parts)]
    yield from (each for each in (page.show_if, *(item.show_if for item in items)) if each is not None)


def _behind_others(questionnaire: Questionnaire, named: Collection[str]) -> list[OnAnswer]:
    """What it hangs on whether the words of a named "other" count."""
    conditions = [questionnaire.items[item_id].counts_if for item_id in named]
    leaves = [leaf for condition in conditions if condition is not None for leaf in condition.leaves()]
    return [leaf for leaf in leaves if isinstance(leaf, OnAnswer)]


def _distinct(item: Item, leaves: list[OnAnswer]) -> Iterator[Answer | None]:
    """One answer of each class; unanswered comes last, and only where the item may be left so."""
    told_apart: set[tuple[bool, ...]] = set()
    for answer in _answers(item, leaves):
        told = tuple(leaf.holds({item.id: answer}, NOBODY) for leaf in leaves)
        if told not in told_apart:
            told_apart.add(told)
            yield answer
    if not item.required:
        yield None


def _answers(item: Item, leaves: list[OnAnswer]) -> Iterator[Answer]:
    kind = kind_of(item)
    choices = tuple(kind.choices(item).values())
    if isinstance(kind, ChoicesKind):
        yield from _ticked([str(choice) for choice in choices], leaves)
    elif choices:
        yield from choices
    elif item.kind == "number":
        yield from _numbers(item, leaves)
    else:
        yield "x"


def _ticked(choices: list[str], leaves: list[OnAnswer]) -> Iterator[str]:
    named = [choice for choice in choices if any(choice in leaf.values for leaf in leaves)]
    others = [choice for choice in choices if choice not in named][:1]
    tried = named + others
    sizes = range(1, len(tried) + 1) if len(tried) <= MOST_TICKED else (1, 2, len(tried))
    for some in chain.from_iterable(combinations(tried, size) for size in sizes):
        yield " ".join(choice for choice in choices if choice in some)


def _numbers(item: Item, leaves: list[OnAnswer]) -> Iterator[Answer]:
    step = 10**-item.decimals
    bounds = [bound for leaf in leaves for bound in (leaf.at_least, leaf.at_most) if bound is not None]
    bounds += [bound for bound in (item.minimum, item.maximum) if bound is not None]
    for bound in bounds or [0]:
        for number in (bound - step, bound, bound + step):
            rounded = round(number, item.decimals)
            fits = (item.minimum is None or rounded >= item.minimum) and (
                item.maximum is None or rounded <= item.maximum
            )
            if fits:
                yield int(rounded) if rounded == int(rounded) else rounded


def _facts(leaves: list[OnFact]) -> tuple[Facts, ...]:
    """All combinations of the facts that conditions name, and of something else, which none of them names."""
    named = {
        fact: ["", *dict.fromkeys(value for leaf in leaves if leaf.fact == fact for value in leaf.values)]
        for fact in FACTS
    }
    return tuple(Facts(**dict(zip(FACTS, each, strict=True))) for each in product(*named.values()))
