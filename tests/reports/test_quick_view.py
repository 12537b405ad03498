"""The quick view of one response."""

import pytest
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.people.access import NOBODY, SYSTEM, Reach, Scope
from surveyd.reports.quick_view import quick_view
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave


@pytest.fixture
def asking(session: Session) -> Asking:
    return open_wave(session, NOW)


def test_answers_are_in_words_and_in_order(asking: Asking) -> None:
    given: dict[str, int | str] = {
        "recommend": 3,
        "why": "Late.",
        "renew": 5,
        "alternatives": "na",
        "satisfied": 1,
    }
    receipt = asking.answer(asking.ask(asking.people.anna.id), given)

    view = quick_view(asking.session, receipt.response_id, scope=SYSTEM)

    assert [line.answer for line in view.answers] == [
        "3 of 10",
        "Late.",
        "1 of 5, strongly disagree",
        "5 of 5, strongly agree",
        "does not apply",
    ]
    assert [line.question for line in view.answers if line.is_verbatim] == [
        "What would it take to earn a better score from you?"
    ]


def test_a_promoter_was_asked_in_other_words(asking: Asking) -> None:
    receipt = asking.answer(asking.ask(asking.people.anna.id), HAPPY | {"why": "Everything."})

    view = quick_view(asking.session, receipt.response_id, scope=SYSTEM)

    assert "What did we do particularly well?" in [line.question for line in view.answers]
    assert view.explanation[0] == "promoter: recommendation 10 of 10"


def test_money_is_shown_to_those_who_may_see_it(asking: Asking) -> None:
    receipt = asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    people = asking.people

    own = quick_view(asking.session, receipt.response_id, scope=Scope(Reach.OWN_ACCOUNTS, people.mona.id))

    assert own.revenue_cents == 9_000_000_00
    for scope in (NOBODY, Scope(Reach.CALLS, people.support.id), Scope(Reach.REGION, 1, "South")):
        with pytest.raises(NotFound):
            quick_view(asking.session, receipt.response_id, scope=scope)
