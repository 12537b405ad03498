"""The alert as its reader gets it, and the thanks to whom they may go."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution.mails import Links, Words, render
from surveyd.distribution.models import Message
from surveyd.distribution.suppressions import opt_out, suppress
from surveyd.people.models import Account, Contact
from tests.fixtures.apps import NOW
from tests.fixtures.asking import UNHAPPY, Asking

PAGE = "https://survey.company.test/staff/responses/7"
HOSTILE = '<script>alert(1)</script>{{7*7}} & "Söhne"'


def alert_of(session: Session) -> Words:
    """The one alert, rendered."""
    message = session.scalars(select(Message).where(Message.name == "case_alert")).one()
    return render(message.name, message.language, message.context, Links(page=PAGE))


def test_the_alert_says_whom_to_call_why_and_by_when(asking: Asking, session: Session) -> None:
    asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    words = alert_of(session)

    assert words.subject == "Please call Anna Adler, Nordwind, by Thursday 12 March 2026, 10:00 CET"
    for body in (words.text, words.html):
        assert "detractor, trapped at a large account" in body
        assert "3 of 10" in body
        assert PAGE in body
        assert "Thursday 12 March 2026, 10:00 CET" in body
        assert "16 working hours from the answer" in body


def test_without_a_rating_none_is_named(asking: Asking, session: Session) -> None:
    asking.answer(asking.ask(asking.people.anna.id), {"contact_me": "call"})
    words = alert_of(session)

    assert "asked to be called" in words.text
    assert "of 10\n" not in words.text
    assert "None" not in words.text + words.html


@pytest.mark.parametrize("whose", ["contact", "account"])
def test_hostile_names_stay_text(asking: Asking, session: Session, whose: str) -> None:
    if whose == "contact":
        session.get_one(Contact, asking.people.anna.id).name = HOSTILE
    else:
        session.get_one(Account, asking.people.nordwind).name = HOSTILE
    session.flush()
    asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    words = alert_of(session)

    assert HOSTILE in words.text
    assert "<script" not in words.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in words.html


@pytest.mark.parametrize("why", ["bounced", "opted out"])
def test_no_thanks_go_to_who_must_not_be_mailed(asking: Asking, session: Session, why: str) -> None:
    anna = session.get_one(Contact, asking.people.anna.id)
    if why == "bounced":
        suppress(session, anna.email.upper(), reason="bounced", now=NOW)
    else:
        opt_out(session, anna.id, now=NOW)
    asking.answer(asking.ask(anna.id), UNHAPPY)

    names = set(session.scalars(select(Message.name)))
    assert names == {"case_alert"}
