"""Passwords that were forgotten: a link by mail, once, for a while, and nothing said to others."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from surveyd.base.clock import system_now
from surveyd.base.services import Services
from surveyd.distribution.models import Message
from surveyd.people.models import AuditEntry, LinkPurpose, SignInLink, User
from surveyd.people.passwords import fits_password
from surveyd.people.sign_in_links import make_link
from tests.fixtures.apps import MakeApp, Transaction
from tests.fixtures.cast import PASSWORD, Cast, Person, csrf_token

GOOD = "several words nobody guesses"
FORGOT = "/staff/forgot"
SENT = "Look into your mailbox"
SPENT = "This link opens nothing any more"

Link = Callable[[Person], str]


def ask(client: FlaskClient, email: str, **headers: str) -> TestResponse:
    token = csrf_token(client.get(FORGOT).text)
    return client.post(FORGOT, data={"csrf_token": token, "email": email}, headers=headers)


def choose(client: FlaskClient, path: str, password: str = GOOD, again: str = "") -> TestResponse:
    token = csrf_token(client.get(FORGOT).text)
    fields = {"csrf_token": token, "password": password, "again": again or password}
    return client.post(path, data=fields)


@pytest.fixture
def link(writer: Transaction, services: Services) -> Link:
    """`link(cast.mona)` is the address in a mail that has just been queued for her."""

    def make(person: Person) -> str:
        with writer() as session:
            user = session.get_one(User, person.id)
            made = make_link(session, user, purpose=LinkPurpose.RESET, system_now=system_now())
            return f"/p/{services.keys.sign_in_token(made.id)}"

    return make


def test_a_known_address_gets_a_mail_and_an_unknown_one_the_same_answer(
    app: Flask, cast: Cast, reader: Transaction
) -> None:
    known = ask(app.test_client(), " MONA@company.test ")
    unknown = ask(app.test_client(), "nobody@company.test")

    assert (known.status_code, unknown.status_code) == (200, 200)
    assert SENT in known.text and known.text == unknown.text
    assert {name for name, _ in known.headers} == {name for name, _ in unknown.headers}
    with reader() as session:
        mail = session.scalars(select(Message)).one()
        assert (mail.name, mail.recipient, mail.user_id) == ("password_reset", cast.mona.email, cast.mona.id)
        assert "/p/" not in str(mail.context)
        trail = session.scalars(select(AuditEntry.thing_id).order_by(AuditEntry.id)).all()
        assert trail == [cast.mona.id, None]


def test_who_is_switched_off_gets_no_mail(
    client: FlaskClient, cast: Cast, writer: Transaction, reader: Transaction
) -> None:
    with writer() as session:
        session.get_one(User, cast.mona.id).active = False

    assert SENT in ask(client, cast.mona.email).text
    with reader() as session:
        assert session.scalars(select(Message.id)).all() == []


@pytest.mark.parametrize("email", ["", " ", "x" * 255])
def test_what_is_no_address_is_said(client: FlaskClient, cast: Cast, email: str) -> None:
    assert ask(client, email).status_code == 422


def test_no_host_but_our_own_comes_into_the_link(make_app: MakeApp, cast: Cast, reader: Transaction) -> None:
    client = make_app(base_url="https://survey.example").test_client()
    page = client.get(FORGOT, base_url="https://survey.example")
    fields = {"csrf_token": csrf_token(page.text), "email": cast.mona.email}
    lies = {"X-Forwarded-Host": "evil.test", "Forwarded": "host=evil.test"}

    sent = client.post(FORGOT, data=fields, headers=lies, base_url="https://survey.example")
    refused = client.post(FORGOT, data=fields, base_url="https://evil.test")

    assert (sent.status_code, refused.status_code) == (200, 400)
    with reader() as session:
        assert "evil" not in str(session.scalars(select(Message.context)).one())


def test_asking_is_limited_by_account_and_needs_the_form_s_token(client: FlaskClient, cast: Cast) -> None:
    answers = [ask(client, cast.mona.email).status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]
    assert ask(client, cast.milo.email).status_code == 200
    assert client.post(FORGOT, data={"email": cast.milo.email}).status_code == 400


def test_a_link_sets_the_password_once_and_ends_every_session(
    app: Flask, cast: Cast, link: Link, reader: Transaction, signed_in: Callable[[Person], FlaskClient]
) -> None:
    before, client, path = signed_in(cast.mona), app.test_client(), link(cast.mona)
    for _ in range(3):
        assert cast.mona.email in client.get(path).text

    answer = choose(client, path)

    assert (answer.status_code, answer.location) == (303, "/staff/login?chosen=yes")
    assert "Your new password is set" in client.get(answer.location).text
    assert before.get("/staff/accounts").status_code == 303
    with reader() as session:
        kept = session.get_one(User, cast.mona.id).password
        assert fits_password(kept, GOOD) and not fits_password(kept, PASSWORD)
    again = choose(client, path, "another set of good words")
    assert again.status_code == 410 and SPENT in again.text
    assert client.get(path).status_code == 410
    with reader() as session:
        assert session.get_one(User, cast.mona.id).password == kept


def test_a_newer_link_makes_the_older_one_worthless(client: FlaskClient, cast: Cast, link: Link) -> None:
    older, newer, other = link(cast.mona), link(cast.mona), link(cast.milo)

    assert [client.get(path).status_code for path in (older, newer, other)] == [410, 200, 200]


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "", "use at least 12"),
        ("password1234", "", "common ones"),
        ("mona@company.test", "", "made of the address"),
        (GOOD, "something else", "not the same"),
        ("", "", "Choose a password."),
    ],
)
def test_a_bad_choice_is_said_and_spends_nothing(
    client: FlaskClient, cast: Cast, link: Link, *, password: str, again: str, said: str
) -> None:
    path = link(cast.mona)
    answer = choose(client, path, password, again)

    assert answer.status_code == 422 and said in answer.text
    assert choose(client, path).status_code == 303


def test_a_link_that_is_too_old_opens_nothing(
    client: FlaskClient, cast: Cast, link: Link, writer: Transaction
) -> None:
    path = link(cast.mona)
    with writer() as session:
        row = session.scalars(select(SignInLink)).one()
        assert row.expires_at - row.made_at == timedelta(hours=1)
        row.expires_at = system_now() - timedelta(seconds=1)

    assert client.get(path).status_code == 410
    assert choose(client, path).status_code == 410


def test_a_link_of_somebody_who_is_switched_off_opens_nothing(
    client: FlaskClient, cast: Cast, link: Link, writer: Transaction
) -> None:
    path = link(cast.mona)
    with writer() as session:
        session.get_one(User, cast.mona.id).active = False

    assert client.get(path).status_code == 410


def test_a_forged_link_is_not_there_and_guessing_is_limited(
    client: FlaskClient, cast: Cast, link: Link
) -> None:
    path = link(cast.mona)
    number = int(path.removeprefix("/p/").partition(".")[0])
    forged = [f"{path}x", path[:-1], f"/p/{number + 1}.{path.partition('.')[2]}", "/p/1", "/p/.", "/p/x.y"]

    assert [client.get(one).status_code for one in forged] == [404] * len(forged)
    answers = [client.get("/p/1.AAAA").status_code for _ in range(30)]
    assert answers[-1] == 429
    assert client.get(path).status_code == 200


def test_more_fields_than_the_form_has_change_nothing(
    client: FlaskClient, cast: Cast, link: Link, reader: Transaction
) -> None:
    token = csrf_token(client.get(FORGOT).text)
    extra = {
        "role": "admin",
        "email": "x@y.test",
        "user_id": str(cast.admin.id),
        "username": cast.admin.email,
    }
    fields = {"csrf_token": token, "password": GOOD, "again": GOOD, **extra}

    assert client.post(link(cast.mona), data=fields).status_code == 303

    with reader() as session:
        mona, admin = session.get_one(User, cast.mona.id), session.get_one(User, cast.admin.id)
        assert (mona.role.value, mona.email) == ("account_manager", cast.mona.email)
        assert fits_password(mona.password, GOOD) and fits_password(admin.password, PASSWORD)


def test_the_sign_in_page_leads_there(client: FlaskClient, cast: Cast) -> None:
    assert f'href="{FORGOT}"' in client.get("/staff/login").text
