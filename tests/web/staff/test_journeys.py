"""Staff in a real browser: a case by keyboard alone, and every page of every role under axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.cast import PASSWORD, Person
from tests.web.offices import Office, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
SIZES = {"phone": (360, 780), "desk": (1280, 900)}
PAGES = {
    "executive": ["health", "accounts", "cases", "waves"],
    "leader": ["health", "accounts"],
    "admin": ["waves", "waves/{wave}", "calls", "cases", "accounts/999"],
    "mona": ["accounts", "accounts/{nordwind}", "responses/{anna}", "cases", "cases/{case}"],
    "support": ["calls", "calls/{call}", "calls/{call}/form", "cases"],
}


def sign_in(page: Page, live_server: str, person: Person) -> None:
    page.goto(f"{live_server}/staff/")
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_an_account_manager_works_a_case_by_keyboard_alone(
    page: Page, live_server: str, office: Office
) -> None:
    page.goto(f"{live_server}/staff/cases/{office.case}")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(office.cast.mona.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Anna Adler waits for an answer")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    reach(page, "kind")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("New carrier from May.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text("reached: New carrier from May.")).to_be_visible()


def reach(page: Page, name: str) -> None:
    """Press Tab until the field of that name has the focus."""
    for _ in range(40):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} cannot be reached by keyboard")


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desk", "dark")])
def test_axe_finds_nothing_and_nothing_sticks_out(
    app: Flask, browser: Browser, live_server: str, office: Office, *, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]  # one of the two that there are
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    for role, paths in PAGES.items():
        cookie = signed_in(app, getattr(office.cast, role)).client.get_cookie("surveyd")
        assert cookie
        context.add_cookies([{"name": "surveyd", "value": cookie.value, "url": live_server}])
        for path in paths:
            wrong += faults(page, live_server + "/staff/" + filled(path, office))
    context.close()
    assert not wrong, "\n".join(wrong)


def filled(path: str, office: Office) -> str:
    return path.format(
        wave=office.wave,
        nordwind=office.cast.nordwind,
        anna=office.anna,
        case=office.case,
        call=office.call,
    )


def faults(page: Page, url: str) -> list[str]:
    """What axe finds on a page, and whether it is wider than the window."""
    page.goto(url)
    found = [f"{url}: {one['id']} at {one['nodes'][0]['target']}" for one in axe(page)]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append(f"{url}: sticks out to the side")
    return found


def axe(page: Page) -> list[dict[str, list[dict[str, object]]]]:
    violations: list[dict[str, list[dict[str, object]]]] = Axe().run(page).response["violations"]
    return violations
