"""/health: ok, warn or red, within two seconds, whatever is down."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.distribution.gaps import beat
from surveyd.distribution.models import Message, MessageState, Touch, TouchState, Wave
from surveyd.distribution.outbox import NewMessage, queue
from tests.fixtures.apps import NOW, MakeApp, Transaction
from tests.fixtures.cast import Cast
from tests.web.offices import Office, open_office

SECONDS = 2.2


@pytest.fixture
def office(writer: Transaction) -> Office:
    """A company in which the schedule has just run and no mail waits."""
    with writer() as session:
        opened = open_office(session, NOW)
        session.query(Message).delete()
        beat(session, "schedule", now=NOW, system_now=system_now())
        return opened


def owe(session: Session, office: Office, *, due_at: datetime, wave: bool = False) -> None:
    mail = NewMessage(
        dedup_key=f"test:{due_at.isoformat()}",
        name="thanks",
        language="en",
        recipient="anna@nordwind.test",
        due_at=due_at,
        created_at=NOW,
        wave_id=office.wave if wave else None,
    )
    queue(session, [mail], mail_domain="mail.surveyd.test")


def codes(client: FlaskClient) -> tuple[int, str, set[str]]:
    began = time.monotonic()
    response = client.get("/health")
    assert time.monotonic() - began < SECONDS
    body = response.get_json()
    assert set(body) == {"status", "owed", "oldest_s", "findings"}
    return response.status_code, body["status"], {finding["code"] for finding in body["findings"]}


def test_all_is_well(client: FlaskClient, office: Office, writer: Transaction) -> None:
    with writer() as session:
        owe(session, office, due_at=NOW - timedelta(seconds=90))

    assert codes(client) == (200, "ok", set())
    body = client.get("/health").get_json()
    assert (body["owed"], body["oldest_s"]) == (1, 90)


def test_mails_that_nobody_sends_are_red(client: FlaskClient, office: Office, writer: Transaction) -> None:
    with writer() as session:
        owe(session, office, due_at=NOW - timedelta(minutes=6))

    assert codes(client) == (503, "red", {"H04"})


def test_a_long_queue_that_moves_is_not_stuck(
    client: FlaskClient, office: Office, writer: Transaction
) -> None:
    with writer() as session:
        owe(session, office, due_at=NOW - timedelta(minutes=60))
        owe(session, office, due_at=NOW - timedelta(minutes=59))
        sent = session.query(Message).order_by(Message.id).first()
        assert sent
        sent.state, sent.sent_at = MessageState.SENT, NOW - timedelta(minutes=1)

    assert codes(client) == (200, "ok", set())


def test_a_paused_wave_is_not_stuck(client: FlaskClient, office: Office, writer: Transaction) -> None:
    with writer() as session:
        owe(session, office, due_at=NOW - timedelta(minutes=60), wave=True)
        session.get_one(Wave, office.wave).paused_at = NOW

    assert codes(client) == (200, "ok", set())


def test_what_is_held_waits_for_a_person(client: FlaskClient, office: Office, writer: Transaction) -> None:
    with writer() as session:
        owe(session, office, due_at=NOW - timedelta(minutes=60))
        session.query(Message).update({"state": MessageState.HELD})
        session.query(Touch).update({"state": TouchState.HELD})

    assert codes(client) == (200, "warn", {"H05"})
    assert "2 mails or reminders are held" in client.get("/health").text


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(1, (200, "ok", set())), (3, (200, "warn", {"H06"})), (6, (503, "red", {"H06"}))],
)
def test_a_schedule_that_stopped_is_seen(
    client: FlaskClient,
    office: Office,
    writer: Transaction,
    *,
    minutes: int,
    expected: tuple[int, str, set[str]],
) -> None:
    with writer() as session:
        beat(session, "schedule", now=NOW, system_now=system_now() - timedelta(minutes=minutes))

    assert codes(client) == expected


def test_a_schedule_that_never_ran_is_a_warning(client: FlaskClient, cast: Cast) -> None:
    assert codes(client) == (200, "warn", {"H06"})


@pytest.mark.parametrize(
    ("setting", "code"),
    [("redis_url", "H02"), ("smtp_url", "H03")],
)
@pytest.mark.parametrize("kind", ["refused", "silent"])
def test_a_neighbour_that_is_down_is_a_warning(
    make_app: MakeApp, office: Office, silent_port: int, *, setting: str, code: str, kind: str
) -> None:
    port = 1 if kind == "refused" else silent_port
    scheme = "redis" if setting == "redis_url" else "smtp"

    found = codes(make_app(**{setting: f"{scheme}://127.0.0.1:{port}"}).test_client())

    # A relay that takes connections is asked no more than that.
    assert found == (
        (200, "ok", set()) if (setting, kind) == ("smtp_url", "silent") else (200, "warn", {code})
    )


def test_without_a_database_it_is_red_in_one_line(
    make_app: MakeApp, tmp_path: Path, silent_port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    for url in (
        f"sqlite:///{tmp_path}/missing/surveyd.db",
        f"sqlite:///{tmp_path}/empty.db",
        "postgresql://nobody@127.0.0.1:1/none",
        f"postgresql://nobody@127.0.0.1:{silent_port}/none",
    ):
        client = make_app(database_url=url).test_client()

        status, word, found = codes(client)

        assert (status, word) == (503, "red")
        assert "H01" in found
        assert client.get("/health").get_json()["owed"] is None
    assert "Traceback" not in capfd.readouterr().err


def test_without_a_database_a_page_says_so(make_app: MakeApp, tmp_path: Path) -> None:
    client = make_app(database_url=f"sqlite:///{tmp_path}/missing/surveyd.db").test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "Ada Admin"

    for path in ("/staff/waves", "/s/whatever"):
        response = client.get(path)
        assert response.status_code == 503
        assert "We cannot answer right now" in response.text
        assert response.headers["Retry-After"]
