"""A respondent's open page and the interviewer's, at the same time: neither overwrites what the other did."""

import re

import pytest
from playwright.sync_api import Page, expect

from surveyd.base.services import Services
from surveyd.base.tokens import token_digest
from surveyd.distribution.models import Invitation
from surveyd.responses.models import Draft
from tests.fixtures.apps import Transaction
from tests.web.offices import Office, SignIn, Staff

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.fixture
def link(office: Office, services: Services, writer: Transaction) -> str:
    """Sofie's personal link; she is also to be called."""
    token = services.keys.survey_token(office.sofie_invitation)
    with writer() as session:
        session.get_one(Invitation, office.sofie_invitation).token_digest = token_digest(token)
    return f"/s/{token}"


@pytest.fixture
def support(office: Office, sign_in: SignIn) -> Staff:
    """Sam, who has the call."""
    staff = sign_in(office.cast.support)
    staff.post(f"/staff/calls/{office.call}/claim")
    return staff


@pytest.fixture
def opened(page: Page, live_server: str, link: str) -> Page:
    """Her page, with a clock that the test moves on."""
    page.clock.install()
    page.goto(f"{live_server}{link}?page=relationship&lang=en")
    return page


def choose(opened: Page, item: str, value: str) -> None:
    """Choose, and wait until it is saved."""
    opened.locator(f"label:has(input[name={item}][value='{value}'])").click()
    with opened.expect_response(lambda answer: answer.status == 204):
        opened.clock.fast_forward(3_000)


def test_both_save_the_same_page(opened: Page, office: Office, support: Staff, reader: Transaction) -> None:
    def stored() -> object:
        with reader() as session:
            return session.get_one(Draft, office.sofie_invitation).answers

    form = f"/staff/calls/{office.call}/form"
    choose(opened, "trust", "2")
    shown = re.search(r'name="seen" value="([^"]*)"', support.get(f"{form}?page=relationship").text)
    assert shown
    # On the telephone they say one more thing, while they change another on their page.
    said = {"page": "relationship", "lang": "en", "seen": shown[1], "trust": "2", "enjoy": "5"}
    choose(opened, "trust", "4")
    kept = support.post(form, **said, go="keep")
    assert kept.status_code == 204
    assert stored() == {"trust": 4, "enjoy": 5}
    support.post(form, **said | {"seen": kept.headers["Survey-Seen"], "trust": "3"}, go="next")
    choose(opened, "better", "1")
    assert stored() == {"trust": 3, "enjoy": 5, "better": 1}
    opened.get_by_role("button", name="Next").click()
    expect(opened.get_by_role("heading", level=1)).to_have_text("Working together")
    assert stored() == {"trust": 3, "enjoy": 5, "better": 1}
