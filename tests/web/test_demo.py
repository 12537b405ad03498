"""The demo's mail catcher."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from surveyd.base.services import EXTENSION
from surveyd.operations.catcher import keep_mail
from tests.fixtures.apps import MakeApp
from tests.fixtures.cast import Cast

# None of this depends on the database.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

MAIL = b"""From: Eva <survey@company.test>\r
To: anna@nordwind.test\r
Subject: How are we <i>doing</i>?\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary=x\r
\r
--x\r
Content-Type: text/plain; charset=utf-8\r
\r
Open http://127.0.0.1:8000/s/abc <script>\r
--x\r
Content-Type: text/html; charset=utf-8\r
\r
<html><head><style>p{color:red}</style></head><body><p>Hello</p></body></html>\r
--x--\r
"""


@pytest.fixture
def demo(make_app: MakeApp, cast: Cast) -> Flask:
    return make_app(env="demo")


def keep(app: Flask) -> str:
    return keep_mail(
        app.extensions[EXTENSION].config.data,
        sender="b-1-x@mail.surveyd.test",
        recipients=("anna@nordwind.test",),
        content=MAIL,
        at=datetime(2026, 3, 10, 9, tzinfo=UTC),
    )


def test_no_mail_yet(demo: Flask) -> None:
    page = demo.test_client().get("/demo/mail").text

    assert "0 mails were caught" in page
    assert "Launch a wave" in page


def test_a_mail_is_shown_as_its_recipient_sees_it(demo: Flask) -> None:
    key = keep(demo)
    client = demo.test_client()

    assert "1 mail was caught" in client.get("/demo/mail").text
    assert "How are we &lt;i&gt;doing" in client.get("/demo/mail?to=ANNA").text
    assert "How are we" not in client.get("/demo/mail?to=nobody").text
    page = client.get(f"/demo/mail/{key}").text
    assert "&lt;script&gt;" in page
    assert '<a href="http://127.0.0.1:8000/s/abc"' in page
    assert "Subject: How are we &lt;i&gt;doing" in page


def test_a_mail_s_own_styles_stay_in_its_frame(demo: Flask) -> None:
    key = keep(demo)

    response = demo.test_client().get(f"/demo/mail/{key}/html")

    assert '<base target="_blank"><style>' in response.text
    policy = response.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy


@pytest.mark.parametrize("key", ["1", "..", "0000000000000000-1-1", "%2e%2e%2fsecret-key"])
def test_an_unknown_mail_is_a_404(demo: Flask, key: str) -> None:
    assert demo.test_client().get(f"/demo/mail/{key}").status_code == 404
    assert demo.test_client().get(f"/demo/mail/{key}/html").status_code == 404


def test_outside_the_demo_there_is_no_catcher(app: Flask, cast: Cast) -> None:
    assert app.test_client().get("/demo/mail").status_code == 404
