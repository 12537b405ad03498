"""The office of every staff page's test."""

from collections.abc import Callable

import pytest
from flask import Flask

from surveyd.closed_loop.cases import hand_over
from surveyd.people.models import User
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Person, make_cast
from tests.web.offices import Office, SignIn, Staff, open_office, signed_in


@pytest.fixture
def office(writer: Transaction) -> Office:
    """The office, committed."""
    with writer() as session:
        return open_office(session, NOW)


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """`sign_in(office.cast.mona)` gives a browser in which Mona is signed in."""

    def enter(person: Person) -> Staff:
        return signed_in(app, person)

    return enter


@pytest.fixture
def cast_alone(writer: Transaction) -> Office:
    """An office in which nothing has happened yet: the cast, and no wave."""
    with writer() as session:
        return Office(make_cast(session, NOW), 0, 0, 0, 0, 0, 0)


@pytest.fixture
def hand_case_to(office: Office, writer: Transaction) -> Callable[[int], None]:
    """Gives the office's case to another user."""

    def give(user_id: int) -> None:
        with writer() as session:
            to = session.get_one(User, user_id)
            hand_over(session, office.case, to=to, by=office.cast.admin.id, now=NOW)

    return give
