"""What stands around every answer, and what a request may bring along."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveyd.web.headers import LARGEST_BODY
from tests.fixtures.apps import MakeApp
from tests.fixtures.cast import Cast

# None of this depends on the database.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/staff/login", 200),
        ("/nowhere", 404),
        ("/health", 200),
        ("/s/wrong", 404),
        ("/static/tokens.css", 200),
    ],
)
def test_every_answer_has_the_headers(client: FlaskClient, cast: Cast, path: str, status: int) -> None:
    response = client.get(path)

    assert response.status_code == status
    assert EVERYWHERE.items() <= dict(response.headers).items()
    policy = response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "Strict-Transport-Security" not in response.headers
    assert ("no-store" in response.headers["Cache-Control"]) == (not path.startswith("/static"))
    response.close()


@pytest.mark.parametrize("method", ["TRACE", "DELETE", "PUT", "PATCH"])
def test_a_method_that_nobody_needs_is_refused(client: FlaskClient, cast: Cast, method: str) -> None:
    response = client.open("/staff/login", method=method)

    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert EVERYWHERE.items() <= dict(response.headers).items()


def test_an_error_that_nobody_expected_shows_nothing_of_it(make_app: MakeApp, cast: Cast) -> None:
    app = make_app(smtp_connections="3")
    app.view_functions["health.health"] = broken

    response = app.test_client().get("/health", headers={"Accept": "text/html"})

    assert response.status_code == 500
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert EVERYWHERE.items() <= dict(response.headers).items()


def broken() -> str:
    raise RuntimeError("the secret of the house")


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "survey.example.evil.test"])
def test_an_unknown_host_is_refused(client: FlaskClient, cast: Cast, host: str) -> None:
    response = client.get("/staff/login", headers={"Host": host})

    assert response.status_code == 400
    assert host not in response.text


@pytest.mark.parametrize("host", ["survey.example", "survey.example:8443", "127.0.0.1:8000", "localhost"])
def test_our_own_names_are_answered(make_app: MakeApp, cast: Cast, host: str) -> None:
    client = make_app(base_url="https://survey.example").test_client()

    response = client.get("/staff/login", headers={"Host": host})

    assert response.status_code == 200
    assert response.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize("proxies", ["0", "1"])
def test_a_forwarded_host_changes_nothing(make_app: MakeApp, cast: Cast, proxies: str) -> None:
    client = make_app(base_url="https://survey.example", proxies=proxies).test_client()
    lies = {"Host": "survey.example", "X-Forwarded-Host": "evil.test", "Forwarded": "host=evil.test"}

    response = client.get("/staff/accounts", headers=lies)

    assert response.location.startswith("/staff/login")
    assert "evil" not in str(response.headers)


def test_too_much_at_once_is_refused_in_words(client: FlaskClient, cast: Cast) -> None:
    response = client.post("/staff/login", data={"email": "x" * (LARGEST_BODY + 1)})

    assert response.status_code == 413
    assert "too much at once" in response.text


def test_an_error_speaks_the_reader_s_language_and_json_if_asked(app: Flask, cast: Cast) -> None:
    client = app.test_client()

    assert "Hier ist nichts" in client.get("/nowhere", headers={"Accept-Language": "de"}).text
    assert "There is nothing here" in client.get("/nowhere", headers={"Accept-Language": "pt"}).text
    as_json = client.get("/nowhere", headers={"Accept": "application/json"})
    assert as_json.get_json()["error"]["status"] == 404
    assert client.post("/health").get_json()["error"]["status"] == 405
