"""What helps on the first page: how long it takes, who reads it, with which name, and what happens next."""

from html import unescape

import pytest

from surveyd.forms.open_wording import open_voice
from surveyd.forms.pages import CompiledForm, Sight
from surveyd.forms.paths import route_of
from tests.forms.drawn_pages import NAMES, compiled, drawn, questionnaires, templates


def first_page(name: str = "relational", language: str = "en", seconds: int | None = None) -> str:
    form = compiled(name, language)
    route = route_of(form.questionnaire, {})
    sight = Sight("/s/token", NAMES, seconds=seconds)
    return unescape(form.render(route.pages[0].page, route, sight=sight))


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "about 2.5 minutes"),
        (10, "about 30 seconds"),
        (110, "about 2 minutes"),
        (800, "about 13.5 minutes"),
    ],
)
def test_the_time_is_what_others_took_and_the_first_page_besides(seconds: int | None, told: str) -> None:
    page = first_page(seconds=seconds)
    assert f"Page 1 of 6 · {told}" in page


def test_it_stands_on_the_first_page_only() -> None:
    first, *rest = drawn("relational", "en")
    assert "Good to know" in first.html and "minutes" in first.html
    assert not any("Good to know" in one.html or "minutes" in one.html for one in rest)
    assert all("Your answers go to Example Works with your name" in one.html for one in (first, *rest))


def test_with_a_name_it_says_who_reads_it() -> None:
    page = first_page()
    assert "Your account manager at Example Works reads your answers" in page
    assert "somebody calls you within two working days" in page


def test_without_a_name_it_promises_that_and_nothing_else() -> None:
    page = first_page("pulse")
    assert "Your answers are kept without your name." in page
    assert "account manager" not in page and "calls you" not in page and "with your name" not in page


def test_an_open_link_knows_no_account_manager() -> None:
    form = CompiledForm(questionnaires()["relational"], "en", templates(), open_voice)
    route = route_of(form.questionnaire, {})
    page = form.render(route.pages[0].page, route, sight=Sight("/o/token", NAMES))
    assert "Good to know" in page
    assert "account manager" not in page and "calls you" not in page


def test_a_browser_may_fill_in_who_somebody_is() -> None:
    page = next(one.html for one in drawn("every_kind", "en") if one.name == "every_kind/you")
    for field in (
        'name="reach_name" type="text" value="" dir="auto" autocomplete="name"',
        'name="reach_email" type="email" value="" dir="ltr" autocomplete="email"',
        'name="reach_phone" type="tel" value="" dir="ltr" autocomplete="tel"',
    ):
        assert field in page
    others = next(one.html for one in drawn("every_kind", "en") if one.name == "every_kind/choices")
    assert 'autocomplete="off"' in others and 'autocomplete="name"' not in others
