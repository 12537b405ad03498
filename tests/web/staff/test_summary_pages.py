"""The closed-loop summary: on a page, as a PDF, and once to each colleague, with money for who sees it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from flask import Flask
from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.closed_loop import actions
from surveyd.closed_loop.actions import ActionFacts
from surveyd.closed_loop.models import ActionStatus
from surveyd.distribution import papers
from surveyd.distribution.lanes import new_lane
from surveyd.distribution.models import Message, Program, Wave
from surveyd.distribution.paper_models import Paper
from surveyd.people.access import SYSTEM
from surveyd.people.models import User
from surveyd.reports.jobs import make_papers
from surveyd.reports.paper_pages import draw
from surveyd.reports.summary_mail import MAIL
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import UNHAPPY, Asking
from tests.fixtures.relays import Relay
from tests.web.offices import Office, SignIn

HOSTILE = "<img src='file:///etc/passwd'>{{7*7}}"
STAFF = 7


@pytest.fixture
def acted(office: Office, writer: Transaction) -> None:
    """An action that is done, in hostile words."""
    facts = ActionFacts(heard=HOSTILE, changed="Each order shows its date.", status=ActionStatus.DONE)
    with writer() as session:
        actions.add_action(session, facts, scope=SYSTEM, by=None, now=NOW)


def path(office: Office) -> str:
    return f"/staff/waves/{office.wave}/summary"


@pytest.mark.parametrize("name", ["admin", "executive"])
def test_the_summary_is_one_page(office: Office, acted: None, sign_in: SignIn, name: str) -> None:
    page = sign_in(getattr(office.cast, name)).get(path(office))
    assert page.status_code == 200
    assert "2 of 3 people have answered" in page.text and "Mail it to 7 colleagues" in page.text
    assert "Each order shows its date." in page.text
    assert "&lt;img src=&#39;file" in page.text and "{{7*7}}" in page.text and "<img" not in page.text


@pytest.mark.parametrize("name", ["leader", "mona", "support"])
def test_nobody_else_opens_it(office: Office, sign_in: SignIn, name: str) -> None:
    staff = sign_in(getattr(office.cast, name))
    assert staff.get(path(office)).status_code == 403
    assert staff.post(f"{path(office)}/mail", recipients="7").status_code == 403
    assert staff.post(f"{path(office)}/pdf").status_code == 403


def test_a_wave_that_is_not_there_has_none(office: Office, sign_in: SignIn) -> None:
    assert sign_in(office.cast.admin).get("/staff/waves/999/summary").status_code == 404


def test_it_is_there_before_anybody_has_closed_a_case_or_written_an_action(
    office: Office, sign_in: SignIn
) -> None:
    page = sign_in(office.cast.admin).get(path(office)).text
    assert "No case of this wave is closed yet." in page and "No improvement action is written down" in page


def test_as_a_pdf_for_the_board(app: Flask, office: Office, acted: None, sign_in: SignIn) -> None:
    executive = sign_in(office.cast.executive)
    page = executive.post(f"{path(office)}/pdf").location
    with app.app_context():
        assert make_papers() == 1
    assert executive.get(f"{page}/file").data.startswith(b"%PDF-")
    assert "The PDF of" in executive.get(path(office)).text
    assert sign_in(office.cast.admin).get(f"{page}/file").status_code == 200
    assert sign_in(office.cast.mona).get(f"{page}/file").status_code == 404


def summaries(relay: Relay) -> list[EmailMessage]:
    """The summary's mails among those that the relay has taken."""
    mails = [message_from_bytes(mail.content, EmailMessage, policy=SMTP) for mail in relay.received]
    return [mail for mail in mails if str(mail["Subject"]).startswith("What customers told us in 2026H1")]


def test_each_colleague_gets_it_once_with_the_pdf(
    app: Flask, office: Office, sign_in: SignIn, relay: Relay, reader: Transaction
) -> None:
    executive = sign_in(office.cast.executive)
    for _ in range(2):
        assert executive.post(f"{path(office)}/mail", recipients=str(STAFF)).status_code == 303
    lane = new_lane(app.extensions["surveyd"])
    with app.app_context():
        lane.drain()
        assert summaries(relay) == []
        assert make_papers() == 2
        lane.drain()
    lane.relay.close()
    mails = summaries(relay)
    assert len(mails) == STAFF
    for mail in mails:
        [attached] = mail.iter_attachments()
        assert (attached.get_content_type(), attached.get_filename()) == (
            "application/pdf",
            "Summary 2026H1.pdf",
        )
        assert attached.get_content().startswith(b"%PDF-")
    page = executive.get(path(office)).text
    assert "7 colleagues have been sent it." in page and "Mail it to" not in page


def test_only_who_sees_all_gets_money(office: Office, sign_in: SignIn, writer: Transaction) -> None:
    sign_in(office.cast.admin).post(f"{path(office)}/mail", recipients=str(STAFF))
    with writer() as session:
        rows = session.execute(
            select(User.role, Paper.dedup_key)
            .join(Message, Message.user_id == User.id)
            .join(Paper, Paper.id == Message.paper_id)
        )
        keys = {role.value: key for role, key in rows}
        full = f"summary:{office.wave}"
        assert keys == {
            "admin": full,
            "executive": full,
            **dict.fromkeys(("regional_leader", "account_manager", "support"), f"{full}:plain"),
        }
        drawn = {}
        while claimed := papers.claim(session, "test", system_now=system_now()):
            drawn[bool(claimed.facts["with_money"])] = draw(session, claimed, now=NOW)
    assert "EUR" in drawn[True] and "EUR" not in drawn[False]


def test_a_number_that_is_no_longer_true_sends_nothing(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    answer = sign_in(office.cast.admin).post(f"{path(office)}/mail", recipients="6")
    assert answer.status_code == 422 and "it is 7 people now" in answer.text
    with reader() as session:
        assert session.scalars(select(Message).where(Message.name == MAIL)).all() == []


def test_who_joins_later_gets_it_alone(office: Office, sign_in: SignIn, writer: Transaction) -> None:
    admin = sign_in(office.cast.admin)
    with writer() as session:
        session.get_one(User, office.cast.outsider.id).active = False
    admin.post(f"{path(office)}/mail", recipients="6")
    with writer() as session:
        session.get_one(User, office.cast.outsider.id).active = True
    assert "Mail it to 1 colleague" in admin.get(path(office)).text
    admin.post(f"{path(office)}/mail", recipients="1")
    assert "7 colleagues have been sent it." in admin.get(path(office)).text


def test_the_page_asks_the_database_as_often_for_two_answers_as_for_ten(
    office: Office,
    acted: None,
    sign_in: SignIn,
    writer: Transaction,
    statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    admin = sign_in(office.cast.admin)
    admin.get(path(office))
    with statements() as few:
        admin.get(path(office))
    with writer() as session:
        for number in range(8):
            facts = ActionFacts(heard=f"Something {number}", will_change="It will change.")
            actions.add_action(session, facts, scope=SYSTEM, by=None, now=NOW)
        wave = session.get_one(Wave, office.wave)
        asking = Asking(session, NOW, session.get_one(Program, wave.program_id), wave, office.cast)
        for number in range(8):
            asking.answer(asking.ask_somebody(number), UNHAPPY)
    admin.get(path(office))  # what is new is read once, and kept
    with statements() as many:
        assert admin.get(path(office)).status_code == 200
    assert len(many) == len(few)
