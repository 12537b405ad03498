"""Somebody scans a code in a lobby: by a phone without JavaScript, from the first page to the receipt."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from surveyd.responses.open_models import AnonymousAnswers, OpenVisit, VisitState
from surveyd.web import open_guard
from tests.fixtures.apps import Transaction
from tests.web.lobby import Lobby, open_lobby

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.fixture
def lobby(writer: Transaction) -> Lobby:
    with writer() as session:
        return open_lobby(session)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def looked_at(page: Page, where: str) -> None:
    found = Axe().run(page).response["violations"]
    assert not found, (where, [(one["id"], one["nodes"][0]["target"]) for one in found])
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_without_javascript_from_the_code_to_the_receipt(
    browser: Browser, live_server: str, lobby: Lobby, reader: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_guard, "QUICK_SECONDS", 3600.0)
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=False, locale="en-GB"
    )
    page = context.new_page()
    page.goto(live_server + lobby.path)
    page.locator("label:has(input[name=recommend][value='2'])").click()
    # A machine was quicker than a person: the press is asked for once more, and the answer is still there.
    press(page, "Next")
    expect(page.get_by_role("alert")).to_contain_text("press the button once more")
    expect(page.locator("input[name=recommend][value='2']")).to_be_checked()
    monkeypatch.setattr(open_guard, "QUICK_SECONDS", 0.0)
    press(page, "Next")
    expect(page).to_have_url(re.compile(f"{lobby.path}/[^/]+[?]page=reason"))

    page.get_by_label("What would it take").fill("Deliver on time.\n<b>Please</b>")
    address = page.url
    press(page, "Next")
    assert context.cookies() == []
    # Another phone, by the address of the page.
    other = context.new_page()
    other.goto(address)
    expect(other.get_by_label("What would it take")).to_have_value("Deliver on time.\n<b>Please</b>")
    page.get_by_label("E-mail address").fill("eve@corp.test")
    press(page, "Send my answers")
    number = page.locator("#receipt").inner_text()
    other.reload()
    expect(other.locator("#receipt")).to_have_text(number)
    context.close()
    with reader() as session:
        kept = session.scalars(select(OpenVisit)).one()
        assert (kept.state, kept.receipt, kept.email) == (VisitState.WAITING, number, "eve@corp.test")
        assert kept.suspicion == ""


@pytest.mark.parametrize("language", ["en", "ar"])
def test_each_page_is_for_everybody(
    page: Page, live_server: str, lobby: Lobby, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr(open_guard, "QUICK_SECONDS", 0.0)
    page.goto(f"{live_server}{lobby.path}?lang={language}")
    looked_at(page, "first page")
    page.locator("label:has(input[name=recommend][value='9'])").click()
    for where in ("reason", "who"):
        page.locator("button.main").click()
        page.wait_for_load_state()
        looked_at(page, where)
    page.locator("button.main").click()
    expect(page.locator("#receipt")).to_be_visible()
    looked_at(page, "receipt")


def test_an_anonymous_answer_with_javascript(
    page: Page, live_server: str, lobby: Lobby, reader: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_guard, "QUICK_SECONDS", 0.0)
    page.goto(live_server + lobby.pulse_path)
    page.locator("label:has(input[name=mood][value='4'])").click()
    press(page, "Next")
    page.get_by_label("We should know").fill("It is loud.")
    press(page, "Send my answers")
    expect(page.get_by_role("heading")).to_have_text("Thank you, your answers have arrived")
    with reader() as session:
        assert session.scalars(select(AnonymousAnswers)).one().answers["said"] == "It is loud."
        assert session.scalars(select(OpenVisit)).all() == []
