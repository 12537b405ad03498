"""What people type comes back letter by letter, to them and to staff, and is never run."""

import re
from dataclasses import dataclass
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from surveyd.base.services import Services
from surveyd.base.tokens import token_digest
from surveyd.distribution.models import Invitation
from surveyd.distribution.questionnaires import publish
from surveyd.responses.models import Response
from tests.base.naughty import NAUGHTY, SCRIPTS, TEMPLATES
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import open_wave
from tests.fixtures.cast import Person
from tests.forms.drawn_pages import every_kind
from tests.web.offices import signed_in
from tests.web.staff.test_journeys import sign_in

TEXTS = {
    "channel_other": "choices",
    "topics_other": "choices",
    "nickname": "lines",
    "story": "lines",
    "reach_name": "you",
}
"""All that takes any words, and its page."""
ELSE = {"channel": "elsewhere", "topics": "thing", "agreed": "yes", "recommend": "3"}
PAGES = ("first", "scales", "choices", "lines", "you")
AT_ONCE = len(TEXTS)
LINE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
FULL = "\n".join((*SCRIPTS, *TEMPLATES))


@dataclass(frozen=True)
class Asked:
    """Links of people who are asked every kind of question, and who of ours reads it."""

    links: list[str]
    admin: Person


@pytest.fixture
def asked(writer: Transaction, services: Services) -> Asked:
    with writer() as session:
        asking = open_wave(session, NOW)
        links = []
        for number in range(-(-len(NAUGHTY) // AT_ONCE)):
            invitation_id = asking.ask_somebody(number)
            token = services.keys.survey_token(invitation_id)
            session.get_one(Invitation, invitation_id).token_digest = token_digest(token)
            links.append(f"/s/{token}")
        version_id = publish(session, every_kind(), now=NOW)
        session.flush()
        session.execute(update(Invitation).values(version_id=version_id))
        return Asked(links, asking.people.admin)


def send(client: FlaskClient, link: str, texts: dict[str, str]) -> None:
    """Answer page by page, and look at each page again before the next."""
    for page in PAGES:
        typed = {item: text for item, text in texts.items() if TEXTS[item] == page}
        client.post(link, data={"page": page, "lang": "en", "go": "next", **ELSE, **typed})
        again = client.get(f"{link}?page={page}").text
        for item, text in typed.items():
            assert field(again, item) == text
    sent = client.post(link, data={"page": "you", "lang": "en", "go": "send", **ELSE})
    assert 'id="receipt"' in sent.text


def field(html: str, item: str) -> str:
    """What a field of the page holds."""
    line = re.search(rf'<input [^>]*id="{item}"[^>]* value="([^"]*)"', html)
    area = re.search(rf'<textarea [^>]*id="{item}"[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    found = line or area
    assert found, item
    return unescape(found[1])


def test_every_text_comes_back_as_it_was_typed(app: Flask, asked: Asked, reader: Transaction) -> None:
    staff, respondent = signed_in(app, asked.admin), app.test_client()
    for number, link in enumerate(asked.links):
        chunk = NAUGHTY[number * AT_ONCE : (number + 1) * AT_ONCE]
        texts = dict(zip(TEXTS, chunk, strict=False))
        send(respondent, link, texts)
        with reader() as session:
            response = session.scalars(select(Response).order_by(Response.id.desc()).limit(1)).one()
        assert {item: response.answers[item] for item in texts} == texts
        pages = [staff.get(f"/staff/responses/{response.id}"), respondent.get(f"{link}/answers")]
        for page in pages:
            seen = unescape(page.text)
            assert page.status_code == 200
            assert [text for text in chunk if text not in seen] == []


@pytest.mark.browser
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nothing_that_was_typed_is_run(
    page: Page, live_server: str, asked: Asked, client: FlaskClient
) -> None:
    """The page fixture fails on whatever the browser reports: refused scripts, and requests elsewhere."""
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    texts = dict.fromkeys(TEXTS, LINE) | {"story": FULL}
    sent, open_link = asked.links[:2]
    send(client, sent, texts)
    for name in ("choices", "lines", "you"):
        page.goto(f"{live_server}{open_link}?page={name}")
        mine = {item: text for item, text in texts.items() if TEXTS[item] == name}
        for item, text in mine.items():
            page.locator(f"#{item}").fill(text)
        page.get_by_role("button", name="Back").click()
        page.goto(f"{live_server}{open_link}?page={name}")
        for item, text in mine.items():
            expect(page.locator(f"#{item}")).to_have_value(text)
    for path in (sent, f"{sent}/answers"):
        page.goto(live_server + path)
    shown = page.locator("dd").filter(has_text="alert(1)")
    assert shown.all_text_contents() == [texts[item] for item in TEXTS]
    sign_in(page, live_server, asked.admin)
    page.goto(f"{live_server}/staff/responses/1")
    assert FULL in page.locator("dd").filter(has_text="alert(1)").all_text_contents()
