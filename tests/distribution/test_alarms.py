"""What is red is told once, by mail and to the operator's address, and again when it comes back later."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from sqlalchemy import select, update

from surveyd.base.clock import system_now
from surveyd.base.relay import Verdict
from surveyd.base.services import EXTENSION
from surveyd.distribution import troubles
from surveyd.distribution.alarm_jobs import look_for_alarms
from surveyd.distribution.bursts import WINDOW, Bursts
from surveyd.distribution.gaps import beat
from surveyd.distribution.limit_models import Alarm, RelayTrouble
from surveyd.distribution.models import Heartbeat, Message, MessageState
from surveyd.distribution.watch import (
    DEAD,
    LASTING,
    LATELY,
    MANY,
    MANY_FAILED,
    Ledger,
    findings_of,
    read_ledger,
)
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, MakeApp, Transaction

LATER = timedelta(minutes=30)


@dataclass
class Listener:
    """An address of the operator's: what was posted there, and what it answers."""

    port: int
    status: int
    taken: list[dict[str, Any]]


@pytest.fixture
def listener() -> Iterator[Listener]:
    here = Listener(0, 204, [])

    class Hand(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            here.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(here.status)
            self.send_header("Location", f"http://127.0.0.1:{here.port}/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Hand)
    here.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield here
    server.shutdown()
    server.server_close()


class Watcher:
    """Looks for alarms, as often as it is asked to."""

    def __init__(self, make_app: MakeApp, writer: Transaction, post: Post, **settings: str) -> None:
        self.app = make_app(**settings)
        self.house = self.app.extensions[EXTENSION]
        self.writer = writer
        self.post = post

    def look(self) -> int:
        """One look; the quarter of a minute between two of them has passed."""
        with self.writer() as session:
            last = update(Heartbeat).where(Heartbeat.name == "alarms")
            session.execute(last.values(system_at=system_now() - timedelta(minutes=1)))
            beat(session, "schedule", now=NOW, system_now=system_now())
        with self.app.app_context():
            return look_for_alarms(self.house, self.post.clock.now())

    def mails(self) -> list[Message]:
        with self.post.reader() as session:
            return list(session.scalars(select(Message).where(Message.name == "alarm")))


def break_login(writer: Transaction, *, ago: timedelta = LASTING + timedelta(seconds=1)) -> None:
    with writer() as session:
        row = {"kind": troubles.LOGIN_REFUSED, "since": system_now() - ago, "seen_at": system_now()}
        session.merge(RelayTrouble(**row))


def mend_login(writer: Transaction) -> None:
    with writer() as session:
        troubles.forget_trouble(session)


def test_admins_are_told_once_however_long_it_lasts(
    make_app: MakeApp, writer: Transaction, post: Post, listener: Listener
) -> None:
    post.release()
    watcher = Watcher(make_app, writer, post, alert_url=f"http://127.0.0.1:{listener.port}/hook")
    assert watcher.look() == 0
    break_login(writer)
    assert [watcher.look() for _ in range(3)] == [1, 0, 0]
    [mail], [called] = watcher.mails(), listener.taken
    assert "refuses our sign-in" in mail.context["sentence"]
    assert (called["status"], called["owed"], [one["code"] for one in called["findings"]]) == (
        "red",
        3,
        ["H09"],
    )

    mend_login(writer)
    assert watcher.look() == 0
    break_login(writer)
    assert watcher.look() == 0, "it came back within ten minutes"
    mend_login(writer)
    with writer() as session:
        session.execute(update(Alarm).values(seen_at=system_now() - LATER, since=system_now() - LATER))
    assert watcher.look() == 0
    break_login(writer)
    assert watcher.look() == 1
    assert len(watcher.mails()) == len(listener.taken) == 2


@pytest.mark.parametrize("status", [500, 302])
def test_a_call_that_failed_is_made_again_and_the_mail_is_not(
    make_app: MakeApp, writer: Transaction, post: Post, listener: Listener, status: int
) -> None:
    watcher = Watcher(make_app, writer, post, alert_url=f"http://127.0.0.1:{listener.port}/hook")
    break_login(writer)
    listener.status = status
    watcher.look()
    watcher.look()
    assert len(listener.taken) == 2, "each is tried once, and a redirect is not gone after"
    listener.status = 200
    watcher.look()
    watcher.look()
    assert len(listener.taken) == 3
    assert len(watcher.mails()) == 1


def test_without_an_address_mails_are_enough(make_app: MakeApp, writer: Transaction, post: Post) -> None:
    watcher = Watcher(make_app, writer, post)
    break_login(writer)
    assert watcher.look() == 1
    assert len(watcher.mails()) == 1


def test_a_short_trouble_and_one_that_is_over_are_not_red(writer: Transaction, post: Post) -> None:
    def codes() -> list[tuple[str, str]]:
        with writer() as session:
            ledger = read_ledger(session, now=NOW, system_now=system_now())
            return [
                (one.code, one.severity)
                for one in findings_of(ledger, system_now=system_now())
                if one.code == "H09"
            ]

    break_login(writer, ago=timedelta(seconds=5))
    assert codes() == [("H09", "warn")]
    break_login(writer)
    assert codes() == [("H09", "red")]
    with writer() as session:
        session.execute(update(RelayTrouble).values(seen_at=system_now() - troubles.OVER))
    assert codes() == []


def test_many_failed_mails_are_red_until_they_are_old(writer: Transaction, post: Post) -> None:
    def failed() -> int:
        with writer() as session:
            return read_ledger(session, now=NOW, system_now=system_now()).failed

    def add(state: MessageState, count: int) -> None:
        with writer() as session:
            session.add_all(
                Message(
                    dedup_key=f"{state}{n}", message_id=f"{state}{n}@x", name="invitation", language="en",
                    recipient=f"r{n}@x.test", due_at=NOW, created_at=NOW, state=state,
                    begun_at=system_now(), sent_at=NOW if state is MessageState.SENT else None,
                )
                for n in range(count)
            )  # fmt: skip

    add(MessageState.FAILED, MANY_FAILED)
    assert failed() == MANY_FAILED
    add(MessageState.SENT, MANY_FAILED + 1)
    assert failed() == 0, "more went out than failed"
    with writer() as session:
        sent = update(Message).where(Message.state == MessageState.SENT)
        session.execute(sent.values(begun_at=system_now() - LATELY))
    assert failed() == MANY_FAILED
    with writer() as session:
        session.execute(update(Message).values(begun_at=system_now() - LATELY))
    assert failed() == 0


def test_a_sweep_that_is_dead_is_red_before_five_minutes(writer: Transaction, post: Post) -> None:
    assert timedelta(minutes=5) > DEAD
    quiet = Ledger(0, 0, 0, 0, 0, 0, 0, 0, system_now() - DEAD - timedelta(seconds=1), None)
    assert [one.severity for one in findings_of(quiet, system_now=system_now())] == ["red"]


class TestBursts:
    def test_half_of_fifty_is_a_burst_though_never_many_in_a_row(self) -> None:
        bursts = Bursts()
        said = [bursts.note(1, Verdict.ACCEPTED if n % 2 else Verdict.NO_SUCH_ADDRESS) for n in range(WINDOW)]
        assert said[:-1] == [""] * (WINDOW - 1) and "half" in said[-1]

    def test_less_than_half_is_none_and_waves_are_counted_apart(self) -> None:
        bursts = Bursts()
        assert not any(bursts.note(1, Verdict.ACCEPTED if n % 3 else Verdict.REFUSED) for n in range(500))
        assert not any(bursts.note(n, Verdict.REFUSED) for n in range(500))

    def test_what_the_relay_puts_off_says_nothing(self) -> None:
        bursts = Bursts()
        assert not any(bursts.note(1, verdict) for verdict in (Verdict.LATER, Verdict.NOT_SENT) * 200)


@pytest.mark.parametrize(("stuck", "said"), [(3, "3 mails are due"), (MANY, "5000 mails or more are due")])
def test_an_alarm_counts_stuck_mails_as_far_as_it_helps(stuck: int, said: str) -> None:
    ledger = Ledger(stuck, 300, stuck, 0, 0, 0, 0, 0, system_now(), None)

    (finding,) = findings_of(ledger, system_now=system_now())

    assert finding.sentence.startswith(said)
