"""A respondent whose connection is slow makes nobody else wait: bodies are read before a write begins."""

from io import BytesIO
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from surveyd.base.database import writing_rows
from surveyd.base.services import Services
from surveyd.distribution.models import AfterSending, Program
from tests.fixtures.apps import Transaction
from tests.web.lobby import Passer, open_lobby
from tests.web.respondents import send_letters


class SlowBody(BytesIO):
    """A body that comes only once somebody else could write; `others_wrote` says whether they could."""

    def __init__(self, app: Flask, fields: dict[str, str]) -> None:
        super().__init__(urlencode(fields).encode())
        self.length, self.app, self.others_wrote = len(self.getvalue()), app, False

    def readinto(self, buffer: Any, /) -> int:
        other = Thread(target=self._write)
        other.start()
        other.join(2)
        return super().readinto(buffer)

    def _write(self) -> None:
        with self.app.app_context(), writing_rows():
            self.others_wrote = True


@pytest.fixture
def addresses(client: FlaskClient, services: Services, writer: Transaction) -> dict[str, str]:
    """Where somebody posts: a wish, a correction, a page of their own link."""
    with writer() as session:
        letters = send_letters(session, services.keys)
        session.scalars(select(Program)).one().after_sending = AfterSending.CORRECT
    client.post(letters.aziz, data={"page": "recommendation", "recommend": "9"})
    client.post(letters.aziz, data={"page": "closing", "go": "send"})
    return {"other": f"{letters.anna}/other", "correct": f"{letters.aziz}/correct", "own": letters.anna}


@pytest.mark.parametrize("place", ["other", "correct", "own"])
def test_on_a_personal_link(app: Flask, client: FlaskClient, addresses: dict[str, str], place: str) -> None:
    body = SlowBody(app, {"page": "recommendation", "recommend": "8", "way": "call"})
    assert send(client, addresses[place], body).status_code == 303
    assert body.others_wrote


def test_on_an_open_link(app: Flask, client: FlaskClient, services: Services, writer: Transaction) -> None:
    with writer() as session:
        lobby = open_lobby(session)
    begun = Passer(client, services.keys).begin(lobby.path, "recommendation", recommend="3")
    body = SlowBody(app, {"page": "reason", "why": "Late."})
    assert send(client, begun.location.partition("?")[0], body).status_code == 303
    assert body.others_wrote


def send(client: FlaskClient, address: str, body: SlowBody) -> TestResponse:
    form = "application/x-www-form-urlencoded"
    return client.post(address, input_stream=body, content_length=body.length, content_type=form)
