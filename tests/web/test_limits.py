"""Wrong links are counted, good ones never; and a queue that is gone costs a moment at most."""

import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveyd.base.services import Services
from surveyd.web.limits import BY_ITSELF_SECONDS, WRONG_LINKS, WRONG_PASSWORDS_OF_ADDRESS, guesses
from tests.fixtures.apps import MakeApp, Transaction
from tests.fixtures.cast import Cast
from tests.web.conftest import SilentPort
from tests.web.respondents import Letters, send_letters

# None of this depends on the database.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def letters(writer: Transaction, services: Services) -> Letters:
    with writer() as session:
        return send_letters(session, services.keys)


def spend(app: Flask, address: str = "127.0.0.1") -> None:
    """Use up the wrong links of an address."""
    with app.app_context():
        for _ in range(30):
            guesses().count(WRONG_LINKS, address)


def test_thirty_wrong_links_a_minute_and_a_good_one_still_works(
    client: FlaskClient, letters: Letters
) -> None:
    statuses = [client.get(f"/s/wrong{number}").status_code for number in range(32)]

    assert statuses == [404] * 30 + [429] * 2
    assert client.get(letters.anna).status_code == 200
    assert client.post("/s/wrong", data={"go": "send"}).status_code == 429


def test_the_two_kinds_of_link_share_one_count(app: Flask, client: FlaskClient, letters: Letters) -> None:
    spend(app)

    assert client.get("/u/1.2.forged").status_code == 429
    assert client.post("/u/1.2.forged").status_code == 429
    assert client.get("/s/wrong").headers["Retry-After"] == "60"


def test_a_forged_address_does_not_help(app: Flask, client: FlaskClient, letters: Letters) -> None:
    spend(app)

    response = client.get("/s/wrong", headers={"X-Forwarded-For": "9.9.9.9", "Forwarded": "for=9.9.9.9"})

    assert response.status_code == 429


def test_behind_a_proxy_its_word_counts_and_nobody_else_s(make_app: MakeApp, cast: Cast) -> None:
    app = make_app(proxies="1")
    spend(app, "9.9.9.9")

    def ask(forwarded: str) -> TestResponse:
        return app.test_client().get("/s/wrong", headers={"X-Forwarded-For": forwarded})

    assert ask("9.9.9.9").status_code == 429
    assert ask("1.1.1.1, 9.9.9.9").status_code == 429
    assert ask("9.9.9.9, 8.8.8.8").status_code == 404


def test_one_network_of_ipv6_is_one_customer(make_app: MakeApp, cast: Cast) -> None:
    app = make_app(proxies="1")
    spend(app, "2001:db8:1:2::")

    def ask(address: str) -> int:
        return app.test_client().get("/s/wrong", headers={"X-Forwarded-For": address}).status_code

    assert ask("2001:db8:1:2::77") == 429
    assert ask("2001:db8:1:3::77") == 404


def test_an_opened_link_clears_no_wrong_password(app: Flask, client: FlaskClient, letters: Letters) -> None:
    with app.app_context():
        for _ in range(30):
            guesses().count(WRONG_PASSWORDS_OF_ADDRESS, "127.0.0.1")

    client.get(letters.anna)

    with app.app_context():
        assert guesses().spent(WRONG_PASSWORDS_OF_ADDRESS, "127.0.0.1")


def test_counts_are_shared_between_processes(make_app: MakeApp, app: Flask, cast: Cast) -> None:
    neighbour = make_app(smtp_connections="2")
    spend(neighbour)

    assert app.test_client().get("/s/wrong").status_code == 429


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/queue.sock"])
def test_without_a_queue_each_process_counts_by_itself(make_app: MakeApp, cast: Cast, url: str) -> None:
    app = make_app(redis_url=url)
    client = app.test_client()

    began = time.monotonic()
    statuses = [client.get(f"/s/wrong{number}").status_code for number in range(31)]

    assert statuses == [404] * 30 + [429]
    assert time.monotonic() - began < BY_ITSELF_SECONDS


def test_a_silent_queue_is_asked_once_and_then_left_alone(
    make_app: MakeApp, cast: Cast, silent: SilentPort
) -> None:
    app = make_app(redis_url=f"redis://127.0.0.1:{silent.number}/0")
    client = app.test_client()

    assert client.get("/s/wrong").status_code == 404
    assert silent.callers() == 1
    assert client.get("/s/wrong").status_code == 404
    assert silent.callers() == 0
