"""Each kind of question: what it takes, what it marks, and how its page shows what was answered."""

import re
from pathlib import Path

import pytest
from markupsafe import escape
from werkzeug.datastructures import MultiDict

from surveyd.forms.conditions import Facts
from surveyd.forms.definition import Answer, Answers
from surveyd.forms.fields import Problem
from surveyd.forms.loading import load
from surveyd.forms.pages import CompiledForm, Sight
from surveyd.forms.paths import Reading, read_page, route_of
from tests.forms.test_pages import HOSTILE, NAMES, templates

TEXT = (Path(__file__).parent / "all_kinds.yaml").read_text(encoding="utf-8")
KINDS = load(TEXT, "all_kinds.yaml")
FORM = CompiledForm(KINDS, "en", templates())
SEEN: dict[str, Answer] = {"likely": 9, "some": "a"}
"""With these answers every page is shown."""


def read(
    page: str, *sent: tuple[str, str], before: Answers | None = None, facts: Facts | None = None
) -> Reading:
    shown = route_of(KINDS, SEEN, facts or Facts()).named(page)
    assert shown.page.id == page
    return read_page(shown, before or {}, MultiDict(sent))


def draw(page: str, answers: Answers, *, seed: int = 1, contact: str = "Anna Adler", region: str = "") -> str:
    shown = next(each for each in KINDS.pages if each.id == page)
    route = route_of(KINDS, answers, Facts(region=region))
    return FORM.render(shown, route, sight=Sight("/s/t", {**NAMES, "contact": contact}, seed))


class TestSeveralChoices:
    def test_they_are_one_text_in_the_order_of_the_options(self) -> None:
        assert read("second", ("some", "b"), ("some", "a")).answers["some"] == "a b"

    def test_unticking_all_takes_the_answer_away(self) -> None:
        found = read("second", before={"some": "a b"})
        assert found.answers["some"] is None and found.problems["some"] is Problem.REQUIRED

    def test_an_unknown_one_is_marked_and_the_answer_stays(self) -> None:
        found = read("second", ("some", "a"), ("some", "zzz"), before={"some": "b"})
        assert found.problems["some"] is Problem.NOT_AN_OPTION and found.answers["some"] == "b"

    def test_ticks_are_shown(self) -> None:
        html = draw("second", SEEN | {"some": "a c"})
        ticked = re.findall(r'<input[^>]*name="some"[^>]*>', html)
        assert [("checked" in each) for each in ticked] == [True, False, True]


class TestOther:
    def test_its_words_are_an_answer_of_their_own(self) -> None:
        found = read("second", ("one", "else"), ("one_other", "By post"))
        assert (found.answers["one"], found.answers["one_other"]) == ("else", "By post")

    def test_words_alone_choose_it(self) -> None:
        assert read("second", ("one_other", "By post")).answers["one"] == "else"
        assert read("second", ("some_other", "All")).answers["some"] == "c"

    def test_who_takes_its_tick_away_and_leaves_the_words_has_it_unticked(self) -> None:
        before: dict[str, Answer] = {"some": "c", "some_other": "All\nof it"}
        left = ("some_other", "All\r\nof it")
        assert read("second", left, before=before).answers["some"] is None
        assert read("second", left, ("some", "a"), before=before).answers["some"] == "a"
        assert read("second", ("some_other", "Most"), before=before).answers["some"] == "c"

    def test_words_of_an_other_that_is_not_chosen_are_kept_and_do_not_count(self) -> None:
        found = read("second", ("one", "mail"), ("one_other", "By post"))
        route = route_of(KINDS, found.onto(SEEN))
        assert route.answers["one_other"] == "By post" and "one_other" not in route.counted
        assert "one_other" in route_of(KINDS, {**route.answers, "one": "else"}).counted


