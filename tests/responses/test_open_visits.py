"""Anonymous answers are shown five and more at once, also when two people send at the same moment."""

import threading

from flask import Flask
from sqlalchemy import select

from surveyd.base.database import writing_rows
from surveyd.distribution.models import Program
from surveyd.forms.loading import shipped
from surveyd.responses import open_visits
from surveyd.responses.open_links import NewLink, make_link
from surveyd.responses.open_models import AnonymousAnswers
from surveyd.responses.open_visits import LEAST, OpenDoor, Visit
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import OFFICE, open_wave


def send(door: OpenDoor, visit: Visit) -> None:
    with writing_rows() as rows:
        open_visits.send_anonymously(rows, door, visit, answers=visit.answers, today=NOW.date())


def test_two_at_once_see_each_other(app: Flask, writer: Transaction, reader: Transaction) -> None:
    with writer() as session:
        program = session.get_one(Program, open_wave(session, NOW).program.id)
        facts = NewLink("pulse", "How we are")
        token = make_link(session, program, facts, questionnaire=shipped("pulse"), now=NOW, by=None).token

    with app.app_context(), writing_rows() as rows:
        door = open_visits.find_door(rows, token)
        assert door
        visits = [
            open_visits.begin(
                rows, door, answers={}, page="week", language="en", suspicion="", keys=OFFICE.keys, now=NOW
            ).visit
            for _ in range(LEAST)
        ]
    quicker, slower = visits[-2:]

    def send_slower() -> None:
        with app.app_context():
            send(door, slower)

    second = threading.Thread(target=send_slower)
    with app.app_context():
        for visit in visits[:-2]:
            send(door, visit)
        with writing_rows() as rows:
            open_visits.send_anonymously(rows, door, quicker, answers={}, today=NOW.date())
            second.start()
            second.join(0.5)
            assert second.is_alive()
    second.join(30)
    with reader() as session:
        assert list(session.scalars(select(AnonymousAnswers.batch))) == [1] * LEAST
