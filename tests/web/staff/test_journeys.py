"""Staff in a real browser: a case by keyboard alone, and a leader who looks after the team."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.fixtures.cast import PASSWORD, Person
from tests.web.offices import Office

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


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
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_regional_leader_looks_after_the_team(page: Page, live_server: str, office: Office) -> None:
    sign_in(page, live_server, office.cast.leader)
    expect(page.get_by_role("heading", level=1)).to_have_text("2 of 2 have answered 2026H1")
    page.get_by_role("link", name="By account manager").click()
    expect(page.get_by_text("Milo Manager")).to_have_count(0)
    page.get_by_role("link", name="Mona Manager").click()
    expect(page.get_by_role("link", name="Nordwind")).to_be_visible()

    page.get_by_role("link", name="Follow-up").click()
    page.get_by_role("link", name="Anna Adler").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Anna Adler")
    page.goto(f"{live_server}/staff/accounts/{office.cast.sudwerk}")
    expect(page.get_by_text("There is nothing here")).to_be_visible()

    page.goto(f"{live_server}/staff/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def reach(page: Page, name: str) -> None:
    """Press Tab until the field of that name has the focus."""
    for _ in range(40):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} cannot be reached by keyboard")


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
