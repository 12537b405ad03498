"""Respondents in a real browser: with and without JavaScript, by keyboard, on a small phone, under axe."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from surveyd.base.services import Services
from surveyd.distribution.models import Invitation
from surveyd.distribution.questionnaires import publish
from surveyd.responses.models import Response
from tests.fixtures.apps import NOW, Transaction
from tests.forms.drawn_pages import every_kind
from tests.web.respondents import Letters, send_letters

pytestmark = pytest.mark.browser
# What a page looks like does not depend on the database.
on_one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NEXT = re.compile("Next|Weiter|التالي")
SEND = re.compile("Send my answers|Antworten absenden")


@pytest.fixture
def letters(writer: Transaction, services: Services) -> Letters:
    with writer() as session:
        return send_letters(session, services.keys)


def choose(page: Page, item: str, value: str) -> None:
    """Tap an answer as a person does: on what is seen."""
    page.locator(f"label:has(input[name={item}][value='{value}'])").click()


def go_on(page: Page) -> None:
    page.get_by_role("button", name=NEXT).click()


def assert_accessible(page: Page, where: str) -> None:
    found = Axe().run(page).response["violations"]
    assert not found, (where, [(one["id"], one["nodes"][0]["target"]) for one in found])


def test_a_contact_answers_from_the_mail_to_the_receipt(
    page: Page, live_server: str, letters: Letters, reader: Transaction
) -> None:
    page.goto(f"{live_server}{letters.anna}?score=9")
    expect(page.get_by_role("radio", name="9")).to_be_checked()
    go_on(page)
    page.get_by_label("What did we do particularly well?").fill("Rang back.\nTwice.")
    go_on(page)
    choose(page, "satisfied", "5")
    choose(page, "trust", "na")
    go_on(page)
    choose(page, "renew", "5")
    page.get_by_role("button", name="Back").click()
    expect(page.locator("input[name=satisfied][value='5']")).to_be_checked()
    go_on(page)
    expect(page.locator("input[name=renew][value='5']")).to_be_checked()
    go_on(page)
    go_on(page)
    choose(page, "contact_me", "yes")
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, we have your answers")
    receipt = page.locator("#receipt").inner_text()
    page.goto(f"{live_server}{letters.anna}")
    expect(page.locator("#receipt")).to_have_text(receipt)
    assert_accessible(page, "thanks")
    with reader() as session:
        assert session.execute(select(Response.answers)).scalar_one() == {
            "recommend": 9, "why": "Rang back.\nTwice.", "satisfied": 5, "trust": "na", "renew": 5,
            "contact_me": "yes",
        }  # fmt: skip


@on_one_database
def test_it_works_by_keyboard_without_javascript(
    browser: Browser, live_server: str, letters: Letters, reader: Transaction
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(f"{live_server}{letters.sofie}")
    while not page.locator("input[name=recommend]:focus").count():
        page.keyboard.press("Tab")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_label("Was müssten wir tun").press_sequentially("Pünktlich liefern.")
    go_on(page)
    for _ in range(3):
        go_on(page)
    # Enter in a field goes the main way, not to another language.
    page.get_by_label("Wenn ja, wann und wie").press_sequentially("vormittags")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vielen Dank, Ihre Antworten sind angekommen")
    context.close()
    with reader() as session:
        answers = session.execute(select(Response.answers)).scalar_one()
    assert answers == {"recommend": 4, "why": "Pünktlich liefern.", "reach_me": "vormittags"}


@on_one_database
def test_changing_the_language_loses_no_word(page: Page, live_server: str, letters: Letters) -> None:
    page.goto(f"{live_server}{letters.anna}?page=reason")
    page.get_by_label("What would it take").fill("half a sent")
    page.locator("summary.language").click()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_label("Was müssten wir tun")).to_have_value("half a sent")
    go_on(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Unsere Zusammenarbeit")


@on_one_database
def test_two_taps_send_once(page: Page, live_server: str, letters: Letters) -> None:
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.goto(f"{live_server}{letters.anna}?score=7")
    page.get_by_role("button", name=NEXT).dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("In your own words")
    assert len(posts) == 1


@on_one_database
@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "</textarea><img src=x onerror=alert(1)>", "{{7*7}}"]
)
def test_hostile_words_come_back_as_words(page: Page, live_server: str, letters: Letters, text: str) -> None:
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    page.goto(f"{live_server}{letters.anna}?page=reason")
    page.locator("#why").fill(text)
    go_on(page)
    page.get_by_role("button", name="Back").click()
    expect(page.locator("#why")).to_have_value(text)


@on_one_database
def test_the_pages_that_only_say_something_are_accessible(
    browser: Browser, live_server: str, letters: Letters
) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto(f"{live_server}{letters.aziz}?lang=ar")
    page.get_by_role("button", name="التالي").click()
    expect(page.locator(".problem")).to_be_visible()
    expect(page.locator(".problems")).to_be_focused()
    for path in (f"{letters.aziz}?lang=ar", "/s/nonsense?lang=en", "/s/nonsense?lang=ar"):
        page.goto(live_server + path)
        assert_accessible(page, path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.close()


@pytest.fixture
def kinds(writer: Transaction, services: Services) -> Letters:
    """The cast, asked with every kind of question."""
    with writer() as session:
        letters = send_letters(session, services.keys)
        version_id = publish(session, every_kind(), now=NOW)
        session.execute(update(Invitation).values(version_id=version_id))
        return letters


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


@on_one_database
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_kind_is_answered_by_keyboard_without_javascript(
    browser: Browser, live_server: str, kinds: Letters, reader: Transaction, language: str
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(f"{live_server}{kinds.anna}?lang={language}&score=6")
    focus_on(page, "recommend")
    # Arrows go on in a row; where it runs from right to left, so does the arrow.
    press(page, "ArrowDown", "ArrowDown", "ArrowDown", "Enter")
    for statement in ("pleasant", "prompt", "share"):
        focus_on(page, statement)
        press(page, "Space")
    press(page, "Enter")
    focus_on(page, "channel")
    press(page, "ArrowDown", "ArrowDown", "Tab")
    page.keyboard.type("by <pigeon>")
    focus_on(page, "topics")
    press(page, "Space", "Tab", "Space", "Enter")
    for item, words in {"people": "12", "nickname": "الاسم", "story": "A\nB"}.items():
        focus_on(page, item)
        page.keyboard.type(words)
    page.locator("#since").fill("2026-03-01")
    go_on(page)
    for item, words in {
        "reach_name": "Anna",
        "reach_email": "nonsense",
        "reach_phone": "+49 30 901820",
    }.items():
        focus_on(page, item)
        page.keyboard.type(words)
    focus_on(page, "agreed")
    press(page, "Space", "Enter")
    expect(page.locator("#reach_email-problem")).to_be_visible()
    page.locator("#reach_email").fill("anna@customer.test")
    page.keyboard.press("Enter")
    expect(page.locator("#receipt")).to_be_visible()
    context.close()
    with reader() as session:
        assert session.execute(select(Response.answers)).scalar_one() == {
            "recommend": 9, "pleasant": 1, "prompt": 1, "share": 0,
            "channel": "elsewhere", "channel_other": "by <pigeon>", "topics": "price delivery",
            "people": 12, "since": "2026-03-01", "nickname": "الاسم", "story": "A\nB",
            "reach_name": "Anna", "reach_email": "anna@customer.test", "reach_phone": "+49 30 901820",
            "agreed": "yes",
        }  # fmt: skip


def focus_on(page: Page, item: str) -> None:
    """Press Tab until the item, or the chosen one of its answers, is in focus."""
    for _ in range(60):
        if page.locator(f"[name={item}]:focus").count():
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{item} cannot be reached by keyboard")
