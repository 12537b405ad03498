"""A lobby with a code on the wall: a program, an open link to its short survey, and an anonymous pulse."""

import re
import time
from dataclasses import dataclass

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyd.base.tokens import Keys
from surveyd.distribution.models import Program
from surveyd.forms.definition import Questionnaire
from surveyd.forms.loading import load, shipped
from surveyd.responses.open_links import NewLink, make_link
from surveyd.responses.open_models import AnonymousAnswers, OpenVisit, VisitState
from surveyd.responses.open_visits import LEAST
from surveyd.web.open_guard import FORM
from tests.fixtures.apps import NOW
from tests.fixtures.asking import Asking, open_wave
from tests.fixtures.cast import Cast

PULSE = """
slug: how_we_are
anonymous: true
title: {en: How we are, de: Wie es uns geht}
languages: [en, de]
pages:
  - id: week
    title: {en: Your week, de: Ihre Woche}
    items:
      - id: mood
        kind: rating
        measures: attitude
        scale: {low: 1, high: 5, low_end: {en: bad, de: schlecht}, high_end: {en: good, de: gut}}
        text: {en: Your week was, de: Ihre Woche war}
      - id: employer
        kind: recommendation
        measures: recommendation
        scale: {low: 0, high: 10, low_end: {en: not likely, de: nein}, high_end: {en: likely, de: ja}}
        text: {en: You would recommend us, de: Sie würden uns empfehlen}
      - id: wish
        kind: choice
        options:
          - {value: quiet, text: {en: More quiet, de: Mehr Ruhe}}
          - {value: other, text: {en: Something else, de: Etwas anderes}, other: true}
        text: {en: You wish for, de: Sie wünschen sich}
  - id: words
    title: {en: Your words, de: Ihre Worte}
    items:
      - id: said
        kind: long_text
        measures: verbatim
        text: {en: We should know, de: Wir sollten wissen}
"""


@dataclass(frozen=True)
class Lobby:
    """The ids and addresses of both links, and everybody around."""

    cast: Cast
    program: int
    wave: int
    link: int
    path: str
    pulse: int
    pulse_path: str


def pulse() -> Questionnaire:
    return load(PULSE, "how_we_are.yaml")


def open_lobby(session: Session) -> Lobby:
    """Fill an empty database; flushed, not committed."""
    asking: Asking = open_wave(session, NOW)
    program = session.get_one(Program, asking.program.id)
    admin = asking.people.admin.id
    short = NewLink("lobby", "The code in the lobby")
    link = make_link(session, program, short, questionnaire=shipped("relational_short"), now=NOW, by=admin)
    facts = NewLink("pulse", "How we are")
    told = make_link(session, program, facts, questionnaire=pulse(), now=NOW, by=admin)
    return Lobby(
        asking.people,
        program.id,
        asking.wave.id,
        link.id,
        f"/o/{link.token}",
        told.id,
        f"/o/{told.token}",
    )


def hang_codes(session: Session, program_id: int, by: int) -> None:
    """An anonymous link with its results, as the first link, and another one with an answer that waits."""
    program = session.get_one(Program, program_id)
    pulse_link = make_link(
        session, program, NewLink("pulse", "How we are"), questionnaire=pulse(), now=NOW, by=by
    )
    for number in range(LEAST):
        told = {
            "mood": number + 1,
            "employer": 2 * number + 2,
            "wish": "quiet",
            "said": f"Too loud. {number}",
        }
        session.add(
            AnonymousAnswers(
                id=f"{number:032x}",
                link_id=pulse_link.id,
                version_id=pulse_link.version_id,
                given_on=NOW.date(),
                batch=1,
                answers=told,
            )
        )
    short = NewLink("lobby", "The code in the lobby")
    link = make_link(session, program, short, questionnaire=shipped("relational_short"), now=NOW, by=by)
    session.add(
        OpenVisit(
            link_id=link.id,
            version_id=link.version_id,
            token_digest="0" * 64,
            language="de",
            answers={"recommend": 2, "why": "The lorry comes late. " * 20},
            page="about_you",
            state=VisitState.WAITING,
            suspicion="many",
            name="Anna Adler",
            email="anna@nordwind.test",
            company="Nordwind",
            receipt="A23456789B",
            begun_at=NOW,
            updated_at=NOW,
            sent_at=NOW,
        )
    )
    session.flush()


@dataclass
class Passer:
    """Somebody who came by; they have looked at the page for `after` seconds before they send it."""

    client: FlaskClient
    keys: Keys
    after: float = 10.0

    def begin(self, path: str, page: str, go: str = "next", **fields: str) -> TestResponse:
        """Send the first page."""
        issued = self.keys.signed(FORM, f"{time.time() - self.after:.1f}")
        return self.go_on(path, page, go, issued=issued, **fields)

    def go_on(self, path: str, page: str, go: str = "next", **fields: str) -> TestResponse:
        """Send a later page."""
        return self.client.post(path, data={"page": page, "lang": "en", "go": go, **fields})

    def say(self, path: str, *, score: str = "3", why: str = "Too late.", **who: str) -> TestResponse:
        """Answer the short survey from the first page to the receipt; `who` are name, email, company."""
        begun = self.begin(path, "recommendation", recommend=score)
        visit = begun.location.partition("?")[0]
        self.go_on(visit, "reason", why=why)
        about = {f"about_you_{key}": value for key, value in who.items()}
        return self.go_on(visit, "about_you", "send", **about)


def receipt_of(response: TestResponse) -> str:
    found = re.search(r'id="receipt">([0-9A-Z]+)<', response.text)
    assert found, response.text[:500]
    return found[1]
