"""A form takes the fields that it shows; whatever else is sent along changes nothing."""

from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from surveyd.base.services import Services
from surveyd.base.tokens import token_digest
from surveyd.closed_loop.models import Case
from surveyd.distribution.models import Invitation, Program
from surveyd.people.models import Account, Contact, StaffRole, User
from surveyd.responses.models import Draft, Response
from surveyd.results.models import Score
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, Staff, open_office, signed_in
from tests.web.respondents import send_letters

# Names that stand for columns which no form of the site lets its sender choose.
SLY = {
    "id": "1",
    "role": "admin",
    "user_id": "1",
    "owner": "1",
    "manager_id": "1",
    "score": "10",
    "segment": "truly_loyal",
    "submitted_at": "2020-01-01T00:00:00+00:00",
    "given_at": "2020-01-01T00:00:00+00:00",
    "received_at": "2020-01-01T00:00:00+00:00",
    "receipt": "AAAAAAAAAA",
    "channel": "import",
    "interviewer_id": "1",
    "invitation_id": "1",
    "version_id": "1",
    "due_at": "2099-01-01",
    "priority": "100",
    "fs_uniquifier": "x",
    "revenue_cents": "1",
    "opted_out_at": "",
}
PRIVILEGED: tuple[Any, ...] = (
    (User.id, User.role, User.region, User.active, User.fs_uniquifier, User.password),
    (Account.id, Account.manager_id, Account.revenue_cents, Account.region),
    (Contact.id, Contact.account_id, Contact.email, Contact.opted_out_at),
    (Response.id, Response.given_at, Response.received_at, Response.receipt, Response.channel),
    (Score.id, Score.segment, Score.recommendation, Score.scored_at),
    (Case.id, Case.response_id, Case.due_at, Case.priority, Case.opened_at),
    (Program.id, Program.slug, Program.sender),
)
# An admin's own forms show roles, and ending sessions or answering on the phone is meant to change such rows.
KNOWN = {
    "staff.sign_out",
    "staff.end_sessions_of",
    "staff.take_call_form",
    "staff.change_user",
    "staff.add_user",
}


def privileged(session: Session) -> list[list[tuple[Any, ...]]]:
    return [[tuple(row) for row in session.execute(select(*of).order_by(of[0]))] for of in PRIVILEGED]


def posts(app: Flask) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and rule.endpoint.startswith("staff.")
        and rule.endpoint not in KNOWN
    ]


def test_no_form_of_the_staff_takes_more_than_it_shows(
    app: Flask, writer: Transaction, reader: Transaction
) -> None:
    with writer() as session:
        office: Office = open_office(session, NOW)
        before = privileged(session)
    for person in (office.cast.mona, office.cast.support, office.cast.admin):
        staff = signed_in(app, person)
        for rule in posts(app):
            path = office.path(rule.rule)
            staff.post(path, **SLY).close()
            staff.client.post(path, json=SLY).close()
    with reader() as session:
        assert privileged(session) == before


def test_a_person_s_own_page_gives_nobody_a_role(
    app: Flask, writer: Transaction, reader: Transaction
) -> None:
    with writer() as session:
        office = open_office(session, NOW)
    mona: Staff = signed_in(app, office.cast.mona)

    answer = mona.post("/staff/me", name="Mona M", time_zone="Europe/Paris", **SLY, region="South", active="")

    assert answer.status_code == 303
    with reader() as session:
        user = session.get_one(User, office.cast.mona.id)
        assert (user.name, user.time_zone) == ("Mona M", "Europe/Paris")
        assert (user.role, user.region, user.active) == (StaffRole.ACCOUNT_MANAGER, "", True)


def test_a_respondent_sends_answers_and_nothing_else(
    client: FlaskClient, writer: Transaction, reader: Transaction, services: Services
) -> None:
    with writer() as session:
        letters = send_letters(session, services.keys)
    invitation_id = letters.ids["anna"]
    token = services.keys.survey_token(invitation_id)
    page = {"page": "recommendation", "recommend": "9", "go": "next"}
    # A body that is no form says not which page it is of: nothing is taken from it.
    client.post(f"/s/{token}", data=urlencode({**SLY, **page, "state": "answered", "saves": "99"}))
    client.post(f"/s/{token}", data={**SLY, **page, "state": "answered", "saves": "99"})

    with reader() as session:
        invitation = session.scalars(
            select(Invitation).where(Invitation.token_digest == token_digest(token))
        ).one()
        assert invitation.answered_at is None
        draft = session.get_one(Draft, invitation.id)
        assert set(draft.answers) <= {"recommend"}
        assert (draft.saves, draft.channel) == (1, "web")
        assert session.scalars(select(Response)).all() == []
