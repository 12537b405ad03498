"""Open links are named once, also when two admins choose the same name at the same moment."""

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.database import writing
from surveyd.base.errors import Refused
from surveyd.distribution.models import Program
from surveyd.forms.loading import shipped
from surveyd.responses.open_links import NewLink, make_link
from surveyd.responses.open_models import OpenLink
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import open_wave


def make(session: Session, slug: str, program: int) -> None:
    facts = NewLink(slug, "How we are")
    asked = shipped("pulse")
    make_link(session, session.get_one(Program, program), facts, questionnaire=asked, now=NOW, by=None)


def test_the_slower_of_two_is_refused(app: Flask, writer: Transaction, reader: Transaction) -> None:
    with writer() as session:
        program = open_wave(session, NOW).program.id
        make(session, "first", program)
    refused = []

    def make_slower() -> None:
        with app.app_context(), pytest.raises(Refused) as error, writing() as session:
            make(session, "lobby", program)
        refused.append(str(error.value))

    slower = threading.Thread(target=make_slower)
    with writer() as session:
        make(session, "lobby", program)
        slower.start()
        slower.join(0.5)
        assert slower.is_alive()
    slower.join(30)
    assert refused == ["There is a link 'lobby' already; choose another name."]
    with reader() as session:
        assert session.scalar(select(func.count()).where(OpenLink.slug == "lobby")) == 1
