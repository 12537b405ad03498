"""After each delivery it is certain what became of the mail, or certain that nobody knows."""

import smtplib
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from surveyd.base.config import Relay
from surveyd.base.mailer import Mail, open_smtp, write_mail
from surveyd.base.relay import FINAL_REPLY_SECONDS, Delivery, RelayConnection, Verdict
from tests.base.hostile import HOSTILE
from tests.base.scripted import HANG_UP, SILENCE, USUAL, scripted
from tests.base.test_mailer import PLAIN
from tests.fixtures.children import wait_for
from tests.fixtures.relays import Relay as Server

SENDER, ANNA = "b-1-0@mail.surveyd.test", "anna@nordwind.test"
MAIL = b"Subject: Hello\r\n\r\nHello\r\n"
PATIENT, SHORT = 20.0, 0.3
"""Seconds to wait: for a server that will answer on a busy machine, and for one that will not."""


def connection_to(port: int, patience: float = PATIENT) -> RelayConnection:
    """A connection, not yet open, that waits so long for every reply."""
    opened = partial(open_smtp, connect_seconds=patience, reply_seconds=patience)
    relay = Relay("127.0.0.1", port, "", "", starttls=False, tls=False)
    return RelayConnection(relay, opened, final_reply_seconds=patience)


@pytest.fixture
def connection(relay: Server) -> Iterator[RelayConnection]:
    """An open connection to the real server."""
    opened = connection_to(relay.port)
    opened.open()
    yield opened
    opened.close()


def deliver(connection: RelayConnection, to: str = ANNA, mail: bytes = MAIL) -> Delivery:
    connection.open()
    return connection.deliver(SENDER, to, mail)


def test_many_mails_go_over_one_connection(connection: RelayConnection, relay: Server) -> None:
    verdicts = [deliver(connection, f"n{number}@nordwind.test").verdict for number in range(20)]
    assert verdicts == [Verdict.ACCEPTED] * 20
    assert (len(relay.received), relay.connections) == (20, 1)
    assert {mail.sender for mail in relay.received} == {SENDER}


def test_an_unknown_address_is_gone_and_the_next_mail_goes_out(
    connection: RelayConnection, relay: Server
) -> None:
    gone = deliver(connection, "perm@nordwind.test")
    assert gone == Delivery(Verdict.NO_SUCH_ADDRESS, "550 5.1.1 No such user here")
    assert deliver(connection).verdict is Verdict.ACCEPTED
    assert relay.connections == 1


def test_a_temporary_refusal_asks_to_try_again(connection: RelayConnection, relay: Server) -> None:
    assert deliver(connection, "temp@nordwind.test").verdict is Verdict.LATER
    assert relay.received == []


def test_a_cut_in_the_middle_of_a_mail_is_certainly_not_sent(
    connection: RelayConnection, relay: Server
) -> None:
    more_than_any_buffer_holds = MAIL + b"Hello again, and again, and again\r\n" * 600_000
    assert deliver(connection, "drop@nordwind.test", more_than_any_buffer_holds).verdict is Verdict.NOT_SENT
    assert relay.received == []
    assert not connection.is_open
    assert deliver(connection).verdict is Verdict.ACCEPTED


def test_a_cut_after_the_final_dot_leaves_doubt(connection: RelayConnection, relay: Server) -> None:
    assert deliver(connection, "lost@nordwind.test").verdict is Verdict.IN_DOUBT
    assert len(relay.received) == 1
    assert not connection.is_open


def test_a_reply_that_comes_too_late_leaves_doubt(connection: RelayConnection, relay: Server) -> None:
    relay.slow_seconds = 4 * SHORT
    connection.final_reply_seconds = SHORT
    assert deliver(connection, "slow@nordwind.test").verdict is Verdict.IN_DOUBT
    wait_for(lambda: len(relay.received) == 1, what="the mail that nobody was told of")


