"""Alerts: a case that was handed over, a case that has become overdue; each is told once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd import schedule
from surveyd.base.services import Services
from surveyd.closed_loop.case_alerts import newly_overdue, next_overdue, pass_on, tell_overdue
from surveyd.closed_loop.cases import AttemptResult, Overtaken, record_attempt
from surveyd.closed_loop.models import Case
from surveyd.distribution.mails import Links, Words, render
from surveyd.distribution.models import Message
from surveyd.people.models import Account, AuditEntry, Contact, User
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import UNHAPPY, Asking, open_wave

DOMAIN = "mail.surveyd.test"
DUE = NOW + timedelta(hours=48)
HOSTILE = '<script>alert(1)</script>{{7*7}} & "Söhne"'


@pytest.fixture
def case_id(asking: Asking) -> int:
    """Anna's case, which Mona owns, due in two days."""
    opened = asking.answer(asking.ask(asking.people.anna.id), UNHAPPY).case_id
    assert opened is not None
    return opened


def give(
    session: Session, case_id: int, to: int, by: int, *, text: str = "", seen: int | None = None
) -> None:
    pass_on(
        session,
        case_id,
        to=session.get_one(User, to),
        text=text,
        by=session.get_one(User, by),
        now=NOW,
        mail_domain=DOMAIN,
        seen=seen,
    )


def sweep(session: Session, at: object = DUE) -> int:
    assert isinstance(at, type(DUE))
    return sum(
        tell_overdue(session, case_id, now=at, mail_domain=DOMAIN)
        for case_id in newly_overdue(session, now=at)
    )


def mails(session: Session, name: str) -> Iterator[tuple[str, Words]]:
    for message in session.scalars(select(Message).where(Message.name == name).order_by(Message.id)):
        page = f"https://survey.company.test{message.context['path']}"
        yield message.recipient, render(message.name, message.language, message.context, Links(page=page))


def test_the_new_owner_is_told_who_gave_what_until_when(
    asking: Asking, session: Session, case_id: int
) -> None:
    people = asking.people
    session.get_one(User, people.milo.id).time_zone = "America/New_York"
    give(session, case_id, people.milo.id, people.mona.id, text="You know <b>her</b>.")

    [(recipient, words)] = mails(session, "case_handed_over")
    assert recipient == people.milo.email
    assert words.subject == "Yours now: Anna Adler, Nordwind, by Thursday 12 March 2026, 05:00 EDT"
    for body in (words.text, words.html):
        assert "Mona Manager has handed the follow-up with" in body
        assert f"/staff/cases/{case_id}" in body
    assert "What Mona Manager says: You know <b>her</b>." in words.text
    assert "You know &lt;b&gt;her&lt;/b&gt;." in words.html
    assert session.get_one(Case, case_id, populate_existing=True).owner_id == people.milo.id
    entry = session.scalars(select(AuditEntry).where(AuditEntry.thing == "case")).one()
    assert (entry.action, entry.thing_id, entry.facts) == ("hand_over", case_id, {"to": people.milo.id})


def test_a_hand_over_that_comes_late_changes_and_mails_nothing(
    asking: Asking, session: Session, case_id: int
) -> None:
    people = asking.people
    give(session, case_id, people.milo.id, people.mona.id, seen=0)
    with pytest.raises(Overtaken):
        give(session, case_id, people.support.id, people.mona.id, seen=0)

    assert [who for who, _ in mails(session, "case_handed_over")] == [people.milo.email]


def test_each_hand_over_is_an_alert_of_its_own_and_taking_a_case_is_none(
    asking: Asking, session: Session, case_id: int
) -> None:
    people = asking.people
    for to, by in ((people.milo, people.mona), (people.mona, people.milo), (people.milo, people.mona)):
        give(session, case_id, to.id, by.id)
    give(session, case_id, people.leader.id, people.leader.id)

    told = [who for who, _ in mails(session, "case_handed_over")]
    assert told == [people.milo.email, people.mona.email, people.milo.email]


def test_owner_and_leader_are_told_once_when_a_case_is_overdue(
    asking: Asking, session: Session, case_id: int
) -> None:
    people = asking.people
    assert sweep(session, DUE - timedelta(seconds=1)) == 0
    assert sweep(session) == 2
    assert sweep(session, DUE + timedelta(hours=1)) == 0
    assert tell_overdue(session, case_id, now=DUE, mail_domain=DOMAIN) == 0

    told = dict(mails(session, "case_overdue"))
    assert set(told) == {people.mona.email, people.leader.email}
    for words in told.values():
        assert words.subject == "Overdue since Thursday 12 March 2026, 10:00 CET: Anna Adler, Nordwind"
    assert "Case owner: you" in told[people.mona.email].text
    assert "Case owner: Mona Manager" in told[people.leader.email].text
    assert "because the account is in your region" in told[people.leader.email].text


def test_nobody_is_told_of_what_was_overdue_long_before(
    asking: Asking, session: Session, case_id: int
) -> None:
    assert sweep(session, DUE + timedelta(days=1, seconds=1)) == 0
    assert list(mails(session, "case_overdue")) == []
    assert session.get_one(Case, case_id, populate_existing=True).late_told_at is None


@pytest.mark.parametrize("change", ["reached", "nobody", "leader owns", "no region", "owner gone"])
def test_who_is_told(asking: Asking, session: Session, case_id: int, change: str) -> None:
    people, case = asking.people, session.get_one(Case, case_id)
    expected = {people.mona.email, people.leader.email}
    match change:
        case "reached":
            record_attempt(session, case_id, result=AttemptResult.REACHED, by=people.mona.id, now=NOW)
            expected = set()
        case "nobody":
            case.owner_id = None
            expected = {people.leader.email}
        case "leader owns":
            case.owner_id = people.leader.id
            expected = {people.leader.email}
        case "no region":
            session.get_one(Account, people.nordwind).region = ""
            expected = {people.mona.email}
        case _:
            session.get_one(User, people.mona.id).active = False
            expected = {people.leader.email}
    session.flush()
    sweep(session)

    assert {who for who, _ in mails(session, "case_overdue")} == expected


@pytest.mark.parametrize("name", ["case_handed_over", "case_overdue"])
def test_hostile_names_stay_text(asking: Asking, session: Session, case_id: int, name: str) -> None:
    people = asking.people
    session.get_one(Contact, people.anna.id).name = HOSTILE
    session.get_one(Account, people.nordwind).name = HOSTILE
    session.get_one(User, people.mona.id).name = HOSTILE
    session.flush()
    give(session, case_id, people.milo.id, people.mona.id, text=HOSTILE)
    sweep(session)

    _, words = next(mails(session, name))
    assert HOSTILE in words.text
    assert "<script" not in words.html


def test_the_next_case_to_fall_due_is_an_instant_to_stop_at(
    asking: Asking, session: Session, case_id: int
) -> None:
    assert next_overdue(session, since=NOW) == DUE
    assert next_overdue(session, since=DUE) is None
    sweep(session)
    assert next_overdue(session, since=NOW) is None


def test_the_schedule_tells_of_what_has_become_overdue(
    app: Flask, services: Services, writer: Transaction, reader: Transaction
) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    with app.app_context():
        counts = [schedule.sweep_once(services, DUE + timedelta(minutes=5))["overdue"] for _ in range(2)]

    assert counts == [2, 0]
    with reader() as session:
        assert len(list(mails(session, "case_overdue"))) == 2
