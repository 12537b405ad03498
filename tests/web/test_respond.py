"""The personal link: opening changes nothing, each page is saved when left, all repeats get one receipt."""

import gzip
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import pairwise

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from surveyd.base.clock import SetClock
from surveyd.base.config import HOME
from surveyd.base.services import Services
from surveyd.distribution.models import Invitation, InvitationState, QuestionnaireVersion, Wave, WaveState
from surveyd.responses.models import Draft, Response
from tests.fixtures.apps import NOW, Transaction
from tests.web.respondents import Letters, send_letters

Statements = Callable[[], AbstractContextManager[list[str]]]
PAGES = ["recommendation", "reason", "relationship", "plans", "journey", "closing"]


@pytest.fixture
def letters(writer: Transaction, services: Services) -> Letters:
    with writer() as session:
        return send_letters(session, services.keys)


def post(client: FlaskClient, link: str, page: str, go: str = "next", **fields: str) -> TestResponse:
    return client.post(link, data={"page": page, "lang": "en", "go": go, **fields})


def heading(response: TestResponse) -> str:
    found = re.search(r"<h1>(.*?)</h1>", response.text)
    assert found, response.text[:500]
    return Markup(found[1]).unescape()


def receipt(response: TestResponse) -> str:
    found = re.search(r'id="receipt">([0-9A-Z]+)<', response.text)
    assert found, response.text[:500]
    return found[1]


def test_the_whole_way(client: FlaskClient, letters: Letters, reader: Transaction) -> None:
    link = letters.anna
    assert heading(client.get(link)) == "One question first"
    moved = post(client, link, "recommendation", recommend="9")
    assert (moved.status_code, moved.location) == (303, f"{link}?page=reason")
    assert "particularly well" in client.get(moved.location).text
    for page, following in pairwise(PAGES[1:]):
        assert post(client, link, page).location == f"{link}?page={following}"
    sent = post(client, link, "closing", "send", contact_me="yes", comment="Weiter so")
    assert sent.status_code == 200 and heading(sent) == "Thank you, we have your answers"
    assert receipt(client.get(link)) == receipt(sent)
    with reader() as session:
        stored = session.execute(select(Response)).scalar_one()
        assert stored.answers == {"recommend": 9, "contact_me": "yes", "comment": "Weiter so"}
        assert (stored.channel, stored.interviewer_id, stored.given_at) == ("web", None, NOW)
        assert session.scalar(select(func.count()).select_from(Draft)) == 0


def test_opening_changes_nothing(client: FlaskClient, letters: Letters, reader: Transaction) -> None:
    for query in (
        "",
        "?score=9",
        "?score=3&lang=de",
        "?page=closing",
        "?go=send",
        "?score=x&lang=xx&page=<b>",
    ):
        assert client.get(letters.anna + query).status_code == 200
        assert client.head(letters.anna + query).status_code == 200
    with reader() as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 0
        assert session.scalar(select(func.count()).select_from(Response)) == 0
        assert set(session.scalars(select(Invitation.started_at))) == {None}


@pytest.mark.parametrize("score", range(11))
def test_a_number_in_the_mail_fills_the_answer_in(client: FlaskClient, letters: Letters, score: int) -> None:
    page = client.get(f"{letters.anna}?score={score}").text
    assert re.findall(r'value="(\d+)" checked', page) == [str(score)]


@pytest.mark.parametrize("score", ["11", "-1", "", "9.0", "<b>"])
def test_what_is_no_number_fills_nothing_in(client: FlaskClient, letters: Letters, score: str) -> None:
    assert " checked" not in client.get(letters.anna, query_string={"score": score}).text


def test_a_number_that_is_saved_leads_on_and_another_one_leads_back(
    client: FlaskClient, letters: Letters
) -> None:
    post(client, letters.anna, "recommendation", recommend="9")
    assert heading(client.get(f"{letters.anna}?score=9")) == "In your own words"
    again = client.get(f"{letters.anna}?score=3")
    assert heading(again) == "One question first" and 'value="3" checked' in again.text


