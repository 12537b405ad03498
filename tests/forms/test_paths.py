"""Which page comes next, and what is wrong with what was sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from surveyd.forms.definition import Answer, Answers, Page, Questionnaire
from surveyd.forms.fields import KINDS, Problem
from surveyd.forms.loading import load, shipped
from surveyd.forms.paths import Reading, read_page, route_of

SKIPPING = load(
    """\
slug: skipping
title: Skipping
languages: [en]
pages:
  - id: first
    title: First
    items:
      - id: recommend
        kind: recommendation
        measures: recommendation
        required: true
        scale: {low: 0, high: 10, low_end: a, high_end: b}
        text: Recommend
      - {id: pick, kind: choice, text: Pick, options: [{value: a, text: A}, {value: b, text: B}]}
  - id: pain
    title: Pain
    items:
      - {id: pain, kind: short_text, text: Pain, required: true, max_length: 5,
         show_if: {item: recommend, category: [detractor]}}
  - id: last
    title: Last
    items:
      - {id: note, kind: long_text, text: Note}
      - {id: of_a, kind: short_text, text: A only, show_if: {item: pick, equals: a}}
""",
    "skipping.yaml",
)
FIRST, PAIN, LAST = SKIPPING.pages


def read(page: Page, answers: Answers, what: MultiDict[str, str] | None = None) -> Reading:
    return read_page(route_of(SKIPPING, answers).at(page), answers, what)


def beside(page: Page, answers: Answers, *, steps: int) -> Page:
    return route_of(SKIPPING, answers).beside(page, steps=steps).page


def sent(**fields: str) -> MultiDict[str, str]:
    return MultiDict(fields)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, ["first", "last"]),
        ({"recommend": 6}, ["first", "pain", "last"]),
        ({"recommend": 7}, ["first", "last"]),
    ],
)
def test_a_page_with_nothing_to_show_is_skipped(answers: dict[str, Answer], expected: list[str]) -> None:
    assert [page.id for page in (shown.page for shown in route_of(SKIPPING, answers).pages)] == expected


def test_next_and_back_step_over_what_is_hidden() -> None:
    assert beside(FIRST, {"recommend": 9}, steps=1) is LAST
    assert beside(FIRST, {"recommend": 0}, steps=1) is PAIN
    assert beside(LAST, {"recommend": 9}, steps=-1) is FIRST
    assert beside(LAST, {}, steps=1) is LAST
    assert beside(FIRST, {}, steps=-1) is FIRST
    assert beside(LAST, {}, steps=0) is LAST


def test_a_page_that_became_hidden_keeps_its_place() -> None:
    assert beside(PAIN, {"recommend": 9}, steps=1) is LAST
    assert beside(PAIN, {"recommend": 9}, steps=-1) is FIRST


def test_an_unknown_or_hidden_page_is_the_first_one() -> None:
    assert route_of(SKIPPING, {}).named("nonsense").page is FIRST
    assert route_of(SKIPPING, {"recommend": 9}).named("pain").page is FIRST
    assert route_of(SKIPPING, {}).named("last").page is LAST


def test_answers_are_read_as_what_they_are() -> None:
    reading = read(FIRST, {}, sent(recommend="10", pick="b"))
    assert reading.answers == {"recommend": 10, "pick": "b"}
    assert not reading.problems


@pytest.mark.parametrize("value", ["11", "-1", "9.5", "nine", "٩", "na", " 9"])
def test_what_is_no_answer_is_marked_and_the_one_before_it_stays(value: str) -> None:
    reading = read(FIRST, {"recommend": 4}, sent(recommend=value))
    assert reading.problems == {"recommend": Problem.NOT_AN_OPTION}
    assert reading.onto({"recommend": 4})["recommend"] == 4


def test_nothing_chosen_is_marked_only_where_an_answer_is_required() -> None:
    assert read(FIRST, {}, sent()).problems == {"recommend": Problem.REQUIRED}
    assert read(FIRST, {"recommend": 4}, sent()).problems == {}


def test_a_text_that_is_too_long_is_marked_and_kept() -> None:
    reading = read(PAIN, {"recommend": 0}, sent(pain="123456"))
    assert reading.problems == {"pain": Problem.TOO_LONG}
    assert reading.answers == {"pain": "123456"}


@pytest.mark.parametrize("text", ["", "  ", "\r\n"])
def test_an_emptied_text_is_taken_away(text: str) -> None:
    reading = read(LAST, {"note": "old"}, sent(note=text))
    assert reading.onto({"note": "old", "recommend": 1}) == {"recommend": 1}


@given(
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), min_size=1, max_size=300)
)
def test_any_text_comes_back_as_it_was_typed(text: str) -> None:
    reading = read(LAST, {}, sent(note=text.replace("\n", "\r\n")))
    assert reading.answers["note"] == (text if text.strip() else None)


def test_a_nul_character_is_replaced() -> None:
    assert read(LAST, {}, sent(note="a\0b")).answers["note"] == "a\N{REPLACEMENT CHARACTER}b"


def test_items_that_are_hidden_are_neither_read_nor_counted() -> None:
    assert "of_a" not in read(LAST, {"pick": "b"}, sent(of_a="x")).answers
    assert route_of(SKIPPING, {"pick": "b", "of_a": "x", "recommend": 9}).counted == {
        "pick": "b",
        "recommend": 9,
    }


def test_faults_are_found_on_every_shown_page() -> None:
    answers: dict[str, Answer] = {"recommend": 0, "note": "x" * 4001}
    assert [(page.id, dict(problems)) for page, problems in route_of(SKIPPING, answers).faults()] == [
        ("pain", {"pain": Problem.REQUIRED}),
        ("last", {"note": Problem.TOO_LONG}),
    ]
    assert list(route_of(SKIPPING, {"recommend": 9}).faults()) == []


@pytest.mark.parametrize("questionnaire", [SKIPPING, shipped("relational"), shipped("relational_short")])
@given(data=st.data())
def test_any_way_through_ends(questionnaire: Questionnaire, data: st.DataObject) -> None:
    answers: dict[str, Answer] = {}
    page = route_of(questionnaire, answers).pages[0].page
    for _ in range(len(questionnaire.pages)):
        for item in page.items:
            choices = KINDS[item.kind].choices(item)
            if choices:
                answers[item.id] = data.draw(st.sampled_from(list(choices.values())))
        following = route_of(questionnaire, answers).beside(page, steps=1).page
        if following is page:
            break
        page = following
    assert page is route_of(questionnaire, answers).pages[-1].page
