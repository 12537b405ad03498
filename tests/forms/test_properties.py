"""What holds for any questionnaire and any answers: every way ends, and nothing hidden is lost or counted."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from surveyd.forms.conditions import Facts
from surveyd.forms.definition import Answer, Item, Questionnaire
from surveyd.forms.fields import Kind, kind_of
from surveyd.forms.loading import from_json, load
from surveyd.forms.logic import check_logic
from surveyd.forms.path_table import paths
from surveyd.forms.paths import Route, read_page, route_of
from surveyd.forms.texts import every_text, missing
from surveyd.forms.writing import as_yaml
from tests.forms.questionnaires import FACTS, answers_to, questionnaires

MANY = settings(max_examples=settings().max_examples // 3)


@MANY
@given(questionnaires())
def test_it_is_stored_and_written_as_the_same_version(built: Questionnaire) -> None:
    stored = from_json(built.canonical)
    assert stored == built and stored.digest == built.digest
    assert load(as_yaml(built), "any.yaml").digest == built.digest


@MANY
@given(questionnaires())
def test_its_texts_have_one_place_each_and_the_first_language_lacks_none(built: Questionnaire) -> None:
    texts = dict(every_text(built))
    assert len(texts) == len(list(every_text(built)))
    assert missing(built, "en") == []
    assert missing(built, "de") == [path for path, each in texts.items() if "de" not in each]
    assert set(missing(built, "fr")) == set(texts)


@MANY
@given(questionnaires(), FACTS, st.data())
def test_any_way_through_ends_and_can_be_sent(
    built: Questionnaire, facts: Facts, data: st.DataObject
) -> None:
    route = _walk(built, facts, data, steps=st.sampled_from([1, 1, -1]))
    assert not list(route.faults())
    assert route.beside(route.pages[-1].page, steps=1) == route.pages[-1]
    assert set(route.counted) <= {item.id for shown in route.pages for item in shown.items}


@MANY
@given(questionnaires(), FACTS, st.data())
def test_back_and_forth_changes_nothing(built: Questionnaire, facts: Facts, data: st.DataObject) -> None:
    route = _walk(built, facts, data, steps=st.just(1))
    for shown in route.pages:
        again = read_page(shown, route.answers, MultiDict(_fields(route, shown.page.id)))
        assert again.problems == {}
        assert again.onto(route.answers) == route.answers
        there = route.beside(shown.page, steps=1)
        if there is not shown:
            assert route.beside(there.page, steps=-1) == shown


@MANY
@given(questionnaires(), FACTS, st.data())
def test_what_is_hidden_later_is_kept_and_counts_no_more(
    built: Questionnaire, facts: Facts, data: st.DataObject
) -> None:
    before = _walk(built, facts, data, steps=st.just(1))
    first = before.pages[0]
    changed = dict(before.answers)
    for item in first.items:
        answer = data.draw(answers_to(item))
        if answer is not None:
            changed[item.id] = answer
    after = route_of(built, changed, facts)
    assert after.answers == changed and set(before.answers) <= set(changed)
    shown = {item.id for each in after.pages for item in each.items}
    for name in changed:
        wanted = built.items[name].counts_if
        counts = name in shown and (wanted is None or wanted.holds(after.counted, facts))
        assert (name in after.counted) == counts or after.pages == built.whole[:1]
    # What does not count changes nothing: without it the way is the same.
    assert route_of(built, after.counted, facts).counted == after.counted
    back = route_of(built, before.answers, facts)
    assert back.counted == before.counted and back.pages == before.pages


@MANY
@given(questionnaires(), FACTS, st.data())
def test_saved_and_resumed_at_any_point_it_ends_the_same(
    built: Questionnaire, facts: Facts, data: st.DataObject
) -> None:
    entries = []
    answers: dict[str, Answer] = {}
    at = route_of(built, answers, facts).pages[0]
    for _ in range(len(built.pages) + 1):
        fields = drawn(at.items, data)
        entries.append((at.page.id, fields))
        answers = read_page(at, answers, MultiDict(fields)).onto(answers)
        at = route_of(built, answers, facts).beside(at.page, steps=1)
    stop = data.draw(st.integers(0, len(entries)))
    resumed: dict[str, Answer] = {}
    stored = built
    for number, (page, fields) in enumerate(entries):
        if number == stop:
            resumed, stored = json.loads(json.dumps(resumed)), from_json(built.canonical)
        shown = route_of(stored, resumed, facts).named(page)
        assert shown.page.id == page
        resumed = read_page(shown, resumed, MultiDict(fields)).onto(resumed)
    assert resumed == answers
    assert route_of(stored, resumed, facts) == route_of(built, answers, facts)


@MANY
@given(questionnaires(), FACTS, st.data())
def test_what_the_logic_says_is_so(built: Questionnaire, facts: Facts, data: st.DataObject) -> None:
    logic, table = check_logic(built), paths(built)
    for path in table.paths:
        route = route_of(built, path.answers, Facts(**path.facts))
        if path.pages:
            assert tuple(shown.page.id for shown in route.pages) == path.pages
    route = _walk(built, facts, data, steps=st.just(1))
    seen = set()
    for shown in route.pages:
        seen.add(f"pages.{shown.page.id}")
        for block, items in shown.blocks:
            path_of_block = f"pages.{shown.page.id}.{block.id}"
            seen |= {path_of_block, *(f"{path_of_block}.{item.id}" for item in items)}
    if route.pages == built.whole[:1]:
        return  # Whoever would see nothing is shown the first page.
    assert not seen & {fault.path for fault in logic.faults}
    ways = {path.pages for path in table.paths}
    assert tuple(shown.page.id for shown in route.pages) in ways or table.left_out or not table.is_whole


def _walk(built: Questionnaire, facts: Facts, data: st.DataObject, *, steps: st.SearchStrategy[int]) -> Route:
    """Answer page by page as a browser sends them, now and then going back, until nothing is left to do."""
    answers: dict[str, Answer] = {}
    at = route_of(built, answers, facts).pages[0]
    for number in range(8 * len(built.pages) + 8):
        reading = read_page(at, answers, MultiDict(drawn(at.items, data)))
        assert reading.problems == {}
        answers = reading.onto(answers)
        route = route_of(built, answers, facts)
        step = data.draw(steps) if number < 2 * len(built.pages) else 1
        then = route.beside(at.page, steps=step)
        if step > 0 and (then.page is at.page or then not in route.pages):
            fault = next(route.faults(), None)
            if fault is None:
                return route
            then = route.at(fault[0])
        at = then
    raise AssertionError("the way does not end")


def drawn(items: tuple[Item, ...], data: st.DataObject) -> list[tuple[str, str]]:
    """What a browser sends for these items, each with a valid answer or with none."""
    fields: list[tuple[str, str]] = []
    for item in items:
        fields += _sent(kind_of(item), item.id, data.draw(answers_to(item)))
    return fields


def _fields(route: Route, page: str) -> list[tuple[str, str]]:
    """What a browser sends again of a page that is left as it is."""
    fields: list[tuple[str, str]] = []
    for item in route.named(page).items:
        fields += _sent(kind_of(item), item.id, route.answers.get(item.id))
    return fields


def _sent(kind: Kind, name: str, answer: Answer | None) -> list[tuple[str, str]]:
    if kind.typed:
        return [(name, "" if answer is None else str(answer))]
    if answer is None:
        return []
    several = isinstance(answer, str) and kind.template.endswith(("choices.html", "consent.html"))
    return [(name, each) for each in (str(answer).split() if several else [str(answer)])]
