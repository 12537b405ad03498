"""An open wave, the door through which the people it asked answer, and an approved letter to them."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from surveyd.base.clock import SetClock
from surveyd.base.services import Services
from surveyd.closed_loop import letters
from surveyd.people.models import User
from tests.closed_loop.desks import Desk, answered_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import Asking, open_wave
from tests.fixtures.relays import Relay


@pytest.fixture
def asking(session: Session) -> Asking:
    """An open wave inside the test's one transaction."""
    return open_wave(session, NOW)


@pytest.fixture
def desk(  # noqa: PLR0917  # fixtures, by name
    app: Flask, services: Services, clock: SetClock, writer: Transaction, reader: Transaction, relay: Relay
) -> Desk:
    """The wave's letter, approved."""
    with writer() as session:
        asking = answered_wave(session)
        letter = letters.begin_letter(session, asking.wave, by=None, now=NOW)
        by = session.get_one(User, asking.people.executive.id)
        letters.approve(session, letter, by=by, now=NOW)
        return Desk(app, services, writer, reader, asking.people, asking.wave.id, letter.id)
