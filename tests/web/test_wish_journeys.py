"""What stands beside the questions, in a browser: without JavaScript, on a small phone, for everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy import select

from surveyd.base.services import Services
from surveyd.distribution.models import AfterSending, Program
from surveyd.distribution.wish_models import Nomination
from tests.fixtures.apps import Transaction
from tests.web.respondents import Letters, send_letters

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.fixture
def letters(writer: Transaction, services: Services) -> Letters:
    with writer() as session:
        return send_letters(session, services.keys)


def test_a_journey_without_javascript(
    browser: Browser, live_server: str, letters: Letters, reader: Transaction
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    page = context.new_page()
    page.goto(live_server + letters.anna)
    page.get_by_role("link", name="I cannot answer now").click()
    page.get_by_label("On which day?").fill("2026-03-19")
    page.get_by_role("button", name="Remind me then").click()
    assert page.get_by_role("heading", level=1).inner_text() == "We write to you on Thursday, 19 March 2026"
    page.get_by_role("link", name="Answer now after all").click()
    page.get_by_role("link", name="I cannot answer now").click()
    page.get_by_label("When does it suit you?").fill("mornings")
    page.get_by_role("button", name="Please call me").click()
    assert page.get_by_text("You wrote when it suits you: mornings").is_visible()
    page.go_back()
    page.get_by_label("This is not my subject").check()
    page.get_by_label("Their name").fill("Bernd Lang")
    page.get_by_role("button", name="I am not the right person").click()
    assert page.get_by_text("Please write their e-mail address as well.").first.is_visible()
    page.get_by_label("Their e-mail address").fill("bernd@nordwind.test")
    page.get_by_role("button", name="I am not the right person").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Thank you for telling us"
    context.close()
    with reader() as session:
        assert session.scalars(select(Nomination.name)).all() == ["Bernd Lang"]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_everybody_can_use_what_stands_beside_the_questions(
    client: FlaskClient,
    browser: Browser,
    live_server: str,
    letters: Letters,
    writer: Transaction,
    *,
    language: str,
) -> None:
    with writer() as session:
        session.scalars(select(Program)).one().after_sending = AfterSending.CORRECT
    client.post(letters.aziz, data={"page": "recommendation", "recommend": "9"})
    client.post(letters.aziz, data={"page": "closing", "go": "send"})
    client.post(f"{letters.aziz}/correct")
    for way in ("remind", "call", "excuse"):
        client.post(f"{letters.anna}/other", data={"way": way, "day": "2026-03-20", "suits": "mornings"})
    context = browser.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    wrong = []
    for path in (
        f"{letters.anna}/other?",
        f"{letters.anna}/other?said=call",
        f"{letters.anna}/other?said=excuse",
        f"{letters.aziz}?",
        f"{letters.aziz}/answers?",
        f"{letters.aziz}/correct?",
    ):
        page.goto(f"{live_server}{path}&lang={language}")
        assert page.evaluate("document.documentElement.lang") == language
        violations = Axe().run(page).response["violations"]
        wrong += [f"{path}: {one['id']} at {one['nodes'][0]['target']}" for one in violations]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{path}: sticks out to the side")
    context.close()
    assert not wrong, "\n".join(wrong)
