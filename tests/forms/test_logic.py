"""The logic is checked as a whole: what nobody can ever see is found, and nothing else is."""

from itertools import product

import pytest

from surveyd.forms.conditions import Answer, Facts
from surveyd.forms.definition import Questionnaire
from surveyd.forms.fields import kind_of
from surveyd.forms.lines import check_file, warnings_of
from surveyd.forms.loading import load, shipped, shipped_names
from surveyd.forms.logic import check_logic
from surveyd.forms.path_table import paths
from surveyd.forms.paths import route_of

START = """\
slug: small
title: Small
languages: [en]
pages:
  - id: one
    title: One
    items:
      - {id: likely, kind: recommendation, measures: recommendation, required: true, text: How likely,
         scale: {low: 0, high: 10, low_end: No, high_end: Yes}}
      - {id: ease, kind: rating, na: true, text: Easy, scale: {low: 1, high: 5, low_end: No, high_end: Yes}}
      - {id: many, kind: choices, text: Which, options: [{value: a, text: A}, {value: b, text: B},
         {value: c, text: C, other: true}]}
      - {id: staff, kind: number, text: How many, minimum: 1, maximum: 9}
      - {id: note, kind: short_text, text: A note}
"""


def small(*pages: str) -> Questionnaire:
    return load(START + "".join(pages), "small.yaml")


def page(name: str, condition: str = "", item: str = "", kind: str = "short_text") -> str:
    shown = f"    show_if: {condition}\n" if condition else ""
    inner = f", show_if: {item}" if item else ""
    return (
        f"  - id: {name}\n    title: Page\n{shown}"
        f"    items:\n      - {{id: item_{name}, kind: {kind}, text: Say{inner}}}\n"
    )


@pytest.mark.parametrize(
    "condition",
    [
        "{item: ease, at_least: 6}",
        "{item: ease, at_least: 4, at_most: 3}",
        "{item: staff, at_most: 0}",
        "{not: {item: likely, answered: true}}",
        "{all: [{item: likely, category: [promoter]}, {item: likely, at_most: 6}]}",
        "{all: [{fact: role, equals: buyer}, {fact: role, equals: user}]}",
        "{all: [{item: many_other, answered: true}, {not: {item: many, equals: c}}]}",
        "{all: [{item: note, answered: true}, {not: {item: note, answered: true}}]}",
    ],
)
def test_what_can_never_be_shown_is_a_fault(condition: str) -> None:
    found = check_logic(small(page("two", condition)))
    assert [fault.path for fault in found.faults] == ["pages.two"]
    assert "can never be shown" in found.faults[0].message and found.is_sure


@pytest.mark.parametrize(
    "condition",
    [
        "{item: likely, answered: true}",
        "{item: likely, category: [promoter, passive, detractor]}",
        "{any: [{item: ease, answered: true}, {not: {item: ease, answered: true}}]}",
        "{not: {item: ease, at_least: 6}}",
    ],
)
def test_a_condition_that_always_holds_is_a_warning(condition: str) -> None:
    found = check_logic(small(page("two", condition)))
    assert not found.faults
    assert [warning.path for warning in found.warnings] == ["pages.two"]


@pytest.mark.parametrize(
    "condition",
    [
        "{item: ease, in: [1, na]}",
        "{item: staff, at_least: 9}",
        "{item: many, in: [a]}",
        "{all: [{item: many, equals: a}, {item: many, equals: b}]}",
        "{item: many_other, answered: true}",
        "{not: {item: note, answered: true}}",
        "{fact: region, equals: North}",
        "{all: [{fact: role, equals: buyer}, {fact: tier, equals: A}]}",
    ],
)
def test_a_condition_that_may_hold_is_left_in_peace(condition: str) -> None:
    found = check_logic(small(page("two", condition)))
    assert not found.faults and not found.warnings


def test_a_fault_has_a_line_in_the_file() -> None:
    text = START + page("two", "{item: ease, at_least: 6}") + page("three", "", "{item: staff, at_most: 0}")
    faults, logic = check_file(text, "small.yaml")
    assert [(fault.line, fault.column) for fault in faults] == [
        (17, "pages.two"),
        (23, "pages.three.item_three"),
    ]
    assert len(logic.faults) == 2 and "small.yaml, line 17, pages.two: can never" in str(faults[0])
    always = START + page("two", "{item: likely, answered: true}")
    [warning] = warnings_of(check_file(always, "small.yaml")[1], always, "small.yaml")
    assert (warning.line, warning.column) == (17, "pages.two")


