"""An admin in a real browser: a file that a worker reads, a new user who chooses a password; and axe."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from surveyd import schedule
from surveyd.people.jobs import work_on_upload
from surveyd.people.models import Upload, UploadState
from surveyd.web.staff import upload_work
from tests.fixtures.apps import Transaction
from tests.fixtures.cast import PASSWORD
from tests.fixtures.relays import Relay
from tests.web.offices import Office

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
PAGES = ("imports", "imports/1", "users", "users/1", "me", "templates", "templates/letter?language=de")
GOOD = "several words nobody guesses"


def enter(page: Page, live_server: str, office: Office) -> None:
    page.goto(f"{live_server}/staff/imports")
    page.get_by_label("E-mail address").fill(office.cast.admin.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def send(page: Page, path: Path) -> None:
    path.write_text("id,account,name\nC1,NORDWIND,Ben Brandt\n")
    page.get_by_label("contacts").first.check()
    page.get_by_label("CSV or XLSX file").set_input_files(path)
    page.get_by_role("button", name="Upload and look").click()


def test_the_page_of_a_long_import_follows_its_worker(
    app: Flask,
    page: Page,
    live_server: str,
    cast_alone: Office,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upload_work, "AT_ONCE", dict.fromkeys(upload_work.AT_ONCE, 1))
    heading = page.get_by_role("heading", level=1)
    enter(page, live_server, cast_alone)
    send(page, tmp_path / "list.csv")
    expect(heading).to_have_text("The file is being read")
    with app.app_context():
        work_on_upload(1)
    expect(heading).to_have_text("1 contact can be imported")
    page.get_by_role("button", name="Import 1 contact").click()
    expect(heading).to_have_text("Being imported: 1 contact")
    with app.app_context():
        work_on_upload(1)
    expect(heading).to_have_text("Imported: 1 contact")


def test_a_new_user_chooses_a_password_and_signs_in(
    app: Flask, page: Page, live_server: str, cast_alone: Office, relay: Relay
) -> None:
    enter(page, live_server, cast_alone)
    page.goto(f"{live_server}/staff/users")
    form = page.locator("form", has=page.get_by_role("button", name="Add and mail the link"))
    form.get_by_label("E-mail address").fill("nina@company.test")
    form.get_by_label("Name").fill("Nina Neu")
    form.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nina Neu has not chosen a password yet")
    page.get_by_role("button", name="Sign out").click()
    schedule.tick(app)

    [link] = [word for word in relay.received[0].body().split() if "/p/" in word]
    page.goto(link)
    page.get_by_label("New password").fill(GOOD)
    page.get_by_label("The same again").fill(GOOD)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_label("E-mail address").fill("nina@company.test")
    page.get_by_label("Password").fill(GOOD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("link", name="Nina Neu")).to_be_visible()


@pytest.mark.full  # a run of every day sees each page once, in test_every_page.py
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_axe_finds_nothing_and_nothing_sticks_out(
    page: Page,
    live_server: str,
    cast_alone: Office,
    tmp_path: Path,
    reader: Transaction,
    *,
    width: int,
    scheme: str,
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two that there are
    for path in ("forgot", "login"):
        page.goto(f"{live_server}/staff/{path}")
        assert Axe().run(page).violations_count == 0, path
    enter(page, live_server, cast_alone)
    send(page, tmp_path / "list.csv")
    with reader() as session:
        assert session.scalars(select(Upload.state)).one() is UploadState.PLANNED
    for path in PAGES:
        page.goto(f"{live_server}/staff/{path}")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
