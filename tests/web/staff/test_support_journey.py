"""Support's day in a real browser: the next person, an outcome, the questionnaire on the telephone."""

import re

import pytest
from playwright.sync_api import Page, expect

from surveyd.distribution.call_models import Call, CallOutcome, CallState
from surveyd.responses.models import Response
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office
from tests.web.staff.test_journeys import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


def title(page: Page, says: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(says)


def test_support_works_through_the_call_list(
    page: Page, live_server: str, office: Office, reader: Transaction, writer: Transaction
) -> None:
    sign_in(page, live_server, office.cast.support)
    title(page, "1 person is to be called, 1 of them now")

    page.get_by_role("button", name="Next person").click()
    title(page, "Call Sofie Sommer")
    expect(page.get_by_role("link", name="+49 30 901820")).to_have_attribute("href", "tel:+4930901820")
    page.get_by_label("Call back at").press("Enter")  # records nothing without a time
    expect(page.get_by_text("Say when to call back.")).to_be_visible()
    page.get_by_label("Note").fill("Rang ten times.")
    page.get_by_role("button", name="No answer").click()
    title(page, "1 person is to be called, 0 of them now")
    expect(page.get_by_text("Your day: 1 attempt, 0 reached, 0 completed")).to_be_visible()

    with writer() as session:  # four hours later
        session.get_one(Call, office.call).not_before = NOW
    page.reload()
    page.get_by_role("button", name="Next person").click()
    expect(page.get_by_text("Rang ten times.")).to_be_visible()
    page.get_by_role("link", name="Fill in the questionnaire").click()
    expect(page.get_by_text("Am I speaking with Sofie Sommer?")).to_be_visible()
    page.locator("label:has(input[name=recommend][value='9'])").click()
    for _ in range(8):
        if page.locator("#receipt").count():
            break
        with page.expect_navigation():  # what is being saved goes out before it
            page.get_by_role("button", name=re.compile("^(Next|Send my answers)$")).click()
    expect(page.locator("#receipt")).to_be_visible()

    page.get_by_role("button", name="Next person").click()
    title(page, "Nobody is to be called")
    expect(page.get_by_text("Your day: 2 attempts, 1 reached, 1 completed")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    title(page, "Sign in")
    with reader() as session:
        call = session.get_one(Call, office.call)
        assert (call.state, call.outcome, call.attempts) == (CallState.DONE, CallOutcome.COMPLETED, 2)
        response = session.query(Response).filter_by(invitation_id=office.sofie_invitation).one()
        assert (response.channel, response.interviewer_id) == ("phone", office.cast.support.id)
