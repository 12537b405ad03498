"""Who opened a page before another version was published for their wave goes on in the one they read."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from surveyd.base.services import Services
from surveyd.distribution.models import Program, QuestionnaireVersion, Wave
from surveyd.distribution.questionnaire_moves import use_in_program
from surveyd.distribution.questionnaires import publish
from surveyd.forms.editing import without
from surveyd.forms.loading import shipped
from surveyd.responses.models import Draft, Response
from tests.fixtures.apps import NOW, Transaction
from tests.web.respondents import Letters, send_letters

WORDS = "Your drivers are the best we know."


@pytest.fixture
def letters(writer: Transaction, services: Services) -> Letters:
    with writer() as session:
        return send_letters(session, services.keys)


def fields(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', html))


def publish_without_reasons(writer: Transaction, letters: Letters) -> str:
    """Another version, without the page of reasons, for everybody who has saved nothing; its digest."""
    with writer() as session:
        shorter = without(shipped("relational"), "pages.reason")
        wave = session.get_one(Wave, letters.wave_id)
        program = session.get_one(Program, wave.program_id)
        version = publish(session, shorter, now=NOW)
        assert use_in_program(session, program, version, open_waves=True, now=NOW, by=None)
        return shorter.digest


def test_words_that_were_typed_meanwhile_are_kept_in_the_version_that_was_read(
    app: Flask, letters: Letters, writer: Transaction, reader: Transaction
) -> None:
    client = app.test_client()
    page = fields(client.get(f"{letters.anna}?page=reason").text)
    publish_without_reasons(writer, letters)
    sent = client.post(letters.anna, data={**page, "why": WORDS, "go": "next"})
    assert sent.status_code == 303 and "page=relationship" in sent.location
    assert WORDS in client.get(f"{letters.anna}?page=reason").text
    with reader() as session:
        digest = select(QuestionnaireVersion.digest).join(Draft, Draft.version_id == QuestionnaireVersion.id)
        assert session.scalars(digest).one() == shipped("relational").digest


def test_what_is_sent_in_one_go_belongs_to_the_version_that_was_read(
    app: Flask, letters: Letters, writer: Transaction, reader: Transaction
) -> None:
    client = app.test_client()
    page = fields(client.get(f"{letters.anna}?page=closing").text)
    publish_without_reasons(writer, letters)
    first = fields(client.get(f"{letters.anna}?page=recommendation").text)
    client.post(letters.anna, data={**page, "comment": WORDS, "go": "back"})
    client.post(letters.anna, data={**first, "recommend": "9", "go": "next"})
    assert client.post(letters.anna, data={**page, "comment": WORDS, "go": "send"}).status_code == 200
    with reader() as session:
        digest = select(QuestionnaireVersion.digest).join(Response)
        assert session.scalars(digest).one() == shipped("relational").digest


def test_a_version_of_another_questionnaire_opens_nothing(
    app: Flask, letters: Letters, writer: Transaction, reader: Transaction
) -> None:
    client = app.test_client()
    page = fields(client.get(f"{letters.anna}?page=reason").text)
    with writer() as session:
        publish(session, shipped("lapsed"), now=NOW)
    for strange in ("x\0", "", "0" * 64, shipped("lapsed").digest):
        answer = client.post(letters.aziz, data={**page, "version-shown": strange, "go": "stay"})
        assert answer.status_code == 303
    with reader() as session:
        digest = select(QuestionnaireVersion.digest).join(Draft, Draft.version_id == QuestionnaireVersion.id)
        assert session.scalars(digest).one() == shipped("relational").digest