def test_it_resumes_on_another_device(client: FlaskClient, letters: Letters, app: Flask) -> None:
    post(client, letters.anna, "recommendation", recommend="4")
    post(client, letters.anna, "reason", why="Slow, and <b>late</b>")
    elsewhere = app.test_client()
    assert heading(elsewhere.get(letters.anna)) == "Our relationship"
    back = post(elsewhere, letters.anna, "relationship", "back", trust="2")
    assert back.location == f"{letters.anna}?page=reason"
    assert "Slow, and &lt;b&gt;late&lt;/b&gt;" in elsewhere.get(back.location).text
    assert 'name="trust" value="2" checked' in client.get(f"{letters.anna}?page=relationship").text


def test_going_back_asks_for_nothing(client: FlaskClient, letters: Letters) -> None:
    assert post(client, letters.anna, "reason", "back", why="x" * 5000).status_code == 303
    assert "x" * 5000 in client.get(f"{letters.anna}?page=reason").text


def test_a_missing_answer_is_asked_for(client: FlaskClient, letters: Letters) -> None:
    asked = post(client, letters.anna, "recommendation")
    assert asked.status_code == 422
    assert 'id="recommend-problem">Please choose an answer here.' in asked.text


def test_a_text_that_is_too_long_is_kept_and_marked(
    client: FlaskClient, letters: Letters, reader: Transaction
) -> None:
    post(client, letters.anna, "recommendation", recommend="4")
    asked = post(client, letters.anna, "reason", why="é" * 4001)
    assert asked.status_code == 422
    assert "it has 4001" in asked.text and "é" * 4001 in asked.text
    assert "é" * 4001 in client.get(letters.anna).text
    sent = post(client, letters.anna, "closing", "send")
    assert sent.status_code == 422 and "it has 4001" in sent.text
    assert receipt(post(client, letters.anna, "reason", "send", why="é" * 4000))
    with reader() as session:
        assert session.execute(select(Response.answers)).scalar_one()["why"] == "é" * 4000


def test_sending_with_a_missing_answer_leads_to_its_page(client: FlaskClient, letters: Letters) -> None:
    asked = post(client, letters.anna, "closing", "send", comment="kept")
    assert asked.status_code == 422 and heading(asked) == "One question first"
    assert "kept" in client.get(f"{letters.anna}?page=closing").text


def test_a_made_up_answer_is_refused(client: FlaskClient, letters: Letters, reader: Transaction) -> None:
    assert post(client, letters.anna, "recommendation", recommend="99").status_code == 422
    post(
        client,
        letters.anna,
        "recommendation",
        recommend="4",
        score="9",
        state="answered",
        trust="5",
        nonsense="1",
    )
    with reader() as session:
        assert session.execute(select(Draft.answers)).scalar_one() == {"recommend": 4}


def test_every_repeat_gets_the_same_receipt(
    client: FlaskClient, letters: Letters, reader: Transaction
) -> None:
    first = receipt(post(client, letters.anna, "recommendation", "send", recommend="9"))
    assert receipt(post(client, letters.anna, "recommendation", "send", recommend="2")) == first
    assert receipt(post(client, letters.anna, "plans", "next", trust="2")) == first
    assert receipt(client.get(f"{letters.anna}?score=1&page=plans")) == first
    with reader() as session:
        assert session.execute(select(Response.answers)).scalar_one() == {"recommend": 9}


def test_ten_sends_at_once_get_one_receipt(app: Flask, letters: Letters, reader: Transaction) -> None:
    def send(number: int) -> str:
        return receipt(post(app.test_client(), letters.anna, "recommendation", "send", recommend=str(number)))

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(send, range(10)))) == 1
    with reader() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 1