def test_the_reply_to_a_whole_mail_is_waited_for_longer_than_any_other() -> None:
    with scripted(END=SILENCE) as relay:
        connection = connection_to(relay.port)
        connection.final_reply_seconds = SHORT
        begun = time.monotonic()
        assert deliver(connection).verdict is Verdict.IN_DOUBT
        assert SHORT <= time.monotonic() - begun < PATIENT
    assert FINAL_REPLY_SECONDS == 600


def test_hostile_mails_arrive_one_each_and_byte_for_byte(connection: RelayConnection, relay: Server) -> None:
    mails = [
        write_mail(replace(PLAIN, subject=text, recipient_name=text, text=text, html=text))
        for text in HOSTILE.values()
    ]
    assert {deliver(connection, mail=mail).verdict for mail in mails} == {Verdict.ACCEPTED}
    assert [received.content for received in relay.received] == mails


@pytest.mark.parametrize(
    "mail", [b".\r\n..\r\n.\r\n", b"a\r\n\r\n.", b"", b"a", b"a\r\n.\r\nMAIL FROM:<x>\r\n"]
)
def test_lone_dots_and_missing_ends_make_one_mail(
    connection: RelayConnection, relay: Server, mail: bytes
) -> None:
    assert deliver(connection, mail=mail).verdict is Verdict.ACCEPTED
    assert deliver(connection).verdict is Verdict.ACCEPTED
    first, second = relay.received
    assert first.content.rstrip(b"\r\n") == mail.rstrip(b"\r\n")
    assert second.content == MAIL


REPLIES = [
    ("MAIL", "451 4.3.0 Busy", Verdict.LATER),
    ("MAIL", "550 5.1.1 Who are you", Verdict.REFUSED),
    ("MAIL", "550 5.7.1 Not you", Verdict.REFUSED),
    ("MAIL", HANG_UP, Verdict.NOT_SENT),
    ("MAIL", SILENCE, Verdict.NOT_SENT),
    ("RCPT", "251 2.1.5 Forwarded", Verdict.ACCEPTED),
    ("RCPT", "452 4.2.2 Mailbox full", Verdict.LATER),
    ("RCPT", "421 4.3.2 Shutting down", Verdict.LATER),
    ("RCPT", "550 5.1.1 Nobody here", Verdict.NO_SUCH_ADDRESS),
    ("RCPT", "550-Requested action not taken\r\n550 No such user here", Verdict.NO_SUCH_ADDRESS),
    ("RCPT", "550 User unknown", Verdict.NO_SUCH_ADDRESS),
    ("RCPT", "554 5.1.2 Bad destination", Verdict.NO_SUCH_ADDRESS),
    ("RCPT", "550 5.7.515 Not authenticated", Verdict.REFUSED),
    ("RCPT", "550 5.2.2 Mailbox full", Verdict.REFUSED),
    ("RCPT", "550 5.1.8 Sender domain does not exist", Verdict.REFUSED),
    ("RCPT", "550 Sender address does not exist", Verdict.REFUSED),
    ("RCPT", "554 Blocked, user unknown to our filter", Verdict.REFUSED),
    ("RCPT", HANG_UP, Verdict.NOT_SENT),
    ("RCPT", SILENCE, Verdict.NOT_SENT),
    ("RCPT", "nonsense", Verdict.NOT_SENT),
    ("DATA", "451 4.3.0 Busy", Verdict.LATER),
    ("DATA", "554 5.5.1 No valid recipients", Verdict.REFUSED),
    ("DATA", HANG_UP, Verdict.NOT_SENT),
    ("END", "451 4.3.0 Busy", Verdict.LATER),
    ("END", "421 4.3.2 Shutting down", Verdict.LATER),
    ("END", "550 5.1.1 Nobody here", Verdict.NO_SUCH_ADDRESS),
    ("END", "554 5.7.1 Spam", Verdict.REFUSED),
    ("END", HANG_UP, Verdict.IN_DOUBT),
    ("END", SILENCE, Verdict.IN_DOUBT),
    ("END", "nonsense", Verdict.IN_DOUBT),
    ("END", "354 Go on", Verdict.IN_DOUBT),
]