class TestNumber:
    @pytest.mark.parametrize(
        ("typed", "number"),
        [("12", 12), (" 12 ", 12), ("12.0", 12), ("١٢", 12), ("1", 1), ("500", 500)],
    )
    def test_it_is_read_as_people_write_it(self, typed: str, number: int) -> None:
        found = read("second", ("seats", typed), ("some", "a"))
        assert found.answers["seats"] == number and not found.problems

    @pytest.mark.parametrize(("typed", "number"), [("0,25", 0.25), ("0.25", 0.25), ("0٫25", 0.25), ("1", 1)])
    def test_its_decimals_follow_a_comma_or_a_point(self, typed: str, number: float) -> None:
        assert read("second", ("share", typed)).answers["share"] == number

    @pytest.mark.parametrize(
        ("item", "typed", "problem"),
        [
            ("seats", "many", Problem.NOT_A_NUMBER),
            ("seats", "1.5", Problem.NOT_A_NUMBER),
            ("seats", "nan", Problem.NOT_A_NUMBER),
            ("seats", "1,000", Problem.NOT_A_NUMBER),
            ("seats", "1_0", Problem.NOT_A_NUMBER),
            ("seats", "1 000", Problem.OUT_OF_RANGE),
            ("seats", "1’000", Problem.OUT_OF_RANGE),
            ("seats", "1e2", Problem.NOT_A_NUMBER),
            ("seats", "1e99", Problem.NOT_A_NUMBER),
            ("seats", "0", Problem.OUT_OF_RANGE),
            ("seats", "501", Problem.OUT_OF_RANGE),
            ("share", "0,255", Problem.NOT_A_NUMBER),
            ("share", "1,01", Problem.OUT_OF_RANGE),
            ("share", "-0,5", Problem.OUT_OF_RANGE),
        ],
    )
    def test_what_is_none_is_marked_and_kept(self, item: str, typed: str, problem: Problem) -> None:
        found = read("second", (item, typed))
        assert found.problems[item] is problem and found.answers[item] not in (None, "")

    def test_an_emptied_one_is_taken_away(self) -> None:
        assert read("second", ("seats", " "), before={"seats": 3}).answers["seats"] is None


class TestLines:
    @pytest.mark.parametrize(
        ("item", "typed", "kept"),
        [
            ("since", "2026-02-28", "2026-02-28"),
            ("since", " 2026-02-28 ", "2026-02-28"),
            ("mail", "anna@nordwind.test", "anna@nordwind.test"),
            ("call", "+49 30 / 12 34-5", "+49 30 / 12 34-5"),
            ("call", "٠٣٠ ١٢٣٤٥", "٠٣٠ ١٢٣٤٥"),
        ],
    )
    def test_what_was_asked_for_is_taken(self, item: str, typed: str, kept: str) -> None:
        found = read("third", (item, typed))
        assert found.answers[item] == kept and item not in found.problems

    @pytest.mark.parametrize(
        ("item", "typed", "problem"),
        [
            ("since", "2026-02-30", Problem.NOT_A_DATE),
            ("since", "yesterday", Problem.NOT_A_DATE),
            ("mail", "anna at nordwind", Problem.NOT_AN_EMAIL),
            ("mail", "a@b", Problem.NOT_AN_EMAIL),
            ("mail", "a@" + "b" * 260 + ".test", Problem.TOO_LONG),
            ("call", "call me", Problem.NOT_A_PHONE),
            ("reach_email", "nobody", Problem.NOT_AN_EMAIL),
            ("reach_phone", "12", Problem.NOT_A_PHONE),
        ],
    )
    def test_what_was_not_is_marked_and_kept(self, item: str, typed: str, problem: Problem) -> None:
        found = read("third", (item, typed))
        assert found.problems[item] is problem and found.answers[item] == typed


class TestContactDetails:
    def test_a_required_one_needs_a_name_and_an_address_and_no_telephone(self) -> None:
        problems = read("third").problems
        assert problems["reach_name"] is problems["reach_email"] is Problem.REQUIRED
        assert "reach_phone" not in problems


