"""A small company at work: a wave with two answers and a silent contact, and staff who are signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyd.closed_loop.models import Case
from surveyd.distribution.call_entries import put_on_list
from surveyd.distribution.call_models import Call
from surveyd.distribution.confirmation_models import (
    Confirmation,
    ConfirmationAsk,
    ContactMark,
    MarkState,
    WhyExcluded,
)
from surveyd.distribution.models import Channel, Touch, TouchState
from tests.fixtures.asking import HAPPY, UNHAPPY, open_wave
from tests.fixtures.cast import Cast, Person

CSRF = "a raw token"
WORDS = "Deliveries are late. <b>Why?</b>"


@dataclass(frozen=True)
class Office:
    """Anna of Nordwind is unhappy and has a case, Aziz is happy, Sofie of Südwerk is to be called."""

    cast: Cast
    wave: int
    anna: int
    aziz: int
    case: int
    call: int
    sofie_invitation: int
    policy: int = 1
    """The scoring policy in force; a test that proposes another one says so."""

    def path(self, rule: str) -> str:
        """The address of a route with this office's ids in it."""
        ids = {
            "account_id": self.cast.nordwind,
            "case_id": self.case,
            "call_id": self.call,
            "wave_id": self.wave,
            # The first of their kind in an empty database.
            "program_id": 1,
            "message_id": 1,
            "response_id": self.anna,
            "contact_id": self.cast.anna.id,
            "action_id": 1,
            "paper_id": 1,
            "user_id": self.cast.mona.id,
            "upload_id": 1,
            "mapping_id": 1,
            "link_id": 1,
            "visit_id": 1,
            "nomination_id": 1,
            "proposal_id": 1,
            "blackout_id": 1,
            "return_id": 1,
            "key_id": 1,
            "figure_id": 1,
            "override_id": 1,
            "rehearsal_id": 1,
            "policy_id": self.policy,
            "number": 1,
            "low_id": self.cast.anna.id,
            "high_id": self.cast.aziz.id,
        }
        for name, value in ids.items():
            rule = rule.replace(f"<id:{name}>", str(value))
        words = {
            "<path:filename>": "tokens.css",
            "<mail>": "invitation",
            "<language>": "en",
            "<slug>": "relational",
            "<name>": "steps",
            "<kind>": "contact",
            "<theme>": "delivery",
            "<topic>": "nps",
        }
        for name, word in words.items():
            rule = rule.replace(name, word)
        return rule


def open_office(session: Session, now: datetime) -> Office:
    """Fill an empty database; flushed, not committed."""
    asking = open_wave(session, now - timedelta(days=21))
    people = asking.people
    first = now - timedelta(hours=20)
    anna = asking.answer(asking.ask(people.anna.id), UNHAPPY | {"why": WORDS, "easy": 2}, now=first)
    aziz = asking.answer(asking.ask(people.aziz.id), HAPPY | {"easy": 5}, now=first)
    sofie = asking.ask(people.sofie.id)
    touch = Touch(
        invitation_id=sofie,
        wave_id=asking.wave.id,
        step="call",
        channel=Channel.PHONE,
        state=TouchState.RELEASED,
        due_at=now - timedelta(hours=1),
        released_at=now - timedelta(hours=1),
    )
    session.add(touch)
    session.flush()
    put_on_list(session, {touch.id: sofie}, now=now - timedelta(hours=1))
    call = session.scalars(select(Call).where(Call.touch_id == touch.id)).one()
    case = session.execute(select(Case.id).where(Case.response_id == anna.response_id)).scalar_one()
    return Office(
        people,
        asking.wave.id,
        anna.response_id,
        aziz.response_id,
        case,
        call.id,
        sofie,
    )


def confirm_contacts(session: Session, office: Office, now: datetime) -> None:
    """Contacts were confirmed before the office's wave, and Aziz was left out of it."""
    begun, mona, aziz = now - timedelta(days=30), office.cast.mona.id, office.cast.aziz.id
    over = now - timedelta(days=22)
    days = {"until": over.date(), "ends_at": over, "remind_days": [3]}
    session.add(Confirmation(wave_id=office.wave, **days, begun_at=begun))
    session.flush()
    asked = {"asked_at": begun, "mailed_at": begun, "mails": 1, "began_at": begun}
    session.add(ConfirmationAsk(wave_id=office.wave, user_id=mona, **asked))
    said = {"state": MarkState.EXCLUDED, "why": WhyExcluded.TALKS, "words": "Until May", "by_id": mona}
    session.add(ContactMark(wave_id=office.wave, contact_id=aziz, **said, at=begun))
    session.flush()


@dataclass
class Staff:
    """Somebody of the cast at a browser, signed in without typing a password each time."""

    app: Flask
    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **fields: str) -> TestResponse:
        """Send a form of our own pages: with the token that they carry."""
        token = URLSafeTimedSerializer(self.app.secret_key or b"", salt="wtf-csrf-token").dumps(CSRF)
        return self.client.post(path, data={"csrf_token": token, **fields})


SignIn = Callable[[Person], Staff]


def signed_in(app: Flask, person: Person) -> Staff:
    """A browser in which `person` is signed in; the cast's sessions are named by the person's name."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = person.name
        session["_fresh"] = True
        session["csrf_token"] = CSRF
    return Staff(app, client)
