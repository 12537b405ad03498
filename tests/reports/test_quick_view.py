"""The quick view of one response, and the account it belongs to."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.distribution.models import Invitation, InvitationState
from surveyd.people.access import NOBODY, SYSTEM, Reach, Scope
from surveyd.reports.account import account_view
from surveyd.reports.accounts import account_list
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


def test_an_account_says_where_each_person_stands(asking: Asking) -> None:
    people = asking.people
    asking.answer(asking.ask(people.anna.id), {"recommend": 0, "satisfied": 1, "better": 1, "renew": 1})
    asking.ask(people.aziz.id)
    mona = Scope(Reach.OWN_ACCOUNTS, people.mona.id)

    view = account_view(asking.session, people.nordwind, scope=mona)

    assert view.title == "Nordwind: Anna Adler at high risk"
    assert [(line.name, line.state) for line in view.contacts] == [
        ("Anna Adler", "answered"),
        ("Aziz Ahmed", "not reached yet"),
    ]
    assert [case.contact for case in view.cases] == ["Anna Adler"]
    with pytest.raises(NotFound):
        account_view(asking.session, people.sudwerk, scope=mona)


def test_who_wants_no_mail_is_said_so(asking: Asking) -> None:
    from_sofie = asking.ask(asking.people.sofie.id)
    invitation = asking.session.get_one(Invitation, from_sofie)
    invitation.state = InvitationState.OPTED_OUT
    asking.session.flush()

    view = account_view(asking.session, asking.people.sudwerk, scope=SYSTEM)

    assert view.contacts[0].state == "wants no mail"
    assert view.title == "Südwerk: nobody has answered yet"


def test_the_list_counts_each_account_once(asking: Asking) -> None:
    people = asking.people
    asking.answer(asking.ask(people.anna.id), {"recommend": 0, "satisfied": 1, "better": 1, "renew": 1})
    asking.answer(asking.ask(people.aziz.id), HAPPY, now=NOW + timedelta(hours=1))

    found = account_list(asking.session, scope=SYSTEM)

    assert found.title == "1 of 2 accounts with somebody at high risk"
    nordwind, sudwerk = found.lines
    assert (nordwind.answered, nordwind.invited, nordwind.recommend) == (2, 2, "1 promoter, 1 detractor")
    assert nordwind.decision_maker_at_risk
    assert (sudwerk.segment, sudwerk.invited) == ("silent", 0)
    assert account_list(asking.session, scope=NOBODY).lines == ()
