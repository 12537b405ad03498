"""What JavaScript adds to the page: it is saved while it stays open, and nothing typed is lost on the way."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Dialog, Page, Route, expect
from sqlalchemy import select

from surveyd.base.services import Services
from surveyd.responses.models import Draft
from surveyd.web.answering import SEEN
from tests.fixtures.apps import Transaction
from tests.web.respondents import Letters, send_letters

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
PAUSE = 3_000
UNSAVED = re.compile("Not saved yet")
Stored = Callable[[], dict[str, object]]


@pytest.fixture
def letters(writer: Transaction, services: Services) -> Letters:
    with writer() as session:
        return send_letters(session, services.keys)


@pytest.fixture
def stored(reader: Transaction) -> Stored:
    """The answers of the only draft; none before the first save."""

    def read() -> dict[str, object]:
        with reader() as session:
            return dict(session.execute(select(Draft.answers)).scalar_one_or_none() or {})

    return read


@pytest.fixture
def browsing(browser: Browser) -> Iterator[Page]:
    """A page that may be offline, and whose pauses are skipped by the test."""
    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    opened = context.new_page()
    opened.clock.install()
    yield opened
    context.close()


def pass_time(page: Page, milliseconds: int = PAUSE) -> None:
    page.clock.fast_forward(milliseconds)


def choose(page: Page, item: str, value: str) -> None:
    page.locator(f"label:has(input[name={item}][value='{value}'])").click()


def saved_again(page: Page) -> None:
    """Wait for the answer to the save that comes after the pause."""
    with page.expect_response(lambda answer: answer.status == 204):
        pass_time(page)


def test_what_is_chosen_and_typed_is_saved_without_a_press(
    browsing: Page, live_server: str, letters: Letters, stored: Stored
) -> None:
    browsing.goto(f"{live_server}{letters.anna}?page=reason")
    state = browsing.get_by_role("status")
    expect(state).to_have_text("")
    before = browsing.locator(".go").bounding_box()
    browsing.locator("#why").fill("They ring back.\nAlways.")
    saved_again(browsing)
    expect(state).to_have_text(re.compile(r"^Saved at \d\d:\d\d$"))
    assert browsing.locator(".go").bounding_box() == before
    assert stored() == {"why": "They ring back.\nAlways."}
    # Erased again, back to what the page had shown first.
    browsing.locator("#why").fill("")
    saved_again(browsing)
    assert stored() == {}


def test_opening_and_looking_around_saves_nothing(
    browsing: Page, live_server: str, letters: Letters, stored: Stored
) -> None:
    posts: list[str] = []
    browsing.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    browsing.goto(f"{live_server}{letters.anna}?score=9")
    browsing.mouse.wheel(0, 500)
    browsing.keyboard.press("Tab")
    browsing.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    pass_time(browsing, 600_000)
    browsing.close(run_before_unload=True)
    assert posts == [] and stored() == {}


def test_without_a_connection_it_says_so_and_keeps_trying(
    browsing: Page, live_server: str, letters: Letters, stored: Stored
) -> None:
    browsing.goto(f"{live_server}{letters.anna}?page=reason")
    before = browsing.locator(".go").bounding_box()
    browsing.context.set_offline(True)
    browsing.locator("#why").fill("from the train")
    pass_time(browsing)
    expect(browsing.get_by_role("status")).to_have_text(UNSAVED)
    assert browsing.locator(".go").bounding_box() == before
    # A press would show the browser's error page in place of the words.
    browsing.get_by_role("button", name="Next").click()
    expect(browsing.locator("#why")).to_have_value("from the train")
    assert stored() == {}
    with browsing.expect_response(lambda answer: answer.status == 204):
        browsing.context.set_offline(False)
        pass_time(browsing, 60_000)
    expect(browsing.get_by_role("status")).to_have_text(re.compile("Saved at"))
    assert stored() == {"why": "from the train"}
    browsing.get_by_role("button", name="Next").click()
    expect(browsing.get_by_role("heading", level=1)).to_have_text("Our relationship")


def test_trouble_on_the_server_is_waited_out(
    browsing: Page, live_server: str, letters: Letters, stored: Stored
) -> None:
    browsing.goto(f"{live_server}{letters.anna}?page=reason")
    browsing.route("**/s/*", lambda route: route.fulfill(status=503))
    browsing.locator("#why").fill("patience")
    pass_time(browsing)
    expect(browsing.get_by_role("status")).to_have_text(UNSAVED)
    browsing.unroute("**/s/*")
    with browsing.expect_response(lambda answer: answer.status == 204):
        pass_time(browsing, 60_000)
    assert stored() == {"why": "patience"}


def test_a_page_that_keeps_nothing_yet_claims_nothing(
    browsing: Page, live_server: str, letters: Letters
) -> None:
    """As the first page of an open link, where nothing is kept before somebody presses a button."""
    browsing.goto(f"{live_server}{letters.anna}?page=reason")
    browsing.route("**/s/*", lambda route: route.fulfill(status=204, headers={SEEN: ""}))
    browsing.locator("#why").fill("a try")
    with browsing.expect_response(lambda answer: answer.status == 204):
        pass_time(browsing)
    pass_time(browsing, 600_000)
    expect(browsing.get_by_role("status")).to_have_text("")


def test_who_leaves_with_something_unsaved_is_asked_first(
    browsing: Page, live_server: str, letters: Letters
) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    browsing.on("dialog", stay)
    browsing.goto(f"{live_server}{letters.anna}?page=reason")
    browsing.locator("#why").press_sequentially("not yet")
    browsing.close(run_before_unload=True)
    expect(browsing.locator("#why")).to_have_value("not yet")
    assert asked == ["beforeunload"]
    saved_again(browsing)
    browsing.close(run_before_unload=True)
    assert asked == ["beforeunload"]


def test_an_older_save_never_comes_in_after_the_page_itself(
    browsing: Page, live_server: str, letters: Letters, stored: Stored
) -> None:
    waiting: list[Route] = []
    browsing.goto(f"{live_server}{letters.anna}?page=reason")

    def hold(route: Route) -> None:
        if "go=keep" in (route.request.post_data or ""):
            waiting.append(route)
        else:
            route.continue_()

    browsing.route("**/s/*", hold)
    browsing.locator("#why").fill("first thoughts")
    with browsing.expect_request(lambda one: one.method == "POST"):
        pass_time(browsing)
    browsing.locator("#why").fill("second thoughts")
    browsing.get_by_role("button", name="Next").dblclick()
    expect(browsing.locator("#why")).to_have_value("second thoughts")
    waiting[0].continue_()
    expect(browsing.get_by_role("heading", level=1)).to_have_text("Our relationship")
    assert stored() == {"why": "second thoughts"}


def test_two_views_that_save_by_themselves_lose_nothing_of_each_other(
    browsing: Page, live_server: str, letters: Letters, stored: Stored
) -> None:
    address = f"{live_server}{letters.anna}?page=relationship"
    other = browsing.context.new_page()
    other.clock.install()
    for view in (browsing, other):
        view.goto(address)
    choose(browsing, "satisfied", "5")
    saved_again(browsing)
    choose(other, "trust", "2")
    saved_again(other)
    choose(browsing, "better", "4")
    saved_again(browsing)
    assert stored() == {"satisfied": 5, "trust": 2, "better": 4}
    # The same answer in both: what was chosen last is what counts, whichever view it was chosen in.
    choose(other, "satisfied", "1")
    saved_again(other)
    choose(browsing, "worth", "3")
    saved_again(browsing)
    assert stored() == {"satisfied": 1, "trust": 2, "better": 4, "worth": 3}
    choose(browsing, "satisfied", "4")
    browsing.get_by_role("button", name="Next").click()
    expect(browsing.get_by_role("heading", level=1)).to_have_text("Working together")
    other.get_by_role("button", name="Next").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Working together")
    assert stored() == {"satisfied": 4, "trust": 2, "better": 4, "worth": 3}


def test_once_sent_elsewhere_an_open_page_claims_nothing(
    browsing: Page, live_server: str, letters: Letters, client: FlaskClient
) -> None:
    browsing.goto(f"{live_server}{letters.anna}?page=reason")
    client.post(letters.anna, data={"page": "recommendation", "recommend": "9", "go": "send"})
    browsing.locator("#why").fill("too late")
    with browsing.expect_response(lambda answer: answer.request.method == "POST"):
        pass_time(browsing)
    pass_time(browsing, int(timedelta(minutes=5).total_seconds() * 1000))
    expect(browsing.get_by_role("status")).to_have_text("Not saved. Press the button below to see why.")
    browsing.get_by_role("button", name="Next").click()
    expect(browsing.get_by_role("heading", level=1)).to_have_text("Thank you, we have your answers")


def test_after_the_browser_s_stop_the_page_is_saved_and_can_be_sent(
    browsing: Page, live_server: str, letters: Letters, stored: Stored
) -> None:
    browsing.goto(f"{live_server}{letters.anna}?page=reason")
    browsing.locator("#why").fill("stopped")
    # As the Stop button leaves it: the press is taken, and no other page comes.
    browsing.route("**/s/*", lambda route: route.abort("aborted"))
    browsing.get_by_role("button", name="Next").click()
    browsing.unroute("**/s/*")
    browsing.locator("#why").press_sequentially(" and went on")
    saved_again(browsing)
    assert stored() == {"why": "stopped and went on"}
    browsing.get_by_role("button", name="Next").click()
    expect(browsing.get_by_role("heading", level=1)).to_have_text("Our relationship")


def test_a_language_that_names_its_digits_is_no_trouble(
    browser: Browser, live_server: str, letters: Letters
) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.clock.install()
    page.add_init_script(
        "Object.defineProperty(navigator, 'languages', {get: () => ['en-GB-u-nu-arab', 'en']})"
    )
    page.goto(f"{live_server}{letters.anna}?page=reason")
    page.locator("#why").fill("on time")
    saved_again(page)
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^Saved at [0-9]{2}:[0-9]{2}$"))
    context.close()
