"""Respondents in a real browser: with and without JavaScript, by keyboard, on a small phone, under axe."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from surveyd.base.services import Services
from surveyd.responses.models import Response
from tests.fixtures.apps import Transaction
from tests.web.respondents import Letters, send_letters

pytestmark = pytest.mark.browser
# What a page looks like does not depend on the database.
on_one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGES = ["recommendation", "reason", "relationship", "plans", "journey", "closing"]
NEXT = re.compile("Next|Weiter")
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


def assert_fits(page: Page, where: str) -> None:
    """Nothing sticks out to the side, and what is tapped is large enough."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
        where
    )
    boxes = page.locator("label.step, label.aside, label.option, .go button, .language").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => [box.width, box.height])"
    )
    assert boxes and all(width >= 26 and height >= 44 for width, height in boxes), (where, boxes)


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
@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("de", "dark")])
def test_every_page_is_accessible_and_fits_the_smallest_phone(
    browser: Browser, live_server: str, letters: Letters, language: str, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    for name in PAGES:
        page.goto(f"{live_server}{letters.aziz}?page={name}&lang={language}")
        assert_fits(page, name)
        assert_accessible(page, name)
    page.goto(f"{live_server}{letters.aziz}?lang={language}")
    go_on(page)
    expect(page.locator(".problem")).to_be_visible()
    assert_accessible(page, "problem")
    page.goto(f"{live_server}/s/nonsense?lang={language}")
    assert_accessible(page, "unknown")
    context.close()


@on_one_database
def test_the_eleven_stand_in_one_row_on_the_smallest_phone(
    browser: Browser, live_server: str, letters: Letters
) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto(live_server + letters.anna)
    boxes = [step.bounding_box() for step in page.locator(".step").all()]
    assert len(boxes) == 11
    assert len({box["y"] for box in boxes if box}) == 1
    page.close()


@on_one_database
def test_forced_colours_and_large_text(browser: Browser, live_server: str, letters: Letters) -> None:
    context = browser.new_context(viewport={"width": 640, "height": 800}, forced_colors="active")
    page = context.new_page()
    page.goto(f"{live_server}{letters.anna}?score=9")
    chosen, other = (
        page.locator(f"label:has(input[value='{value}']) > span").evaluate(
            "e => getComputedStyle(e).backgroundColor"
        )
        for value in (9, 8)
    )
    assert chosen != other
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    context.close()