def test_a_hidden_item_is_unanswered() -> None:
    gone = check_logic(
        small(
            page("two", "{item: likely, category: [promoter]}"),
            page("three", "{all: [{item: item_two, answered: true}, {item: likely, at_most: 6}]}"),
        )
    )
    assert [fault.path for fault in gone.faults] == ["pages.three"]


def test_what_stands_on_a_page_that_is_never_shown_is_not_named_again() -> None:
    never = "{item: ease, at_least: 6}"
    found = check_logic(small(page("two", never, "{item: ease, at_least: 2}")))
    assert [fault.path for fault in found.faults] == ["pages.two"]


def test_an_item_and_a_statement_are_named_by_their_path() -> None:
    battery = (
        "  - id: three\n    title: Three\n    items:\n      - id: group\n        kind: battery\n"
        "        text: Many\n        scale: {low: 1, high: 5, low_end: No, high_end: Yes}\n"
        "        statements: [{id: first, text: First, show_if: {item: ease, at_least: 9}},"
        " {id: last, text: L}]\n"
    )
    found = check_logic(small(page("two", item="{item: ease, at_least: 8}"), battery))
    assert [fault.path for fault in found.faults] == ["pages.two.item_two", "pages.three.group.first"]


def test_somebody_who_would_see_nothing_is_warned_of() -> None:
    only = START.replace("    title: One\n", "    title: One\n    show_if: {fact: role, equals: buyer}\n")
    found = check_logic(load(only, "x"))
    assert [warning.path for warning in found.warnings] == ["pages"]
    assert "see no page" in found.warnings[0].message


def test_a_walk_that_would_take_too_long_says_so() -> None:
    pages = [page(f"p{n}") for n in range(16)]
    many = ", ".join(f"{{item: item_p{n}, answered: true}}" for n in range(16))
    found = check_logic(small(*pages, page("end", f"{{all: [{many}]}}")))
    assert not found.is_sure and not found.faults
    assert "too branched" in found.warnings[-1].message


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_logic_is_sound(name: str) -> None:
    found = check_logic(shipped(name))
    assert not found.faults and not found.warnings and found.is_sure


def test_a_questionnaire_without_conditions_has_one_path() -> None:
    table = paths(small(page("two")))
    [only] = table.paths
    assert (only.pages, only.items, table.left_out, table.is_whole) == (("one", "two"), 7, 0, True)
    assert not only.answers and not only.facts


def test_every_path_is_found_and_its_example_leads_there() -> None:
    built = small(
        page("two", "{item: likely, category: [promoter]}"),
        page("three", "{any: [{item: item_two, answered: true}, {fact: role, equals: buyer}]}"),
        page("four", item="{item: ease, in: [1, na]}"),
    )
    table = paths(built)
    walked = set()
    for path in table.paths:
        route = route_of(built, path.answers, Facts(**path.facts))
        assert tuple(shown.page.id for shown in route.pages) == path.pages
        assert sum(len(shown.items) for shown in route.pages) == path.items
        walked.add(tuple(item.id for shown in route.pages for item in shown.items))
    assert len(walked) == len(table.paths)
    assert walked == _by_brute_force(built)


def test_the_table_says_how_many_paths_it_leaves_out() -> None:
    pages = [
        page(f"p{n}", "{item: many, equals: a}" if n % 2 else f"{{fact: region, equals: R{n}}}")
        for n in range(6)
    ]
    whole = paths(small(*pages))
    some = paths(small(*pages), most=2)
    assert some.paths == whole.paths[:2]
    assert some.left_out == len(whole.paths) - 2 > 0


def _by_brute_force(built: Questionnaire) -> set[tuple[str, ...]]:
    """What everybody could see, by trying every answer to the items that matter."""
    tried: dict[str, list[Answer | None]] = {
        name: list(kind_of(built.items[name]).choices(built.items[name]).values())
        for name in ("likely", "ease")
    }
    tried["ease"].append(None)
    tried["item_two"] = ["words", None]
    found = set()
    for given in product(*tried.values()):
        answers = {name: each for name, each in zip(tried, given, strict=True) if each is not None}
        for role in ("", "buyer", "user"):
            route = route_of(built, answers, Facts(role=role))
            found.add(tuple(item.id for shown in route.pages for item in shown.items))
    return found
