"""Whom one wave asked twice, and merged: either link leads to the one way on, and nothing typed is lost."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from surveyd.base.services import EXTENSION
from surveyd.operations.merge import merge
from surveyd.people.duplicate_models import SameKind
from surveyd.people.models import Contact
from surveyd.responses.models import Draft
from tests.fixtures.apps import NOW, Transaction
from tests.web.respondents import Letters, send_letters


@pytest.fixture
def letters(app: Flask, writer: Transaction) -> Letters:
    """The three of the cast are asked; Anna goes on as Aziz."""
    with writer() as session:
        sent = send_letters(session, app.extensions[EXTENSION].keys)
        anna, aziz = (
            session.execute(select(Contact.id).where(Contact.name.startswith(name))).scalar_one()
            for name in ("Anna", "Aziz")
        )
        merge(session, SameKind.CONTACT, kept_id=aziz, gone_id=anna, by=None, now=NOW)
    return sent


def test_the_old_link_leads_to_the_other_with_its_question(letters: Letters, client: FlaskClient) -> None:
    moved = client.get(f"{letters.anna}?score=7&lang=en")
    assert (moved.status_code, moved.location) == (307, f"{letters.aziz}?score=7&lang=en")
    assert client.get(moved.location).status_code == 200
    assert client.get(letters.aziz).status_code == 200


def test_what_is_sent_to_the_old_link_goes_along(
    letters: Letters, client: FlaskClient, reader: Transaction
) -> None:
    form = {"page": "overall", "recommend": "3", "go": "next"}
    moved = client.post(letters.anna, data=form)
    assert (moved.status_code, moved.location) == (307, letters.aziz)
    assert client.post(moved.location, data=form).status_code in (200, 303, 422)
    with reader() as session:
        assert [one.invitation_id for one in session.scalars(select(Draft))] == [letters.ids["aziz"]]


def test_a_link_of_nobody_who_was_merged_stays(letters: Letters, client: FlaskClient) -> None:
    assert client.get(letters.sofie).status_code == 200


def test_the_old_opt_out_link_stops_the_mails_to_who_goes_on(
    letters: Letters, app: Flask, client: FlaskClient, reader: Transaction
) -> None:
    with reader() as session:
        anna = session.scalars(select(Contact).where(Contact.merged_into_id.is_not(None))).one()
        token = app.extensions[EXTENSION].keys.opt_out_token(anna.id, letters.ids["anna"])
        kept = anna.merged_into_id
    assert client.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with reader() as session:
        assert session.get_one(Contact, kept).opted_out_at is not None