ONE_BY_ONE, AT_ONCE = USUAL["EHLO"], "250-relay.test\r\n250-PIPELINING\r\n250 8BITMIME"
TALKS = pytest.mark.parametrize("ehlo", [ONE_BY_ONE, AT_ONCE], ids=["one_by_one", "at_once"])


@TALKS
@pytest.mark.parametrize(("command", "reply", "verdict"), REPLIES)
def test_a_reply_means_what_it_says_where_it_is_said(
    command: str, reply: str, verdict: Verdict, ehlo: str
) -> None:
    with scripted(**{"EHLO": ehlo, command: reply}) as relay:
        connection = connection_to(relay.port, SHORT if reply == SILENCE else PATIENT)
        delivery = deliver(connection)
        assert delivery.verdict is verdict
        assert (delivery.reason == "") == (verdict is Verdict.ACCEPTED)
        assert len(delivery.reason) <= 300
        connection.close()


@pytest.mark.parametrize(
    ("command", "reply", "says"),
    [
        ("RCPT", "452 4.2.2 Mailbox full", True),
        ("RCPT", "450 Mailbox unavailable", True),
        ("END", "552 5.2.2 Over quota", True),
        ("MAIL", "450 4.2.1 Not you", False),
        ("RCPT", "451 4.3.0 Busy", False),
        ("RCPT", "450 4.7.28 Too many mails from you", False),
        ("END", "421 Shutting down", False),
    ],
)
@TALKS
def test_a_refusal_says_whether_it_is_about_the_address(
    command: str, reply: str, says: bool, ehlo: str
) -> None:
    with scripted(**{"EHLO": ehlo, command: reply}) as relay:
        connection = connection_to(relay.port, PATIENT)
        assert deliver(connection).is_of_address is says
        connection.close()


@TALKS
@pytest.mark.parametrize(("command", "reply"), [row[:2] for row in REPLIES if row[1] != SILENCE])
def test_after_any_reply_the_next_mail_starts_afresh(command: str, reply: str, ehlo: str) -> None:
    with scripted(**{"EHLO": ehlo, command: reply}) as relay:
        connection = connection_to(relay.port)
        deliver(connection)
        relay.replies = {**relay.replies, command: {"DATA": "354 Go on"}.get(command, "250 Fine")}
        assert deliver(connection).verdict is Verdict.ACCEPTED
        connection.close()


def test_a_refusal_counts_even_if_the_relay_hangs_up_after_it() -> None:
    with scripted(RCPT="550 5.1.1 Nobody here", RSET=HANG_UP) as relay:
        connection = connection_to(relay.port)
        assert deliver(connection).verdict is Verdict.NO_SUCH_ADDRESS
        assert not connection.is_open


def test_a_relay_that_takes_commands_at_once_gets_no_mail_for_nobody() -> None:
    with scripted(EHLO=AT_ONCE, RCPT="550 5.1.1 Nobody here", DATA="354 Go on") as relay:
        connection = connection_to(relay.port)
        assert deliver(connection).verdict is Verdict.NO_SUCH_ADDRESS
        assert not connection.is_open
        assert deliver(connection, "berta@nordwind.test").verdict is Verdict.NO_SUCH_ADDRESS


def test_an_address_with_a_bracket_adds_no_command() -> None:
    with scripted(EHLO=AT_ONCE) as relay:
        connection = connection_to(relay.port)
        deliver(connection, '"anna>"@nordwind.test')
        assert relay.heard.count("RCPT") == 1
        connection.close()


