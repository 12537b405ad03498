"""A page that was sent: nothing typed is lost, no page is skipped, and only the last page hands in."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from surveyd.forms.conditions import NOBODY, Facts
from surveyd.forms.definition import Answer, Answers, Item, Questionnaire
from surveyd.forms.loading import shipped
from surveyd.forms.paths import route_of
from surveyd.forms.seen import marks_of
from surveyd.forms.turns import Turn, as_typed, turn
from tests.forms.questionnaires import FACTS, questionnaires
from tests.forms.test_paths import SKIPPING
from tests.forms.test_properties import drawn

SOLVED = shipped("case_solved")
MANY = settings(max_examples=settings().max_examples // 2)
Fields = list[tuple[str, str]]


@dataclass
class View:
    """A page as one browser holds it: its marks, what stands in its fields, the words it came with."""

    page: str
    items: tuple[Item, ...]
    seen: str
    fields: Fields
    shown: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.shown = self.words()

    def words(self) -> dict[str, str]:
        """What is typed in it, by item."""
        typed = {item.id for item in self.items if item.kind in ("short_text", "long_text")}
        return {name: value for name, value in self.fields if name in typed and value}

    def send(self, go: str) -> MultiDict[str, str]:
        """What the browser sends when this button is pressed."""
        return MultiDict([("page", self.page), ("seen", self.seen), ("go", go), *self.fields])


def view_of(built: Questionnaire, answers: Answers, facts: Facts, page: str) -> View:
    """The page of that name as it is shown with these answers."""
    shown = route_of(built, answers, facts).named(page)
    fields = [(item.id, str(answers[item.id])) for item in shown.items if item.id in answers]
    split = {item.id for item in shown.items if item.kind in ("choices", "consent")}
    fields = [(name, each) for name, text in fields for each in (text.split() if name in split else [text])]
    return View(shown.page.id, shown.items, marks_of(shown.items, answers), fields)


def press(built: Questionnaire, view: View, go: str, answers: Answers, **fields: str) -> Turn:
    view.fields = [*((name, value) for name, value in view.fields if name not in fields), *fields.items()]
    return turn(built, answers, NOBODY, at="", sent=view.send(go))


@pytest.mark.parametrize("go", ["send", "next"])
def test_what_was_saved_while_the_page_stayed_open_brings_its_page(go: str) -> None:
    view = view_of(SOLVED, {}, NOBODY, "outcome")
    kept = press(SOLVED, view, "keep", {}, solved="no")
    view.seen = kept.seen
    sent = press(SOLVED, view, go, kept.after.answers)
    assert sent.target is not None and sent.target.id == "rest"


def test_back_in_the_browser_the_first_page_s_send_leads_on_until_it_is_the_last() -> None:
    view = view_of(SOLVED, {}, NOBODY, "outcome")
    first = press(SOLVED, view, "send", {}, solved="no")
    again = press(SOLVED, view, "send", first.after.answers, solved="partly")
    assert [came.place for came in (first, again)] == ["rest", "rest"]
    assert press(SOLVED, view, "send", again.after.answers, solved="yes").target is None


def test_another_tab_s_answer_brings_its_page_too_and_the_last_page_can_be_sent() -> None:
    here = view_of(SOLVED, {"solved": "yes"}, NOBODY, "outcome")
    came = press(SOLVED, here, "send", {"solved": "no"})
    assert came.place == "rest" and came.after.answers == {"solved": "no"}
    rest = view_of(SOLVED, {"solved": "no"}, NOBODY, "rest")
    assert press(SOLVED, rest, "send", {"solved": "no"}, still_open="All").target is None


@pytest.mark.parametrize(
    ("go", "place"), [("next", "last"), ("send", "last"), ("keep", "last"), ("back", "first")]
)
@pytest.mark.parametrize("marked", [True, False])
def test_words_on_a_page_that_is_hidden_meanwhile_are_kept_and_do_not_count(
    go: str, place: str, marked: bool
) -> None:
    view = view_of(SKIPPING, {"recommend": 3}, NOBODY, "pain")
    view.fields = [("pain", "Much too long")]
    sent = view.send(go)
    if not marked:
        del sent["seen"]
    came = turn(SKIPPING, {"recommend": 9}, NOBODY, at="", sent=sent)
    assert came.after.answers == {"recommend": 9, "pain": "Much too long"}
    assert came.after.counted == {"recommend": 9}
    assert came.target is not None and (came.place, came.problems) == (place, {})


def test_a_hidden_last_page_is_never_handed_in() -> None:
    rest = view_of(SOLVED, {"solved": "no"}, NOBODY, "rest")
    came = press(SOLVED, rest, "send", {"solved": "yes"}, still_open="Late")
    assert came.place == "outcome" and came.target is not None
    assert came.after.answers == {"solved": "yes", "still_open": "Late"}


def test_words_of_a_page_that_an_upgrade_took_away_are_kept_where_their_item_is_now() -> None:
    view = view_of(SKIPPING, {}, NOBODY, "last")
    view.page, view.seen = "gone", f"{view.seen} nowhere:-"
    came = press(SKIPPING, view, "send", {}, note="Still here", nowhere="Lost")
    assert (came.place, dict(came.after.answers)) == ("last", {"note": "Still here"})
    assert came.target is not None


def test_what_does_not_say_its_page_changes_nothing() -> None:
    came = turn(SKIPPING, {"pick": "a"}, NOBODY, at="last", sent=MultiDict({"go": "send", "note": "x"}))
    assert (came.place, came.reading.answers, came.problems) == ("last", {}, {}) and came.target


def test_words_that_could_not_be_saved_are_shown_on_their_page_though_it_is_hidden() -> None:
    view = view_of(SKIPPING, {"recommend": 3}, NOBODY, "pain")
    view.fields = [("pain", "Words")]
    route, page = as_typed(SKIPPING, {"recommend": 9}, NOBODY, at="", sent=view.send("next"))
    assert [shown.page.id for shown in route.pages] == ["first", "pain", "last"]
    assert page.id == "pain" and route.answers["pain"] == "Words" and "pain" not in route.counted


@MANY
@given(questionnaires(), FACTS, st.data())
def test_in_any_order_of_presses_no_word_is_lost_and_only_the_whole_is_handed_in(
    built: Questionnaire, facts: Facts, data: st.DataObject
) -> None:
    answers: dict[str, Answer] = {}
    words: dict[str, str] = {}
    views = [view_of(built, answers, facts, "")]
    for number in range(6 * len(built.pages) + 12):
        ends = number > 3 * len(built.pages)
        # An earlier view comes back from the browser's memory, or stands open in another tab.
        view = views[-1] if ends else data.draw(st.sampled_from(views))
        if ends or data.draw(st.booleans()):
            view.fields = drawn(view.items, data)
        is_last = view.page == route_of(built, answers, facts).pages[-1].page.id
        go = "send" if is_last else "next"
        if not ends:
            go = data.draw(st.sampled_from(["keep", "next", "back", "send", "lang:de"]))
        came = turn(built, answers, facts, at="", sent=view.send(go))
        answers = dict(came.after.answers)
        typed = view.words()
        # What differs from what it was shown with is its own; what does not is nobody's word.
        changed = {name for name in {*view.shown, *typed} if view.shown.get(name) != typed.get(name)}
        words = {name: word for name, word in words.items() if name not in changed}
        words |= {name: typed[name] for name in changed if name in typed}
        kinds = {item.id for item in built.items.values() if item.kind in ("short_text", "long_text")}
        assert {name: answer for name, answer in answers.items() if name in kinds} == words
        if came.target is None:
            assert go == "send" and not list(came.after.faults())
            assert came.after.pages[-1].page.id == view.page
            return
        if go == "keep":
            view.seen, view.shown = came.seen, typed
        else:
            views.append(view_of(built, answers, facts, came.target.id))
    raise AssertionError("the way does not end")
