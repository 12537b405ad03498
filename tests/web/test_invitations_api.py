"""The endpoint by which another program asks for invitations: with a key, once a request."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from surveyd.base.clock import SetClock
from surveyd.distribution.hook_keys import end_hook_key, make_hook_key
from surveyd.distribution.models import Invitation
from surveyd.distribution.return_models import HookKey, KeyUse
from surveyd.people.models import Contact
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import open_wave

Call = Callable[..., TestResponse]
BODY = {"program": "relationship", "contact": "anna-adler"}
LATER = NOW + timedelta(days=400)


@pytest.fixture
def key(writer: Transaction, clock: SetClock) -> str:
    """A key that works, and a program whose people were asked by nobody for a year."""
    clock.instant = LATER
    with writer() as session:
        open_wave(session, NOW)
        return make_hook_key(session, "CRM", use=KeyUse.INVITATIONS, by=None, now=LATER)


@pytest.fixture
def call(client: FlaskClient, key: str, contact: str) -> Call:
    def post(body: object = None, *, idempotency: str = "4711", bearer: str = key) -> TestResponse:
        headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": idempotency}
        asked = {"program": "relationship", "contact": contact} if body is None else body
        return client.post("/api/invitations", json=asked, headers=headers)

    return post


@pytest.fixture
def contact(key: str, reader: Transaction) -> str:
    """Anna's external id."""
    with reader() as session:
        return session.scalars(select(Contact.external_id).where(Contact.name == "Anna Adler")).one()


def invitations(reader: Transaction) -> int:
    with reader() as session:
        return session.execute(select(func.count()).select_from(Invitation)).scalar_one()


def test_a_request_invites_once(call: Call, reader: Transaction, contact: str) -> None:
    first, again = call(), call()

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json()
    assert first.get_json() == {
        "invited": True,
        "rule": "",
        "wave": f"relationship-triggered-{LATER:%Y-%m}",
        "contact": contact,
    }
    assert invitations(reader) == 1


def test_the_rules_of_every_wave_hold(call: Call, reader: Transaction) -> None:
    call()
    told = call(idempotency="4712")

    assert (told.status_code, told.get_json()["invited"]) == (201, False)
    assert told.get_json()["rule"] == "asked_already"
    assert invitations(reader) == 1


def test_a_key_stands_for_one_request(call: Call, reader: Transaction) -> None:
    call()
    with reader() as session:
        other = session.scalars(select(Contact.external_id).where(Contact.name == "Aziz Ahmed")).one()

    assert call({"program": "relationship", "contact": other}).status_code == 409
    assert invitations(reader) == 1


@pytest.mark.parametrize(
    "body",
    [
        [],
        "x",
        1,
        {},
        {"program": "relationship"},
        {"program": 1, "contact": "a"},
        {"program": "", "contact": ""},
    ],
)
def test_a_body_that_is_not_understood_changes_nothing(call: Call, reader: Transaction, body: object) -> None:
    told = call(body)

    assert told.status_code == 422 and told.get_json()["text"]
    assert invitations(reader) == 0


def test_nothing_else_can_be_set(call: Call, contact: str) -> None:
    told = call({"program": "relationship", "contact": contact, "rule": "", "source": "command"})

    assert told.status_code == 422 and "'rule', 'source'" in told.get_json()["text"]


def test_what_is_not_there_is_not_found(call: Call, contact: str) -> None:
    assert call({"program": "nothing", "contact": contact}).status_code == 404
    assert call({"program": "relationship", "contact": "nobody"}).status_code == 404


@pytest.mark.parametrize("idempotency", ["", "k" * 200])
def test_each_request_has_a_key_of_its_own(call: Call, reader: Transaction, idempotency: str) -> None:
    assert call(idempotency=idempotency).status_code == 422
    assert invitations(reader) == 0


def test_only_a_key_for_this_door_opens_it(
    call: Call, client: FlaskClient, writer: Transaction, reader: Transaction
) -> None:
    with writer() as session:
        returns = make_hook_key(session, "Mail server", use=KeyUse.RETURNS, by=None, now=LATER)
        ended = make_hook_key(session, "Old CRM", use=KeyUse.INVITATIONS, by=None, now=LATER)
        last = session.scalars(select(func.max(HookKey.id))).one()
        end_hook_key(session, last, by=None, now=LATER)

    for bearer in (returns, ended, "", "x" * 500):
        assert call(bearer=bearer).status_code == 401
    assert client.post("/api/invitations", json=BODY).status_code == 401
    assert client.get("/api/invitations").status_code == 405
    assert invitations(reader) == 0
