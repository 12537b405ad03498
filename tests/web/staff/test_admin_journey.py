"""A program admin's day in a real browser: a program, a wave, its launch, its brakes; each page under axe."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import update

from surveyd.base.clock import SetClock, system_now
from surveyd.distribution.jobs import prepare_wave
from surveyd.distribution.models import Program, WaveState
from surveyd.distribution.touches import release_due
from surveyd.distribution.waves import find_wave
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office
from tests.web.staff.test_journeys import faults, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


def create_program(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("service")
    page.get_by_label("Company", exact=True).fill("Example Works")
    page.get_by_label("Sender", exact=True).fill("Eva Executive")
    page.get_by_label("Sender's address").fill("survey@company.test")
    page.get_by_label("Answers go to").fill("reply@company.test")
    page.get_by_label("Rest period in days").fill("0")
    page.get_by_role("button", name="Create the program").click()


def nobody_rests(writer: Transaction) -> None:
    """Of two programs the longer rest counts: those that were asked by the first one rest no more."""
    with writer() as session:
        session.execute(update(Program).values(rest_days=0))


def test_an_admin_brings_a_wave_on_its_way(  # noqa: PLR0917  # fixtures, by name
    page: Page, live_server: str, office: Office, app: Flask, writer: Transaction, clock: SetClock
) -> None:
    heading = page.get_by_role("heading", level=1)
    nobody_rests(writer)
    sign_in(page, live_server, office.cast.admin)
    expect(heading).to_have_text("2 of 3 have answered 2026H1")

    page.goto(f"{live_server}/staff/programs")
    page.get_by_text("Create a program").click()
    create_program(page)
    expect(heading).to_have_text("The program service of Example Works")

    page.get_by_label("Name", exact=True).fill("2026-service")
    page.get_by_role("button", name="Schedule the wave").click()
    expect(heading).to_have_text("2026-service would invite 3 contacts")

    page.get_by_label("Why does somebody get no mail?").fill("Sofie")
    page.get_by_role("button", name="Look it up").click()
    expect(heading).to_have_text("3 contacts would be in, 0 out")
    expect(page.get_by_text("would be invited", exact=True)).to_be_visible()
    page.get_by_role("link", name="Back to 2026-service").click()

    page.get_by_text("Launch to 3 contacts", exact=True).click()
    page.get_by_role("button", name="Yes, launch to 3 contacts").click()
    expect(page.get_by_text("0 of 3 contacts are looked at")).to_be_visible()
    with writer() as session:
        wave_id = find_wave(session, "2026-service").id
    with app.app_context():
        prepare_wave(wave_id)
    # Nobody presses anything: the page looks for itself.
    expect(page.get_by_text("0 of 3 invitations are out")).to_be_visible()
    with writer() as session:
        release_due(session, now=NOW, system_now=system_now(), mail_domain="mail.surveyd.test")

    page.get_by_role("button", name="Pause sending").click()
    expect(page.get_by_text("Paused: nothing goes out until you go on.")).to_be_visible()
    page.get_by_role("button", name="Go on sending").click()
    expect(page.get_by_role("button", name="Pause sending")).to_be_visible()

    page.get_by_role("link", name="Its mails in the outbox").click()
    expect(heading).to_have_text("3 mails are owed")
    page.get_by_role("link", name="Anna Adler").click()
    expect(heading).to_have_text("The invitation to Anna Adler is queued")
    expect(page.frame_locator("iframe.paper").get_by_text("Anna Adler")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(heading).to_have_text("Sign in")
    with writer() as session:
        assert find_wave(session, "2026-service").state is WaveState.OPEN


@pytest.mark.full  # a run of every day sees each page once, in test_every_page.py
def test_axe_finds_nothing_on_an_admins_pages(
    page: Page, live_server: str, office: Office, writer: Transaction
) -> None:
    sign_in(page, live_server, office.cast.admin)
    page.get_by_role("heading", level=1).wait_for()
    with writer() as session:
        session.get_one(Program, 1).rest_days = 0
    page.goto(f"{live_server}/staff/programs/1")
    page.get_by_label("Name", exact=True).fill("next")
    page.get_by_role("button", name="Schedule the wave").click()
    page.get_by_text("Launch to 3 contacts", exact=True).wait_for()

    wrong: list[str] = []
    for path in (
        "waves", "waves?state=paused", "waves/2", f"waves/{office.wave}", "waves/2/audience?sort=-account",
        f"waves/{office.wave}/audience", "calendar", "calendar?year=2030", "programs", "programs/1", "outbox",
        "outbox/1", "outbox?search=nobody",
    ):  # fmt: skip
        for width, height in ((360, 780), (1280, 900)):
            page.set_viewport_size({"width": width, "height": height})
            wrong += faults(page, f"{live_server}/staff/{path}")
    assert not wrong, "\n".join(wrong)
