"""Pages are compiled once and then only filled in; what a person typed is shown as text, always."""

from collections.abc import Mapping
from functools import cache

import pytest
from jinja2 import DictLoader, Environment, PackageLoader, select_autoescape
from markupsafe import Markup, escape

from surveyd.forms.definition import Answer
from surveyd.forms.fields import Problem
from surveyd.forms.fragments import Fragment, slot
from surveyd.forms.loading import shipped, shipped_names
from surveyd.forms.pages import CompiledForm, Sight
from surveyd.forms.paths import route_of
from surveyd.forms.wording import languages

HOSTILE = [
    "<script>alert(1)</script>",
    "</textarea><img src=x onerror=alert(1)>",
    "\"' onfocus='alert(1)' autofocus x=\"",
    "{{7*7}} {% raw %} ${7*7} {company}",
    "\ue000action\ue000",
    "&lt;b&gt; &amp;amp;",
    "\n\nbegins with new lines",
    "مرحبا \u202eabc\u2028 👩‍👩‍👧 Ω≈ç√∫",
]
NAMES = {"company": "Example Works", "contact": "Anna Adler", "account": "Nordwind"}


@cache
def templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("surveyd"),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = lambda name: f"/static/{name}"
    return environment


@cache
def compiled(name: str = "relational", language: str = "en") -> CompiledForm:
    return CompiledForm(shipped(name), language, templates())


def page_of(
    page_id: str,
    answers: Mapping[str, Answer],
    *,
    form: CompiledForm | None = None,
    names: Mapping[str, str] = NAMES,
    problems: Mapping[str, Problem] | None = None,
) -> str:
    form = form or compiled()
    page = next(page for page in form.questionnaire.pages if page.id == page_id)
    return form.render(
        page, route_of(form.questionnaire, answers), sight=Sight("/s/token", names), problems=problems or {}
    )


def test_a_slot_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        Fragment(f"a {slot('b')} c").fill({})
    assert Fragment(f"a {slot('b')} c").fill({"b": Markup("<br>")}) == "a <br> c"


@pytest.mark.parametrize("name", shipped_names())
@pytest.mark.parametrize("language", languages())
def test_every_page_of_every_questionnaire_is_complete(name: str, language: str) -> None:
    form = compiled(name, language)
    route = route_of(form.questionnaire, {"solved": "no"})
    direction = "rtl" if language == "ar" else "ltr"
    for page in form.questionnaire.pages:
        html = form.render(page, route, sight=Sight("/s/token", NAMES))
        assert f'<html lang="{language}" dir="{direction}">' in html
        assert all(f'name="{item.id}"' in html for item in page.items)
        assert "\ue000" not in html and "{company}" not in html and "None" not in html
        assert len(html) < 20_000


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_typed_is_shown_as_text(text: str) -> None:
    html = page_of("reason", {"recommend": 9, "why": text})
    area = html.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
    # The parser drops one new line behind the tag; ours stands there for that.
    assert area[0] == "\n"
    assert Markup(area[1:]).unescape() == text


@pytest.mark.parametrize("text", HOSTILE)
def test_names_are_shown_as_text(text: str) -> None:
    html = page_of("recommendation", {}, names={**NAMES, "company": text})
    assert f'<p class="company">{escape(text)}</p>' in html
    assert html.count("<script") == 1


@pytest.mark.parametrize("answer", [0, 7, 10])
def test_the_saved_answer_is_chosen(answer: int) -> None:
    html = page_of("recommendation", {"recommend": answer})
    assert html.count(" checked") == 1
    assert f'name="recommend" value="{answer}" checked' in html


def test_not_applicable_is_an_answer() -> None:
    assert 'name="trust" value="na" checked' in page_of("relationship", {"trust": "na"})


def test_an_answer_that_is_none_of_the_choices_chooses_nothing() -> None:
    assert " checked" not in page_of("recommendation", {"recommend": "<b>"})


@pytest.mark.parametrize(
    ("score", "question"),
    [
        (10, "What did we do particularly well?"),
        (9, "What did we do particularly well?"),
        (8, "What would it take to earn a better score from you?"),
        (0, "What would it take to earn a better score from you?"),
        (None, "What would it take to earn a better score from you?"),
    ],
)
def test_the_open_question_depends_on_the_score(score: int | None, question: str) -> None:
    answers: dict[str, Answer] = {} if score is None else {"recommend": score}
    assert question in page_of("reason", answers)


def test_a_name_keeps_its_own_direction_in_a_sentence_from_right_to_left() -> None:
    names = {**NAMES, "company": "Acme (Ltd.)"}
    html = page_of("recommendation", {}, form=compiled("relational", "ar"), names=names)
    assert "\u2068Acme (Ltd.)\u2069" in html
    assert "\u2068" not in page_of("recommendation", {}, names=names)


def test_a_problem_stands_beside_its_field_and_on_top() -> None:
    html = page_of("reason", {"why": "x" * 4001}, problems={"why": Problem.TOO_LONG})
    assert 'id="why-problem">Please shorten this to 4000 characters; it has 4001.' in html
    assert 'aria-invalid="true"' in html and 'aria-describedby="why-problem why-help"' in html
    assert '<a href="#item-why">' in html
    fond = page_of("reason", {"recommend": 10, "why": "x" * 4001}, problems={"why": Problem.TOO_LONG})
    assert fond.count("What did we do particularly well?") == 2
    assert "x" * 4001 in html


def test_the_first_page_has_no_way_back_and_the_last_one_sends() -> None:
    first, last = page_of("recommendation", {}), page_of("closing", {})
    assert 'value="back"' not in first and 'value="next">Next' in first
    assert 'value="back">Back' in last and 'value="send">Send my answers' in last
    assert "Page 6 of 6" in last and 'max="6" value="6"' in last


def test_a_compiled_form_draws_nothing_twice() -> None:
    form = CompiledForm(shipped("relational"), "en", templates())
    before = page_of("relationship", {"trust": 3}, form=form)
    form.environment = Environment(loader=DictLoader({}), autoescape=True)
    assert page_of("relationship", {"trust": 3}, form=form) == before
