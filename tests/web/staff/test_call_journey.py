"""Somebody calls from a phone: the list, a call that is answered meanwhile, paper and the calendar."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import literal, select

from surveyd.distribution.invitations import ToCome, answer, take_back, to_come
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, signed_in

TALL = 48
ENDS = "Record, and on to the next person"


@pytest.fixture
def phone(page: Page, app: Flask, office: Office, live_server: str) -> Page:
    """A phone of 360 pixels in the hand of somebody of support."""
    cookie = signed_in(app, office.cast.support).client.get_cookie("surveyd")
    assert cookie
    page.context.add_cookies([{"name": "surveyd", "value": cookie.value, "url": live_server}])
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{live_server}/staff/calls")
    return page


def test_a_call_from_a_phone_that_is_answered_meanwhile(
    phone: Page, office: Office, writer: Transaction
) -> None:
    phone.get_by_role("button", name="Next person").click()
    expect(phone.get_by_role("heading", level=1, name="Call Sofie Sommer")).to_be_visible()
    number = phone.get_by_role("link", name="+49 30 901820")
    expect(number).to_have_attribute("href", "tel:+4930901820")
    buttons = [
        phone.get_by_role("button", name=name)
        for name in ("No answer", "Left a message", "Call back then", ENDS)
    ]
    for target in (number, *buttons):
        box = target.bounding_box()
        assert box
        assert box["height"] >= TALL, target
    phone.get_by_label("Note", exact=True).fill("Half a word")
    assert not phone.get_by_text("They have just answered").is_visible()

    with writer() as session:
        answer(session, office.sofie_invitation, now=NOW)
        ahead = ToCome(*session.execute(select(*to_come(literal(office.sofie_invitation)))).one())
        take_back(session, office.sofie_invitation, to_come=ahead, now=NOW)

    expect(phone.get_by_text("They have just answered: nobody needs to call any more.")).to_be_visible(
        timeout=15000
    )
    expect(phone.get_by_label("Note", exact=True)).to_have_value("Half a word")
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not phone.evaluate(wide)


def test_the_sheet_is_dark_on_white_when_a_dark_screen_prints_it(phone: Page, live_server: str) -> None:
    phone.emulate_media(media="print", color_scheme="dark")
    phone.set_viewport_size({"width": 1020, "height": 740})
    phone.goto(f"{live_server}/staff/calls/sheet")

    row = phone.get_by_role("row", name="Sofie Sommer")
    expect(row).to_have_css("color", "rgb(26, 35, 48)")
    expect(row.get_by_text("+49 30 901820")).to_have_css("white-space", "nowrap")
    expect(phone.get_by_role("columnheader", name="Outcome")).to_be_visible()
    expect(phone.get_by_role("link", name="Download the file")).not_to_be_visible()
    expect(phone.get_by_text("Outcomes: no answer, left message")).to_be_visible()
    box = row.bounding_box()
    assert box and box["height"] < TALL
