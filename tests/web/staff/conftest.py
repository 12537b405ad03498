"""The office of every staff page's test."""

from collections.abc import Callable

import pytest
from flask import Flask

from surveyd.closed_loop.cases import hand_over
from surveyd.people.models import User
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, Asking, open_wave
from tests.fixtures.cast import Cast, Person
from tests.fixtures.images import Begin
from tests.web.offices import Office, SignIn, Staff, open_office, signed_in

LATE = "Late delivery. \"><script>alert('x')</script>"


@pytest.fixture
def office(begin_with: Begin) -> Office:
    """The office, committed."""
    made: Office = begin_with(open_office)
    return made


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """`sign_in(office.cast.mona)` gives a browser in which Mona is signed in."""

    def enter(person: Person) -> Staff:
        return signed_in(app, person)

    return enter


@pytest.fixture
def cast_alone(cast: Cast) -> Office:
    """An office in which nothing has happened yet: the cast, and no wave."""
    return Office(cast, 0, 0, 0, 0, 0, 0)


@pytest.fixture
def hand_case_to(office: Office, writer: Transaction) -> Callable[[int], None]:
    """Gives the office's case to another user."""

    def give(user_id: int) -> None:
        with writer() as session:
            to = session.get_one(User, user_id)
            hand_over(session, office.case, to=to, by=office.cast.admin.id, now=NOW)

    return give


@pytest.fixture
def heard(writer: Transaction) -> Asking:
    """Comments of the North about delivery and support, one of the South that no theme finds."""
    with writer() as session:
        asking = open_wave(session, NOW)
        people = asking.people
        asking.answer(asking.ask(people.anna.id), UNHAPPY | {"why": LATE})
        asking.answer(asking.ask(people.aziz.id), HAPPY | {"why": "サポートは親切です。 الدعم ممتاز"})
        asking.answer(asking.ask(people.sofie.id), CONTENT | {"why": "Sofie says so"})
        for number in range(12):
            words = "Support answers fast." if number % 2 else "Another late shipment."
            asking.answer(asking.ask_somebody(number), (UNHAPPY, HAPPY)[number % 2] | {"why": words})
    return asking