def test_the_invitation_is_started_by_the_first_post(
    client: FlaskClient, letters: Letters, reader: Transaction, clock: SetClock
) -> None:
    post(client, letters.anna, "recommendation", recommend="9")
    clock.instant = NOW + timedelta(days=1)
    post(client, letters.anna, "reason", why="later")
    post(client, letters.aziz, "recommendation", "send", recommend="9")
    with reader() as session:
        asked = {one.id: one for one in session.scalars(select(Invitation))}
    anna, aziz, sofie = (asked[letters.ids[name]] for name in ("anna", "aziz", "sofie"))
    assert anna.started_at == NOW and anna.answered_at is None
    assert aziz.started_at == aziz.answered_at == NOW + timedelta(days=1)
    assert sofie.started_at is None


def test_a_page_costs_one_read_and_a_save_few_statements(
    client: FlaskClient, letters: Letters, statements: Statements
) -> None:
    client.get(letters.anna)
    post(client, letters.anna, "recommendation", recommend="9")
    with statements() as said:
        client.get(letters.anna)
    assert len(said) == 1 and said[0].startswith("SELECT")
    with statements() as said:
        post(client, letters.anna, "reason", why="because")
    assert [statement.split()[0] for statement in said] == ["SELECT", "UPDATE"]
    with statements() as said:
        post(client, letters.aziz, "recommendation", recommend="9")
    assert [statement.split()[0] for statement in said] == ["SELECT", "INSERT", "UPDATE", "UPDATE"]


def test_sending_costs_a_dozen_statements_and_a_repeat_one(
    client: FlaskClient, letters: Letters, statements: Statements
) -> None:
    for page in PAGES[:-1]:
        post(client, letters.anna, page, recommend="9")
    with statements() as said:
        sent = post(client, letters.anna, "closing", "send", contact_me="yes")
    assert receipt(sent)
    assert len(said) <= 12, said
    assert not any("questionnaire_versions.definition" in statement for statement in said)
    with statements() as said:
        post(client, letters.anna, "closing", "send")
    assert [statement.split()[0] for statement in said] == ["SELECT"]


def test_how_long_it_takes_comes_with_the_link(
    client: FlaskClient, letters: Letters, writer: Transaction, statements: Statements
) -> None:
    assert "about 2.5 minutes" in client.get(letters.anna).text
    with writer() as session:
        session.execute(update(QuestionnaireVersion).values(seconds=470))
    with statements() as said:
        assert "about 8 minutes" in client.get(letters.anna).text
    assert len(said) == 1


@pytest.mark.parametrize("tail", ["x", "%00", "/", "%3Cscript%3E", "..%2Fadmin", "é" * 300])
def test_a_mistyped_link_is_answered_helpfully(client: FlaskClient, letters: Letters, tail: str) -> None:
    for answered in (client.get(letters.anna + tail), client.post(letters.anna + tail, data={"go": "send"})):
        assert answered.status_code == 404
        assert "<script>" not in answered.text


def test_an_unknown_link_says_what_to_do(client: FlaskClient) -> None:
    assert heading(client.get("/s/nonsense")) == "We do not know this link"
    german = client.get("/s/nonsense", headers={"Accept-Language": "de-AT,de;q=0.9"})
    assert heading(german) == "Diesen Link kennen wir nicht"
    assert heading(client.get("/s/nonsense?lang=de")) == "Diesen Link kennen wir nicht"


def test_guessing_is_slowed_down_and_a_good_link_never(client: FlaskClient, letters: Letters) -> None:
    answered = [client.get(f"/s/guess{number}") for number in range(35)]
    assert [one.status_code for one in answered] == [404] * 30 + [429] * 5
    assert answered[-1].headers["Retry-After"] == "60"
    assert heading(answered[-1]) == "Please wait a minute"
    assert heading(client.get(letters.anna)) == "One question first"


