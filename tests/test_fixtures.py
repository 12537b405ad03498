"""The ground that the other tests stand on holds."""

import smtplib
import socket
from datetime import datetime
from email.message import EmailMessage

import pytest
import redis
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.database import Base, reading, writing
from surveyd.people.models import Account, User
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast
from tests.fixtures.databases import Database
from tests.fixtures.images import Begin
from tests.fixtures.relays import Relay
from tests.web.offices import Office, open_office

WRITTEN: dict[str, dict[str, list[str]]] = {}


@pytest.mark.parametrize("round", [1, 2])
def test_each_test_finds_the_database_empty(writer: Transaction, cast: Cast, round: int) -> None:
    with writer() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 7
    assert cast.admin.id == 1


def test_what_one_transaction_commits_the_next_one_sees(
    writer: Transaction, reader: Transaction, cast: Cast
) -> None:
    with writer() as session:
        session.get_one(User, cast.admin.id).name = "Ada Lovelace"
    with reader() as session:
        assert session.get_one(User, cast.admin.id).name == "Ada Lovelace"


def test_statements_are_counted(statements, reader: Transaction) -> None:  # type: ignore[no-untyped-def]
    with statements() as said, reader() as session:
        session.execute(select(User)).all()
    assert len(said) == 1


def test_no_test_leaves_this_machine() -> None:
    with pytest.raises(AssertionError, match=r"192\.0\.2\.1"), socket.socket() as outside:
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(AssertionError, match=r"relay\.example"):
        smtplib.SMTP("relay.example", 25)


def test_the_queue_is_real_and_empty(valkey: str) -> None:
    with redis.Redis.from_url(valkey, protocol=2) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


def send(relay: Relay, *recipients: str) -> dict[str, tuple[int, bytes]]:
    mail = EmailMessage()
    mail["Subject"], mail["Message-ID"], mail["To"] = "Hello", "<1@test>", ", ".join(recipients)
    mail.set_content("Line one\n.\nLine three\n")
    with smtplib.SMTP("127.0.0.1", relay.port, timeout=5) as connection:
        return connection.send_message(mail, "us@company.test", recipients)


def test_the_relay_takes_mail_and_counts_copies(relay: Relay) -> None:
    send(relay, "anna@north.test")
    send(relay, "anna@north.test", "perma@north.test")
    assert relay.copies() == {("<1@test>", "anna@north.test"): 2, ("<1@test>", "perma@north.test"): 1}
    assert relay.received[0].sender == "us@company.test"
    assert relay.received[0].body() == "Line one\n.\nLine three\n"


@pytest.mark.parametrize(("address", "code"), [("perm@x.test", 550), ("temp7@x.test", 451)])
def test_the_relay_refuses_by_local_part(relay: Relay, address: str, code: int) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(relay, address)
    assert refused.value.recipients[address][0] == code
    assert relay.received == []


@pytest.mark.parametrize(("address", "taken"), [("drop@x.test", 0), ("lost.one@x.test", 1)])
def test_the_relay_hangs_up_before_or_after_the_final_dot(relay: Relay, address: str, taken: int) -> None:
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(relay, address)
    assert len(relay.received) == taken


def test_a_fault_can_be_healed_and_a_relay_stopped(relay: Relay) -> None:
    relay.limit("temp", 1)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(relay, "temp@x.test")
    assert send(relay, "temp@x.test") == {}
    relay.stop()
    with pytest.raises(OSError):
        send(relay, "anna@x.test")
    relay.start()
    assert send(relay, "anna@x.test") == {}


def test_a_page_is_served_to_a_browser(app: Flask, live_server: str) -> None:
    host, port = live_server.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"GET /nowhere HTTP/1.0\r\n\r\n")
        assert connection.recv(12).startswith(b"HTTP/1.")


@pytest.mark.parametrize("round", [1, 2])
def test_rows_that_are_copied_are_those_that_were_written(
    begin_with: Begin, database: Database, app: Flask, round: int
) -> None:
    office, found = begin_with(office_to_copy), {}
    with app.app_context(), reading() as session:
        for table in Base.metadata.sorted_tables:
            found[table.name] = sorted(map(repr, session.execute(table.select())))
    assert found == WRITTEN.setdefault(database.kind, found)
    with app.app_context(), writing() as session:
        assert new_account(session).id == office.cast.sudwerk + 1


def test_rows_are_not_copied_over_others(begin_with: Begin, writer: Transaction, reader: Transaction) -> None:
    with writer() as session:
        new_account(session)
    assert begin_with(open_office).cast.nordwind == 2
    with reader() as session:
        assert session.get_one(Account, 1).name == "X"


def office_to_copy(session: Session, now: datetime) -> Office:
    """Nobody else's: written in the first round, copied in the second."""
    return open_office(session, now)


def new_account(session: Session) -> Account:
    account = Account(external_id="X", name="X", tier="C", created_at=NOW, updated_at=NOW)
    session.add(account)
    session.flush()
    return account
