"""The same page open twice: what one view did not touch stays as the other has saved it."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from surveyd.base.services import Services
from surveyd.responses.models import Draft
from surveyd.web.answering import SEEN
from tests.fixtures.apps import Transaction
from tests.web.respondents import Letters, send_letters


@pytest.fixture
def letters(writer: Transaction, services: Services) -> Letters:
    with writer() as session:
        return send_letters(session, services.keys)


class Tab:
    """One view of one page, as a browser without JavaScript holds it: what it shows is what it sends."""

    def __init__(self, client: FlaskClient, link: str, query: str) -> None:
        self.client, self.link = client, link
        html = client.get(f"{link}?{query}").text
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)
        picked = re.findall(r'name="(\w+)" value="([^"]*)" checked', html)
        words = re.findall(r'<textarea id="(\w+)".*?>\n(.*?)</textarea>', html, re.DOTALL)
        self.fields = dict([*hidden, *picked, *words])

    def send(self, go: str = "next", **changed: str) -> TestResponse:
        self.fields |= changed
        return self.client.post(self.link, data={**self.fields, "go": go})


@pytest.fixture
def tabs(app: Flask, letters: Letters) -> tuple[Tab, Tab]:
    """The relationship page, twice, on two devices; trust was answered before."""
    first = app.test_client()
    Tab(first, letters.anna, "page=relationship").send(trust="3")
    here, there = (Tab(app.test_client(), letters.anna, "page=relationship") for _ in range(2))
    assert here.fields == there.fields and here.fields["trust"] == "3"
    return here, there


def stored(reader: Transaction) -> object:
    with reader() as session:
        return session.execute(select(Draft.answers)).scalar_one()


def test_what_a_tab_did_not_touch_stays_as_it_was_saved_elsewhere(
    tabs: tuple[Tab, Tab], reader: Transaction
) -> None:
    here, there = tabs
    there.send(trust="5", enjoy="4")
    here.send(better="2")
    assert stored(reader) == {"trust": 5, "enjoy": 4, "better": 2}


def test_the_present_act_wins_over_what_was_saved_elsewhere(
    tabs: tuple[Tab, Tab], reader: Transaction
) -> None:
    here, there = tabs
    there.send(trust="5")
    here.send(trust="1")
    assert stored(reader) == {"trust": 1}


@pytest.mark.parametrize("go", ["next", "back", "keep"])
def test_words_that_were_erased_elsewhere_do_not_come_back(
    app: Flask, letters: Letters, reader: Transaction, go: str
) -> None:
    Tab(app.test_client(), letters.anna, "page=reason").send(why="late")
    here, there = (Tab(app.test_client(), letters.anna, "page=reason") for _ in range(2))
    there.send(why="")
    here.send(go)
    assert stored(reader) == {}
    here.send(go, why="late again")
    assert stored(reader) == {"why": "late again"}


def test_a_page_that_stays_open_is_saved_again_and_again(tabs: tuple[Tab, Tab], reader: Transaction) -> None:
    here, there = tabs
    for value in ("1", "4", "3"):
        kept = here.send("keep", trust=value)
        assert (kept.status_code, kept.data) == (204, b"")
        here.fields["seen"] = kept.headers[SEEN]
        # The third is what the page had shown first: a choice like any other.
        assert stored(reader) == {"trust": int(value)}
    there.send(better="2")
    assert stored(reader) == {"trust": 3, "better": 2}
    there.send("keep", trust="2")
    here.send("keep")
    assert stored(reader) == {"trust": 2, "better": 2}


def test_saving_asks_for_nothing_and_moves_nowhere(client: FlaskClient, letters: Letters) -> None:
    assert Tab(client, letters.anna, "").send("keep").status_code == 204
    assert "One question first" in client.get(letters.anna).text
    assert Tab(client, letters.anna, "page=reason").send("keep", why="x" * 5000).status_code == 204
    assert "In your own words" in client.get(letters.anna).text


def test_a_number_from_the_mail_is_an_answer_of_the_page_that_sends_it(
    app: Flask, letters: Letters, reader: Transaction
) -> None:
    here = Tab(app.test_client(), letters.anna, "score=9")
    Tab(app.test_client(), letters.anna, "").send(recommend="4")
    here.send()
    assert stored(reader) == {"recommend": 9}


def test_nothing_is_saved_once_the_answers_are_sent(
    app: Flask, letters: Letters, reader: Transaction
) -> None:
    here = Tab(app.test_client(), letters.anna, "score=9")
    Tab(app.test_client(), letters.anna, "score=2").send()
    assert Tab(app.test_client(), letters.anna, "page=closing").send("send").status_code == 200
    late = here.send("keep")
    assert late.status_code == 200 and "Thank you" in late.text
    with reader() as session:
        assert session.execute(select(Draft.answers)).first() is None


@pytest.mark.parametrize("seen", ["", "x", "trust", "trust:", "\ue000:1 no:2", "trust:3 " * 2000])
def test_broken_marks_break_nothing(client: FlaskClient, letters: Letters, seen: str) -> None:
    tab = Tab(client, letters.anna, "page=relationship")
    assert tab.send("keep", seen=seen, trust="3").status_code == 204
    assert tab.send(seen=seen, trust="2").status_code == 303
