"""An executive in a real browser: from company health down to what one person has written, in four clicks."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.fixtures.cast import PASSWORD
from tests.web.offices import WORDS, Office

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


class Clicks:
    """Counts what it clicks."""

    def __init__(self) -> None:
        self.count = 0

    def on(self, target: Locator) -> None:
        target.click()
        self.count += 1


@pytest.fixture
def health(page: Page, live_server: str, office: Office) -> Page:
    """The page that an executive's day begins with."""
    page.goto(f"{live_server}/staff/")
    page.get_by_label("E-mail address").fill(office.cast.executive.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 of 3 have answered 2026H1")
    return page


def test_from_a_segment_down_to_one_verbatim(health: Page) -> None:
    clicks = Clicks()
    clicks.on(health.get_by_role("row", name="trapped").get_by_role("link", name="1").first)
    expect(health.get_by_role("heading", level=1)).to_contain_text("1 account")
    clicks.on(health.get_by_role("link", name="Nordwind"))
    clicks.on(health.get_by_role("link", name="Anna Adler").first)

    expect(health.get_by_text(WORDS, exact=True)).to_be_visible()
    assert clicks.count <= 4
    health.go_back()
    health.go_back()
    health.go_back()
    health.get_by_role("button", name="Sign out").click()
    expect(health.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_from_a_segment_down_to_one_person(health: Page) -> None:
    clicks = Clicks()
    clicks.on(health.get_by_role("row", name="trapped").get_by_role("link", name="1").last)
    expect(health.get_by_role("heading", level=1)).to_have_text("1 answer in 2026H1")
    clicks.on(health.get_by_role("link", name="Anna Adler"))

    expect(health.get_by_text(WORDS, exact=True)).to_be_visible()
    assert clicks.count <= 4


def test_where_a_number_comes_from_is_one_touch_pointer_or_focus_away(health: Page) -> None:
    button = health.get_by_role("button", name="Where it comes from: Net Promoter Score").first
    card = health.locator("#nps-basis")
    expect(card).not_to_be_visible()

    button.tap()
    expect(card).to_contain_text("2 answers of 1 account")
    health.keyboard.press("Escape")
    expect(card).not_to_be_visible()
    health.get_by_role("heading", level=1).click()
    health.mouse.move(0, 0)

    button.focus()
    expect(card).to_be_visible()
    health.keyboard.press("Tab")
    expect(card.get_by_role("link", name="Open the rows")).to_be_focused()
    expect(card).to_be_visible()


def test_from_a_dot_of_the_matrix_down_to_one_verbatim(health: Page) -> None:
    clicks = Clicks()
    clicks.on(health.locator("svg.matrix a"))
    expect(health.get_by_role("heading", level=1)).to_contain_text("Nordwind")
    clicks.on(health.get_by_role("link", name="Anna Adler").first)

    expect(health.get_by_text(WORDS, exact=True)).to_be_visible()
    assert clicks.count <= 4


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_axe_finds_nothing_with_every_table_open(
    browser: Browser, health: Page, live_server: str, *, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]  # one of the two that there are
        storage_state=health.context.storage_state(),
    )
    page = context.new_page()
    page.goto(f"{live_server}/staff/health")
    for summary in page.locator("summary").all():
        summary.click()

    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    context.close()
