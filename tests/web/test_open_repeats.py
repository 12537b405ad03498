"""Open links: the same press counts once, a whole office may answer, and each goes on in their language."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from limits import RateLimitItemPerHour
from sqlalchemy import select

from surveyd.base.services import Services
from surveyd.distribution.models import Program
from surveyd.forms.loading import load
from surveyd.responses.open_links import NewLink, make_link
from surveyd.responses.open_models import AnonymousAnswers, OpenVisit, SpentPage
from surveyd.responses.open_spent import forget_old, has_old
from surveyd.web import open_guard
from tests.fixtures.apps import NOW, Transaction
from tests.web.lobby import Lobby, Passer, open_lobby

ONE_PAGE = """
slug: one
anonymous: true
title: {en: One page, de: Eine Seite}
languages: [en, de]
pages:
  - id: page
    title: {en: Words, de: Worte}
    items: [{id: said, kind: long_text, text: {en: We should know}}]
"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to wait for two seconds here."""
    monkeypatch.setattr(open_guard, "QUICK_SECONDS", -1.0)


@pytest.fixture
def lobby(writer: Transaction) -> Lobby:
    with writer() as session:
        return open_lobby(session)


@pytest.fixture
def passer(client: FlaskClient, services: Services) -> Passer:
    return Passer(client, services.keys)


def one_page(lobby: Lobby, writer: Transaction) -> str:
    with writer() as session:
        program = session.get_one(Program, lobby.program)
        asked = load(ONE_PAGE, "one.yaml")
        made = make_link(session, program, NewLink("one", "One"), questionnaire=asked, now=NOW, by=None)
        return f"/o/{made.token}"


def issued_on(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="issued" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def test_a_second_press_on_a_single_page_counts_once(
    passer: Passer, client: FlaskClient, lobby: Lobby, writer: Transaction
) -> None:
    path = one_page(lobby, writer)
    issued = issued_on(client, path)
    first, again = (passer.go_on(path, "page", "send", issued=issued, said="Too loud.") for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.text == again.text
    # Somebody else at the same screen says something else; and the same words on another page are another's.
    passer.go_on(path, "page", "send", issued=issued, said="Too hot.")
    passer.go_on(path, "page", "send", issued=issued_on(client, path), said="Too loud.")
    with writer() as session:
        told = [row.answers["said"] for row in session.scalars(select(AnonymousAnswers))]
        assert sorted(told) == ["Too hot.", "Too loud.", "Too loud."]
        assert len(session.scalars(select(SpentPage.mark)).all()) == 3
        assert not has_old(session, now=NOW + timedelta(days=1))
        assert forget_old(session, now=NOW + timedelta(days=2)) == 3


def test_a_second_press_on_a_first_page_leads_to_the_same_visit(
    passer: Passer, client: FlaskClient, lobby: Lobby, reader: Transaction
) -> None:
    issued = issued_on(client, lobby.path)
    first, again = (
        passer.go_on(lobby.path, "recommendation", issued=issued, recommend="3") for _ in range(2)
    )
    assert (first.status_code, first.location) == (303, again.location)
    with reader() as session:
        assert len(session.scalars(select(OpenVisit.id)).all()) == 1


def test_an_office_behind_one_address_is_no_spam_where_answers_are_anonymous(
    passer: Passer, lobby: Lobby, reader: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = RateLimitItemPerHour(1, 1, namespace="test-office")
    monkeypatch.setattr(open_guard, "MANY_VISITS", few)
    for number in range(3):
        visit = passer.begin(lobby.pulse_path, "week", mood="3").location.partition("?")[0]
        assert passer.go_on(visit, "words", "send", said=str(number)).status_code == 200
    with reader() as session:
        assert list(session.scalars(select(AnonymousAnswers.is_suspect))) == [False] * 3


def test_a_language_that_is_switched_in_mid_visit_stays(
    passer: Passer, client: FlaskClient, lobby: Lobby, reader: Transaction
) -> None:
    visit = passer.begin(lobby.path, "recommendation", recommend="3").location.partition("?")[0]
    passer.go_on(visit, "reason", "lang:de", why="Zu spät.")
    assert '<html lang="de"' in client.get(visit).text
    with reader() as session:
        assert session.scalars(select(OpenVisit.language)).one() == "de"


def test_nobody_is_asked_in_half_a_translation(
    client: FlaskClient, lobby: Lobby, writer: Transaction
) -> None:
    page = client.get(f"{one_page(lobby, writer)}?lang=de").text
    assert '<html lang="en"' in page
    assert "lang:de" not in page
