"""A database that an earlier version left, with half-done answers, is migrated and opened by this one."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup, escape
from sqlalchemy import Column, MetaData, Table, select, text
from sqlalchemy.types import TypeEngine
from werkzeug.test import TestResponse

from surveyd.base.database import db, reading, writing
from surveyd.base.migrations import is_current, upgrade
from surveyd.base.services import EXTENSION
from surveyd.base.tokens import Keys
from surveyd.closed_loop.models import Case
from surveyd.distribution.models import QuestionnaireVersion
from surveyd.forms.loading import from_data
from surveyd.people.models import StaffRole, User
from surveyd.responses.models import Draft, Response
from tests.fixtures.apps import MakeApp
from tests.fixtures.cast import Person
from tests.fixtures.databases import Database
from tests.web.offices import signed_in

KEPT = ("rows_0005.json",)
FOLDER = Path(__file__).parent / "data"
ANNA, AZIZ, SOFIE = 1, 2, 3
"""Their invitations: half-done on the long form, sent, and half-done on the short one."""


@pytest.fixture(params=KEPT)
def old(request: pytest.FixtureRequest, make_app: MakeApp, new_database: Callable[[str], Database]) -> Flask:
    """The app of today on a database of then, brought up to date."""
    kept = json.loads((FOLDER / request.param).read_text(encoding="utf-8"))
    app = make_app(database_url=new_database("old").url)
    with app.app_context():
        upgrade(kept["revision"])
        with writing() as session:
            for name, rows in kept["tables"].items():
                table = _table(name, rows[0])
                session.connection().execute(table.insert(), [_read(table, row) for row in rows])
                if session.get_bind().dialect.name == "postgresql" and "id" in table.c:
                    go_on = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"
                    session.execute(text(go_on))
        upgrade()
        assert is_current()
        db.session.remove()
    return app


def test_a_half_done_answer_goes_on_where_it_stopped_and_is_sent_on_its_version(old: Flask) -> None:
    client, link = old.test_client(), link_of(old, ANNA)
    draft = draft_of(old, ANNA)
    assert (draft.page, draft.answers["recommend"]) == ("plans", 6)
    page = client.get(link).text
    assert "<h1>Working together</h1>" in page
    assert str(escape(draft.answers["why"])) in client.get(f"{link}?page=reason").text
    back = client.get(f"{link}?page=relationship").text
    for answer in ('name="satisfied" value="2" checked', 'name="better" value="na" checked'):
        assert answer in back

    assert post(client, link, "plans", easy="4", renew="4", alternatives="2").status_code == 303
    assert post(client, link, "journey", support="3").status_code == 303
    sent = post(client, link, "closing", "send", contact_me="no", comment="Done <at> last")
    assert 'id="receipt"' in sent.text
    with old.app_context(), reading() as session:
        response = session.scalars(select(Response).where(Response.invitation_id == ANNA)).one()
        assert response.version_id == draft.version_id
        assert response.answers == draft.answers | {
            "easy": 4, "renew": 4, "alternatives": 2, "support": 3, "contact_me": "no",
            "comment": "Done <at> last",
        }  # fmt: skip
        assert session.scalar(select(Draft.page).where(Draft.invitation_id == ANNA)) is None


def test_one_on_another_version_goes_on_there_in_its_language_and_a_sent_one_stays_sent(old: Flask) -> None:
    client, link = old.test_client(), link_of(old, SOFIE)
    page = client.get(link).text
    assert '<html lang="de"' in page and "Was haben wir besonders gut gemacht?" in page
    assert 'id="receipt"' in post(client, link, "reason", "send", why="Alles gut").text
    with old.app_context(), reading() as session:
        response = session.scalars(select(Response).where(Response.invitation_id == AZIZ)).one()
    assert response.receipt in client.get(link_of(old, AZIZ)).text


def test_versions_are_what_they_were_and_staff_read_the_old_response_and_its_case(old: Flask) -> None:
    with old.app_context(), reading() as session:
        response = session.scalars(select(Response).where(Response.invitation_id == AZIZ)).one()
        case_id = session.scalars(select(Case.id).where(Case.response_id == response.id)).one()
        user = session.scalars(select(User).where(User.role == StaffRole.ADMIN)).one()
        admin = Person(user.id, user.name, user.email)
        versions = list(session.scalars(select(QuestionnaireVersion)))
    assert {version.slug for version in versions} == {"relational", "relational_short"}
    for version in versions:
        assert from_data(version.definition).digest == version.digest
    staff = signed_in(old, admin)
    page = staff.get(f"/staff/responses/{response.id}")
    assert page.status_code == 200
    assert str(escape(response.answers["why"].splitlines()[0])) in page.text
    assert "Trapped" in Markup(page.text).striptags() or "trapped" in Markup(page.text).striptags()
    for path in (f"/staff/cases/{case_id}", "/staff/waves/1", "/staff/accounts/1", "/staff/questionnaires"):
        assert staff.get(path).status_code == 200, path


def link_of(app: Flask, invitation_id: int) -> str:
    """The link that went out then: the key and the way tokens are made have not changed."""
    keys: Keys = app.extensions[EXTENSION].keys
    return f"/s/{keys.survey_token(invitation_id)}"


def draft_of(app: Flask, invitation_id: int) -> Draft:
    with app.app_context(), reading() as session:
        return session.get_one(Draft, invitation_id)


def post(client: FlaskClient, link: str, page: str, go: str = "next", **fields: str) -> TestResponse:
    return client.post(link, data={"page": page, "lang": "en", "go": go, **fields})


def _table(name: str, row: Mapping[str, object]) -> Table:
    """The table with the columns that it had then."""
    return Table(name, MetaData(), *(Column(column, type_of(name, column)) for column in row))


def type_of(table: str, column: str) -> TypeEngine[Any]:
    """The type of a column of then: that of today's column of the same name."""
    return db.metadata.tables[table].c[column].type


def _read(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A kept row as values; what is an instant there was written as a text."""
    return {
        column: datetime.fromisoformat(value)
        if value is not None and table.c[column].type.python_type is datetime
        else value
        for column, value in row.items()
    }
