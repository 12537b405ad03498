"""Buyer types on the pages of an account and of a response."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from surveyd.forms.definition import STAGES as EVERY_STAGE
from surveyd.people.access import SYSTEM
from surveyd.reports.account import account_view
from surveyd.reports.buyers import STAGES, BuyerLine, buyer_line, response_buyer
from surveyd.scoring.buyers import Said, buyer
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Category
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave


@pytest.fixture
def asking(session: Session) -> Asking:
    return open_wave(session, NOW)


def test_each_person_of_an_account_has_a_type_with_its_rule(asking: Asking) -> None:
    people = asking.people
    asking.answer(asking.ask(people.anna.id), UNHAPPY | {"why": "We look at another supplier."})
    asking.answer(asking.ask(people.aziz.id), HAPPY)
    page = account_view(asking.session, people.nordwind, scope=SYSTEM, now=NOW)

    assert {line.name: line.buyer for line in page.people.lines} == {
        "Anna Adler": BuyerLine("switching buyer", "stands as trapped; wrote about other suppliers"),
        "Aziz Ahmed": BuyerLine("satisfied buyer", "stands as truly loyal; rated as promoter"),
    }


def test_who_is_silent_has_no_type(asking: Asking) -> None:
    asking.ask(asking.people.sofie.id)
    [line] = account_view(asking.session, asking.people.sudwerk, scope=SYSTEM, now=NOW).people.lines
    assert line.buyer is None


def test_the_page_of_a_response_says_the_same(asking: Asking) -> None:
    given = asking.answer(asking.ask(asking.people.anna.id), UNHAPPY | {"why": "Nobody answers."})
    found = response_buyer(asking.session, given.response_id)
    assert found == BuyerLine("complaining buyer", "stands as trapped; rated as detractor; wrote a comment")
    assert response_buyer(asking.session, 999) is None


def test_every_ground_has_words(app: Flask) -> None:
    assert set(STAGES) == set(EVERY_STAGE)
    with app.test_request_context():
        for segment in set(Segment) - {Segment.UNCLASSIFIED}:
            for category in ("", *Category):
                for wrote in (True, False):
                    of = Said(segment.value, str(category), (("support", 12.0), ("own", 3.0)), wrote, wrote)
                    line = buyer_line(buyer(of))
                    assert line
                    assert line.rule
        assert "support 12 of 100; own 3 of 100" in str(
            buyer_line(buyer(Said("trapped", "", (("support", 12.0), ("own", 3.0)))))
        )