def test_a_long_reply_is_cut_for_the_ledger() -> None:
    with scripted(RCPT=f"550 5.7.1 {'x' * 5000}") as relay:
        connection = connection_to(relay.port)
        assert len(deliver(connection).reason) == 300
        connection.close()


def test_nobody_listening_is_an_error_at_opening(relay: Server) -> None:
    relay.stop()
    connection = connection_to(relay.port)
    with pytest.raises(ConnectionRefusedError):
        connection.open()
    assert not connection.is_open
    relay.start()
    assert deliver(connection).verdict is Verdict.ACCEPTED
    connection.close()


@pytest.mark.parametrize("command", ["HELLO", "EHLO"])
@pytest.mark.parametrize("reply", [SILENCE, HANG_UP])
def test_a_relay_that_does_not_greet_is_an_error_at_opening(command: str, reply: str) -> None:
    with scripted(**{command: reply}) as relay:
        connection = connection_to(relay.port, SHORT)
        with pytest.raises((OSError, smtplib.SMTPException)):
            connection.open()
        assert not connection.is_open


def test_a_relay_without_starttls_gets_no_mail_in_the_open() -> None:
    with scripted() as relay:
        connection = RelayConnection(Relay("127.0.0.1", relay.port, "", "", starttls=True, tls=False))
        with pytest.raises(smtplib.SMTPNotSupportedError):
            connection.open()
        assert "MAIL" not in relay.heard


def test_a_relay_that_knows_no_sign_in_is_an_error_at_opening() -> None:
    with scripted() as relay:
        connection = RelayConnection(
            Relay("127.0.0.1", relay.port, "us", "sesame", starttls=False, tls=False)
        )
        with pytest.raises(smtplib.SMTPNotSupportedError):
            connection.open()


def test_a_relay_that_stopped_meanwhile_is_not_sent(connection: RelayConnection, relay: Server) -> None:
    relay.stop()
    assert connection.deliver(SENDER, ANNA, MAIL).verdict is Verdict.NOT_SENT
    assert not connection.is_open


def test_a_connection_that_the_relay_closed_is_made_anew(connection: RelayConnection, relay: Server) -> None:
    deliver(connection)
    relay.stop()
    wait_for(lambda: not connection.is_open, what="the farewell")
    relay.start()
    assert deliver(connection).verdict is Verdict.ACCEPTED
    assert relay.connections == 2


def test_taking_leave_never_fails(connection: RelayConnection, relay: Server) -> None:
    relay.stop()
    connection.close()
    connection.close()
    assert not connection.is_open


def test_taking_leave_is_polite() -> None:
    with scripted() as relay:
        connection = connection_to(relay.port)
        deliver(connection)
        connection.close()
        wait_for(lambda: relay.heard[-1] == "QUIT", what="the last word")


OUTSIDE = "jörg@xn--mller-kva.example"


def test_an_address_outside_ascii_goes_to_a_relay_that_knows_them(
    connection: RelayConnection, relay: Server
) -> None:
    mail = write_mail(replace(PLAIN, recipient=OUTSIDE))
    assert deliver(connection, OUTSIDE, mail).verdict is Verdict.ACCEPTED
    assert deliver(connection).verdict is Verdict.ACCEPTED
    assert [received.recipients for received in relay.received] == [(OUTSIDE,), (ANNA,)]
    assert relay.received[0].content == mail


@pytest.mark.parametrize("mail", [replace(PLAIN, recipient=OUTSIDE), replace(PLAIN, reply_to=OUTSIDE)])
def test_an_address_outside_ascii_is_refused_where_the_relay_knows_none(mail: Mail) -> None:
    with scripted() as relay:
        connection = connection_to(relay.port)
        delivery = deliver(connection, mail.recipient, write_mail(mail))
        assert delivery.verdict is Verdict.REFUSED and "SMTPUTF8" in delivery.reason
        assert "MAIL" not in relay.heard
        assert deliver(connection).verdict is Verdict.ACCEPTED
        connection.close()
