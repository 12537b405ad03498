"""The mails with a link to set a password: from a row to the wire, and nothing of the link in the ledger."""

import pytest
from flask import Flask
from sqlalchemy import select

from surveyd import schedule
from surveyd.base.clock import system_now
from surveyd.base.services import EXTENSION, Services
from surveyd.distribution.mails import Links, render
from surveyd.distribution.models import Message, MessageState
from surveyd.distribution.sign_in_mails import queue_sign_in_mail
from surveyd.people.models import LinkPurpose, User
from surveyd.people.sign_in_links import make_link
from tests.base.hostile import HOSTILE
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast
from tests.fixtures.relays import Relay

LINKS = Links(page="https://survey.example/p/1.token")


@pytest.mark.parametrize(
    ("purpose", "subject"),
    [
        (LinkPurpose.WELCOME, "Choose your password for surveyd"),
        (LinkPurpose.RESET, "Choose a new password for surveyd"),
    ],
)
def test_the_link_is_made_when_the_mail_is_written(
    app: Flask, cast: Cast, writer: Transaction, relay: Relay, *, purpose: LinkPurpose, subject: str
) -> None:
    services: Services = app.extensions[EXTENSION]
    with writer() as session:
        user = session.get_one(User, cast.mona.id)
        link = make_link(session, user, purpose=purpose, system_now=system_now())
        for _ in range(2):
            queue_sign_in_mail(session, user, link, now=NOW, mail_domain="mail.surveyd.test")
        address = f"{services.config.base_url}/p/{services.keys.sign_in_token(link.id)}"
    counts, _ = schedule.tick(app)

    assert counts["sent"] == 1
    [mail] = relay.received
    assert (mail.mail["Subject"], mail.recipients) == (subject, (cast.mona.email,))
    assert address in mail.body().split() and f'href="{address}"' in mail.body("html")
    assert "List-Unsubscribe" not in mail.mail
    with writer() as session:
        row = session.scalars(select(Message)).one()
        assert row.state is MessageState.SENT
        assert address.rpartition(".")[2] not in str(row.context)


@pytest.mark.parametrize("name", ["welcome", "password_reset"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_stays_a_name(name: str, text: str) -> None:
    facts = {"expires_at": "2026-03-10T10:00+00:00", "time_zone": "Europe/Berlin"}
    plain, hostile = (render(name, "en", {"name": one, **facts}, LINKS) for one in ("Anna", text))

    assert hostile.text.count("\n") == plain.text.count("\n")
    assert hostile.html.count("<") == plain.html.count("<")
    assert "Tuesday 10 March 2026, 11:00 CET" in hostile.text
    assert LINKS.page in hostile.text and f'href="{LINKS.page}"' in hostile.html
