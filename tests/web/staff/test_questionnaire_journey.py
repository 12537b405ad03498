"""A German text is changed and published in a real browser; new respondents get it, half-done ones do not."""

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from surveyd.base.services import Services
from surveyd.people.models import StaffRole, User
from tests.fixtures.apps import Transaction
from tests.fixtures.browsers import PHONE
from tests.fixtures.cast import PASSWORD
from tests.web.respondents import Letters, send_letters

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

TEXTS = "/staff/questionnaires/relational/edit/texts?page=reason&language=de"
FIELD = '[name="text.pages.reason.why.text"]'
NEW = "Was sollen wir <b>anders</b> machen?"


@pytest.fixture
def letters(writer: Transaction, services: Services) -> Letters:
    with writer() as session:
        return send_letters(session, services.keys)


def sign_in(page: Page, live_server: str, writer: Transaction) -> None:
    with writer() as session:
        email = session.scalars(select(User.email).where(User.role == StaffRole.ADMIN)).one()
    page.goto(f"{live_server}{TEXTS}")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def publish(page: Page) -> None:
    """Save, look at what changes, and publish it, for open waves too."""
    page.get_by_role("button", name="Save the changed texts").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("link", name="See what the next version changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Version 2 of relational changes one thing")
    page.get_by_label("who have not begun").check()
    page.get_by_role("button", name="Publish version 2 with 1 change").click()
    expect(page.get_by_role("heading", name="2 versions")).to_be_visible()


def reason_page(client: FlaskClient, link: str) -> str:
    """Give a low score and come to the open text, in German."""
    sent = {"page": "recommendation", "recommend": "3", "go": "next", "lang": "de"}
    return client.post(link, data=sent, follow_redirects=True).text


def test_a_text_is_changed_with_its_preview_and_published(
    page: Page, live_server: str, letters: Letters, writer: Transaction, client: FlaskClient
) -> None:
    before = reason_page(client, letters.anna)
    sign_in(page, live_server, writer)
    preview = page.frame_locator("#as-typed")
    old = page.locator(FIELD).input_value()
    expect(preview.get_by_text(old)).to_be_visible()

    page.locator(FIELD).fill("Was sollen wir {anders} machen?")
    expect(preview.get_by_text("{anders} is no name")).to_be_visible()
    page.locator(FIELD).fill(NEW)
    expect(preview.get_by_text(NEW)).to_be_visible()
    publish(page)

    assert "Was sollen wir &lt;b&gt;anders&lt;/b&gt; machen?" in reason_page(client, letters.sofie)
    assert old in before and old in reason_page(client, letters.anna)


def test_all_of_it_works_without_javascript(
    browser: Browser, live_server: str, letters: Letters, writer: Transaction, client: FlaskClient
) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, live_server, writer)
    page.locator(FIELD).fill(NEW)
    page.get_by_role("button", name="Preview").click()
    expect(page.frame_locator("#as-typed").get_by_text(NEW)).to_be_visible()
    expect(page.locator(FIELD)).to_have_value(NEW)
    publish(page)

    page.goto(f"{live_server}/staff/questionnaires/relational/preview?language=de&score=3&page=reason")
    phone = page.frame_locator("iframe >> nth=0")
    expect(phone.get_by_text(NEW)).to_be_visible()
    phone.get_by_role("button", name="Weiter").click()
    expect(phone.get_by_role("button", name="Zurück")).to_be_visible()
    context.close()
    assert "anders&lt;/b&gt;" in reason_page(client, letters.sofie)