class TestConsent:
    def test_a_required_one_must_be_ticked(self) -> None:
        assert read("third").problems["agreed"] is Problem.REQUIRED
        ticked = read("third", ("agreed", "yes"))
        assert ticked.answers["agreed"] == "yes" and "agreed" not in ticked.problems

    def test_it_can_be_taken_back(self) -> None:
        assert read("third", before={"agreed": "yes"}).answers["agreed"] is None


class TestBattery:
    def test_each_statement_is_answered_by_itself(self) -> None:
        found = read("first", ("likely", "9"), ("trust", "5"), ("renew", "na"), ("late", "6"))
        assert (found.answers["trust"], found.answers["renew"]) == (5, "na")
        assert found.problems == {"late": Problem.NOT_AN_OPTION}

    def test_a_statement_is_for_some_and_hidden_from_others(self) -> None:
        everybody = route_of(KINDS, {}).named("first")
        buyer = route_of(KINDS, {}, Facts(role="buyer", channel="phone")).named("first")
        assert "leave" not in {item.id for item in everybody.items}
        assert {"leave", "trust"} <= {item.id for item in buyer.items}
        assert "late" not in {item.id for item in buyer.items}

    def test_a_required_one_needs_every_shown_statement(self) -> None:
        assert set(read("first").problems) == {"likely", "trust", "renew", "late"}

    def test_the_order_is_stable_for_one_person_and_not_the_same_for_all(self) -> None:
        orders = {seed: order(seed) for seed in range(30)}
        assert orders == {seed: order(seed) for seed in range(30)}
        assert {tuple(sorted(each)) for each in orders.values()} == {("late", "renew", "trust")}
        assert len(set(orders.values())) > 3

    def test_an_answer_changes_no_order(self) -> None:
        assert order(7, likely=3, trust=1, renew="na") == order(7)


def order(seed: int, **answers: Answer) -> tuple[str, ...]:
    html = draw("first", answers, seed=seed)
    return tuple(dict.fromkeys(re.findall(r'<input[^>]*name="(trust|renew|late)"', html)))


class TestPipes:
    def test_a_name_and_an_answer_stand_in_the_text(self) -> None:
        assert "Welcome, Anna Adler." in draw("first", {})
        assert "Why 7?" in draw("second", {"likely": 7})
        assert "What was good" in draw("second", {"likely": 9})
        assert "We may quote Alpha, Another." in draw("third", SEEN | {"some": "a c"})

    def test_without_one_the_fallback_is_read(self) -> None:
        assert "Welcome, dear reader." in draw("first", {}, contact="")
        assert "Why this score?" in draw("second", {})

    def test_an_answer_that_is_hidden_is_not_said(self) -> None:
        # The second page, where they chose, is not asked of who is this unlikely.
        html = draw("third", {"likely": 0, "some": "a"}, region="north")
        assert "We may quote what you chose." in html

    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_hostile_name_is_shown_as_text(self, name: str) -> None:
        html = draw("first", {}, contact=name)
        assert f"Welcome, {escape(name)}." in html and "<script>alert" not in html

    def test_a_pipe_that_may_be_empty_needs_a_fallback(self) -> None:
        with pytest.raises(Exception, match="may be unanswered"):
            load(TEXT.replace("{likely|this score}", "{likely}"), "x.yaml")


def test_a_statement_asks_nothing() -> None:
    assert "hello" not in KINDS.items and "hello" in KINDS.blocks
    assert 'name="hello"' not in draw("first", {})


@pytest.mark.parametrize("page", [page.id for page in KINDS.pages])
@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_typed_anywhere_is_shown_as_text(page: str, text: str) -> None:
    typed = ("why", "one_other", "some_other", "seats", "since", "note", "mail", "call", "reach_name")
    answers: dict[str, Answer] = {**SEEN, "one": "else", **dict.fromkeys(typed, text)}
    html = draw(page, answers | {"some": "a c"})
    assert "<script>alert" not in html and "<img src=x" not in html and "onfocus='" not in html
    assert html.count("<script") == 1