@pytest.mark.parametrize("state", [WaveState.CLOSED, WaveState.CANCELLED])
def test_a_closed_wave_takes_nothing_and_says_so(
    client: FlaskClient, letters: Letters, writer: Transaction, reader: Transaction, state: WaveState
) -> None:
    receipt_before = receipt(post(client, letters.aziz, "recommendation", "send", recommend="9"))
    with writer() as session:
        session.execute(update(Wave).values(state=state))
    for answered in (client.get(letters.anna), post(client, letters.anna, "recommendation", recommend="9")):
        assert answered.status_code == 410
        assert heading(answered) == "This survey is closed" and "Example Works" in answered.text
    assert receipt(client.get(letters.aziz)) == receipt_before
    with reader() as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 0


def test_somebody_who_wants_no_more_mail_can_still_answer(
    client: FlaskClient, letters: Letters, writer: Transaction
) -> None:
    with writer() as session:
        session.execute(update(Invitation).values(state=InvitationState.OPTED_OUT))
    assert receipt(post(client, letters.anna, "recommendation", "send", recommend="2"))


def test_the_contact_s_language_is_spoken_and_can_be_changed(client: FlaskClient, letters: Letters) -> None:
    link = letters.sofie
    assert heading(client.get(link)) == "Zuerst eine Frage"
    assert heading(client.get(f"{link}?lang=en")) == "One question first"
    german = {"page": "reason", "lang": "de", "why": "nicht verlieren"}
    switched = client.post(link, data={**german, "go": "lang:en"})
    assert switched.location == f"{link}?page=reason&lang=en"
    page = client.get(switched.location)
    assert heading(page) == "In your own words" and "nicht verlieren" in page.text
    assert post(client, link, "reason").location == f"{link}?page=relationship&lang=en"
    assert client.post(link, data=german).location == f"{link}?page=relationship"


def test_there_is_no_cookie_and_nothing_leaks(client: FlaskClient, letters: Letters) -> None:
    for answered in (
        client.get(letters.anna),
        post(client, letters.anna, "reason"),
        client.get("/s/nonsense"),
    ):
        assert "Set-Cookie" not in answered.headers
        assert answered.headers["Referrer-Policy"] == "no-referrer"
        assert answered.headers["Cache-Control"] == "no-store"
        policy = answered.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy


def test_a_page_is_light(client: FlaskClient, letters: Letters) -> None:
    styles = [HOME / "surveyd" / "static" / name for name in ("tokens.css", "respond.css")]
    weight = sum(len(gzip.compress(path.read_bytes())) for path in styles)
    for page in PAGES:
        html = client.get(f"{letters.anna}?page={page}").data
        assert weight + len(gzip.compress(html)) < 10_000


@pytest.mark.parametrize(
    ("fields", "then"),
    [
        ({"page": "recommendation"}, "reason"),
        ({"page": "recommendation", "go": "sideways", "lang": "xx"}, "reason"),
        ({"page": "nonsense"}, "recommendation"),
        ({"page": "", "go": "send"}, "recommendation"),
    ],
)
def test_a_strange_post_loses_nothing_and_skips_nothing(
    client: FlaskClient, letters: Letters, fields: dict[str, str], then: str
) -> None:
    answered = client.post(letters.anna, data={"recommend": "9", **fields})
    assert answered.location == f"{letters.anna}?page={then}"
    assert 'value="9" checked' in client.get(f"{letters.anna}?page=recommendation").text


@pytest.mark.parametrize("go", ["next", "send", "keep"])
def test_a_post_that_says_no_page_changes_nothing(
    client: FlaskClient, letters: Letters, reader: Transaction, go: str
) -> None:
    answered = client.post(letters.anna, data={"recommend": "9", "go": go})
    assert (answered.status_code, answered.location) == (303, f"{letters.anna}?page=recommendation")
    with reader() as session:
        assert session.execute(select(Draft.answers)).first() is None
