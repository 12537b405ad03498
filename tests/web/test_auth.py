"""Signing in and out."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveyd.people.models import User
from surveyd.web.auth import OWN_PAGE
from surveyd.web.limits import WRONG_PASSWORDS_OF_ADDRESS, guesses
from tests.fixtures.apps import MakeApp, Transaction
from tests.fixtures.cast import PASSWORD, Cast

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
FAILED = "The e-mail address or the password is not right."


def form_token(client: FlaskClient, path: str = "/staff/login") -> str:
    found = TOKEN.search(client.get(path).text)
    assert found
    return found[1]


def sign_in(
    client: FlaskClient, email: str, password: str = PASSWORD, *, path: str = "/staff/login", **more: str
) -> TestResponse:
    fields = {"csrf_token": form_token(client), "email": email, "password": password, **more}
    return client.post(path, data=fields)


def test_the_right_password_opens_the_start_page(client: FlaskClient, cast: Cast) -> None:
    response = sign_in(client, "Mona@Company.test ")

    assert (response.status_code, response.location) == (302, "/staff/")
    assert client.get("/staff/accounts").status_code == 200
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_bound_to_the_host(make_app: MakeApp, cast: Cast) -> None:
    client = make_app(base_url="https://survey.example").test_client()

    cookie = client.get("/staff/login", base_url="https://survey.example").headers["Set-Cookie"]

    assert cookie.startswith("__Host-surveyd=")
    assert "Secure" in cookie


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("mona@company.test", "wrong password"),
        ("nobody@company.test", PASSWORD),
        ("mona@company.test", ""),
        ("", PASSWORD),
        ("no address", PASSWORD),
        ("off@company.test", PASSWORD),
        ("none@company.test", PASSWORD),
    ],
)
def test_every_failure_looks_the_same(
    client: FlaskClient, cast: Cast, writer: Transaction, *, email: str, password: str
) -> None:
    with writer() as session:
        session.get_one(User, cast.milo.id).email = "off@company.test"
        session.get_one(User, cast.milo.id).active = False
        session.get_one(User, cast.outsider.id).email = "none@company.test"
        session.get_one(User, cast.outsider.id).password = None

    response = sign_in(client, email, password)

    assert response.status_code == 200
    assert FAILED in response.text
    assert client.get("/staff/").status_code == 303


def test_the_session_of_before_is_worth_nothing_after(client: FlaskClient, cast: Cast) -> None:
    token = form_token(client)
    before = client.get_cookie("surveyd")
    client.post("/staff/login", data={"csrf_token": token, "email": cast.mona.email, "password": PASSWORD})
    after = client.get_cookie("surveyd")

    assert before and after and before.value != after.value
    assert form_token(client, "/staff/accounts") != token
    assert client.post("/staff/sign-out", data={"csrf_token": token}).status_code == 400


def test_after_signing_out_a_copied_cookie_opens_nothing(app: Flask, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.mona.email)
    cookie = client.get_cookie("surveyd")
    assert cookie
    thief = app.test_client()
    thief.set_cookie("surveyd", cookie.value)
    assert thief.get("/staff/accounts").status_code == 200

    response = client.post("/staff/sign-out", data={"csrf_token": form_token(client, "/staff/accounts")})

    assert (response.status_code, response.location) == (303, "/staff/login")
    assert client.get("/staff/accounts").status_code == 303
    assert thief.get("/staff/accounts").status_code == 303


def test_signing_in_needs_the_form_s_token(client: FlaskClient, cast: Cast) -> None:
    response = client.post("/staff/login", data={"email": cast.mona.email, "password": PASSWORD})

    assert response.status_code == 400
    assert client.get("/staff/").status_code == 303


def test_signing_in_writes_nothing(client: FlaskClient, cast: Cast, reader: Transaction) -> None:
    with reader() as session:
        before = session.get_one(User, cast.mona.id).password

    sign_in(client, cast.mona.email, role="admin", active="0", region="South")

    with reader() as session:
        mona = session.get_one(User, cast.mona.id)
        assert (mona.password, mona.role.value, mona.region) == (before, "account_manager", "")


HOSTILE = [
    "//e.test",
    "\\\\\\e.test",
    "////e.test",
    "https:e.test",
    "/\t/e.test",
    "/staff/\\e",
    "javascript:1",
]


def test_no_next_leads_off_the_site(app: Flask, cast: Cast) -> None:
    for where in ("//e.test", "/\t/e.test", "/staff//../\n/e.test"):
        by_field = sign_in(app.test_client(), cast.mona.email, next=where)
        assert by_field.location == "/staff/", where
        login = f"/staff/login?{urlencode({'next': where})}"
        assert sign_in(app.test_client(), cast.mona.email, path=login).location == "/staff/", where


@pytest.mark.parametrize("where", HOSTILE)
def test_what_is_no_page_of_ours_is_not_gone_to(where: str) -> None:
    assert not OWN_PAGE.fullmatch(where)


def test_next_leads_back_to_the_page_that_was_asked_for(client: FlaskClient, cast: Cast) -> None:
    asked = client.get("/staff/accounts?search=nord")
    assert asked.location == "/staff/login?next=/staff/accounts%3Fsearch%3Dnord"

    response = sign_in(client, cast.mona.email, path=asked.location)

    assert response.location == "/staff/accounts?search=nord"


def test_ten_wrong_passwords_lock_the_account_s_door_for_a_while(client: FlaskClient, cast: Cast) -> None:
    for _ in range(10):
        assert FAILED in sign_in(client, cast.mona.email, "wrong").text

    assert sign_in(client, cast.mona.email).status_code == 429
    assert sign_in(client, cast.milo.email).status_code == 302


def test_one_address_may_be_wrong_thirty_times(app: Flask, client: FlaskClient, cast: Cast) -> None:
    with app.app_context():
        for _ in range(29):
            guesses().count(WRONG_PASSWORDS_OF_ADDRESS, "127.0.0.1")
    assert FAILED in sign_in(client, "somebody@company.test", "wrong").text

    blocked = sign_in(client, cast.mona.email)

    assert blocked.status_code == 429
    assert "Too many tries" in blocked.text


def test_a_respondent_has_no_session_whatever_the_browser_sends(
    client: FlaskClient, cast: Cast, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    sign_in(client, cast.mona.email)

    with statements() as said:
        response = client.get("/s/wrong")

    assert "Set-Cookie" not in response.headers
    assert not [statement for statement in said if "users" in statement]
