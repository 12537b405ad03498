"""Returned mail: believed only when its return path is ours, and never the cause of an error."""

import random

import pytest

from surveyd.distribution.bounces import Bounce, BounceKind, read_bounce
from surveyd.distribution.models import MessageState, Suppression
from surveyd.distribution.return_effects import apply_bounce
from surveyd.people.models import Contact
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

REPORT = """\
From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="b"

--b
Content-Type: text/plain

Sorry.

--b
Content-Type: message/{kind}

{facts}

--b--
"""
HEAD = "Reporting-MTA: dns; mx.example\n\n"
GONE = HEAD + "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 No such user"
FULL = HEAD + "Action: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full"
LATER = HEAD + "Action: delayed\nStatus: 4.4.1"
DONE = HEAD + "Action: delivered\nStatus: 2.0.0"
COMPLAINT = "Feedback-Type: abuse\nUser-Agent: loop/1"


def report(to: str, facts: str, kind: str = "delivery-status") -> bytes:
    return REPORT.format(to=to, facts=facts, kind=kind).encode()


@pytest.fixture
def sent(post: Post) -> Post:
    """A wave whose invitations are out."""
    post.send()
    return post


def returned(sent: Post, facts: str, kind: str = "delivery-status") -> Bounce:
    """What a report about Anna's invitation says."""
    to = sent.services.keys.return_path(sent.messages()["anna invitation"].id, "mail.surveyd.test")
    return read_bounce(report(to, facts, kind), sent.services.keys)


@pytest.mark.parametrize(
    ("facts", "kind"),
    [(GONE, BounceKind.HARD), (FULL, BounceKind.SOFT), (LATER, BounceKind.SOFT), (DONE, BounceKind.UNKNOWN)],
)
def test_a_report_is_understood(sent: Post, facts: str, kind: BounceKind) -> None:
    found = returned(sent, facts)
    assert (found.kind, found.message_id) == (kind, sent.messages()["anna invitation"].id)


def test_a_hard_bounce_suppresses_the_address_once(sent: Post, cast: Cast, writer: Transaction) -> None:
    found = returned(sent, GONE)
    for _ in range(2):
        with writer() as session:
            assert apply_bounce(session, found, now=NOW)
    message = sent.messages()["anna invitation"]
    assert message.state is MessageState.FAILED
    assert message.reason.startswith("bounced: 5.1.1")
    with writer() as session:
        assert session.get_one(Suppression, cast.anna.email).reason == "bounced"
        assert session.get_one(Contact, cast.anna.id).opted_out_at is None


def test_a_soft_bounce_suppresses_nothing(sent: Post, cast: Cast, writer: Transaction) -> None:
    with writer() as session:
        assert apply_bounce(session, returned(sent, FULL), now=NOW)
    with writer() as session:
        assert session.get(Suppression, cast.anna.email) is None
    assert sent.messages()["anna invitation"].state is MessageState.SENT


def test_a_complaint_opts_the_person_out(sent: Post, cast: Cast, writer: Transaction) -> None:
    with writer() as session:
        assert apply_bounce(session, returned(sent, COMPLAINT, "feedback-report"), now=NOW)
    with writer() as session:
        assert session.get_one(Contact, cast.anna.id).opted_out_at == NOW


def test_a_forged_return_path_is_not_believed(sent: Post, writer: Transaction) -> None:
    forged = read_bounce(report(f"b-1-{'0' * 20}@mail.surveyd.test", GONE), sent.services.keys)
    assert forged.message_id is None
    with writer() as session:
        assert not apply_bounce(session, forged, now=NOW)


def test_an_automatic_reply_is_no_bounce(sent: Post, writer: Transaction) -> None:
    to = sent.services.keys.return_path(sent.messages()["anna invitation"].id, "mail.surveyd.test")
    away = read_bounce(f"To: {to}\nAuto-Submitted: auto-replied\n\nI am away.\n".encode(), sent.services.keys)
    assert away.kind is BounceKind.AUTO_REPLY
    with writer() as session:
        assert not apply_bounce(session, away, now=NOW)


def test_junk_is_unknown_and_raises_nothing(post: Post) -> None:
    noise = random.Random(7)
    for size in (0, 1, 10, 1000, 20_000):
        assert read_bounce(noise.randbytes(size), post.services.keys).message_id is None
    for cut in range(0, len(report("x@y.example", GONE)), 37):
        read_bounce(report("x@y.example", GONE)[:cut], post.services.keys)
