"""A probe on the page before a launch, by command, and back through the pipe and the webhook."""

import json
import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import SMTP

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from surveyd.base.config import load_config
from surveyd.base.errors import ConfigError
from surveyd.base.sending_domain import Seed
from surveyd.base.services import EXTENSION
from surveyd.cli.bounces import bounce
from surveyd.cli.preflight import preflight
from surveyd.cli.probes import probe
from surveyd.distribution.hook_keys import make_hook_key
from surveyd.distribution.lanes import new_lane
from surveyd.distribution.models import Message, Program, Wave
from surveyd.distribution.probe_models import LaunchProbe
from surveyd.distribution.return_models import Return
from surveyd.distribution.waves import schedule_wave
from surveyd.people.models import Contact
from tests.fixtures.apps import NOW, MakeApp, Transaction
from tests.fixtures.relays import Relay
from tests.web.offices import Office, SignIn

BOX = "seed@box.test"
GOOD = b"Authentication-Results: mx.box.test; spf=pass; dkim=pass; dmarc=pass\r\n"
BAD = b"Authentication-Results: <b>mx</b>; spf=pass; dkim=fail; dmarc=<script>\r\n"
Say = Callable[..., Result]


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """A house with one seed box."""
    return make_app(seeds=BOX, shared=True)


@pytest.fixture
def wave(office: Office, writer: Transaction) -> int:
    """A wave that may be launched, beside the one that runs."""
    with writer() as session:
        program = session.get_one(Program, session.get_one(Wave, office.wave).program_id)
        program.rest_days = 0
        return schedule_wave(session, program, "autumn", at=NOW, now=NOW).id


@pytest.fixture
def say(app: Flask) -> Say:
    """`say(command, *words, mail=...)` runs a command with that on standard input."""

    def run(command: object, *words: str, mail: bytes = b"") -> Result:
        return CliRunner().invoke(command, list(words), input=mail, obj=lambda config: app)  # type: ignore[arg-type]  # a command

    return run


@pytest.fixture
def sent(app: Flask, relay: Relay) -> Callable[[], bytes]:
    """Sends what is due, and returns what arrived in the seed box last."""

    def send() -> bytes:
        lane = new_lane(app.extensions[EXTENSION])
        with app.app_context():
            lane.drain()
        lane.relay.close()
        return relay.to(BOX)[-1].content

    return send


def test_the_page_sends_one_and_says_how_it_arrived(
    wave: int, office: Office, sign_in: SignIn, say: Say, sent: Callable[[], bytes]
) -> None:
    admin, path = sign_in(office.cast.admin), f"/staff/waves/{wave}"
    assert "Send a probe" in admin.get(f"{path}/preflight").text
    assert "No probe has been sent to seed@box.test" in admin.get(f"{path}/preflight").text

    assert admin.post(f"{path}/probe").status_code == 303
    assert "A probe is on its way to seed@box.test." in admin.get(f"{path}/preflight").text
    again = admin.post(f"{path}/probe")
    assert again.status_code == 422 and "give it ten minutes" in again.text
    admin.post(f"{path}/preflight")
    assert "A probe is on its way" in admin.get(f"{path}/preflight").text

    mail = sent()
    assert say(probe, mail=GOOD + mail).stdout == "a probe, noted\n"
    row = re.search(r"/staff/outbox/\d+", admin.get("/staff/outbox").text)
    assert row and BOX in admin.get(row[0]).text
    page = admin.get(f"{path}/preflight").text
    assert "The probe to seed@box.test arrived after 0 seconds." in page
    assert "mx.box.test says: SPF pass, DKIM pass, DMARC pass." in page and "Nothing forbids" in page
    assert say(probe, mail=BAD + mail).stdout == "a probe that arrived before, nothing changed\n"
    assert "DKIM pass" in admin.get(f"{path}/preflight").text


def test_whoever_opts_out_by_a_probe_opts_nobody_out(  # noqa: PLR0917  # fixtures, by name
    app: Flask, wave: int, office: Office, say: Say, sent: Callable[[], bytes], reader: Transaction
) -> None:
    say(preflight, "autumn", "--probe")
    head = message_from_bytes(sent(), policy=SMTP)
    link = str(head["List-Unsubscribe"]).strip("<>")
    path = f"/u/{link.rpartition('/')[2]}"
    for method in ("get", "post", "post"):
        assert getattr(app.test_client(), method)(path).status_code == 200
    with reader() as session:
        assert session.scalars(select(Contact).where(Contact.opted_out_at.is_not(None))).all() == []


def test_what_the_box_refuses_forbids_the_launch(
    wave: int, office: Office, sign_in: SignIn, say: Say, sent: Callable[[], bytes]
) -> None:
    admin, path = sign_in(office.cast.admin), f"/staff/waves/{wave}"
    admin.post(f"{path}/preflight")
    admin.post(f"{path}/probe")
    say(probe, mail=BAD + sent())

    page = admin.get(path).text
    assert "1 finding forbids the launch" in page and "Yes, launch" not in page
    assert "box.test says of the probe to seed@box.test: DKIM fail." in page and "<b>mx</b>" not in page
    assert admin.post(f"{path}/launch", contacts="3").status_code == 409


def test_who_may_only_read_sends_none(
    wave: int, office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    executive, path = sign_in(office.cast.executive), f"/staff/waves/{wave}"
    assert f"{path}/probe" not in executive.get(f"{path}/preflight").text
    assert executive.post(f"{path}/probe").status_code == 403
    assert sign_in(office.cast.admin).post("/staff/waves/999/probe").status_code == 404
    assert sign_in(office.cast.admin).post(f"/staff/waves/{office.wave}/probe").status_code == 422
    with reader() as session:
        assert session.scalars(select(LaunchProbe)).all() == []


def test_the_command_sends_one_and_tells_it_as_json(
    wave: int, office: Office, say: Say, sent: Callable[[], bytes], reader: Transaction
) -> None:
    def told(*words: str) -> dict[str, dict[str, object]]:
        found = json.loads(say(preflight, "autumn", "--json", *words).stdout)["findings"]
        return {one["code"]: one for one in found if one["code"].startswith("probe_")}

    assert [*told()] == ["probe_missing"]
    assert [*told("--probe", "--as", office.cast.admin.email)] == ["probe_waiting"]
    say(probe, mail=GOOD + sent())
    [arrived] = told().values()
    assert arrived["level"] == "green" and arrived["thing"] == BOX
    assert arrived["facts"] == {"seconds": 0, "by": "mx.box.test", "said": "SPF pass, DKIM pass, DMARC pass"}
    assert isinstance(say(preflight, "spring", "--probe").exception, Exception)
    with reader() as session:
        [row] = session.scalars(select(LaunchProbe))
        assert row.asked_by_id == office.cast.admin.id


def test_the_webhook_and_the_other_pipe_take_probes_and_keep_none(  # noqa: PLR0917  # fixtures, by name
    app: Flask,
    wave: int,
    office: Office,
    say: Say,
    sent: Callable[[], bytes],
    writer: Transaction,
    reader: Transaction,
) -> None:
    with writer() as session:
        key = make_hook_key(session, "box", by=None, now=NOW)
    say(preflight, "autumn", "--probe")
    mail = sent()
    client = app.test_client()

    def post(body: bytes, key: str = key) -> object:
        answer = client.post("/hooks/returns", data=body, headers={"Authorization": f"Bearer {key}"})
        return answer.json if answer.status_code == 200 else answer.status_code

    forged = mail.replace(b"X-Surveyd-Probe: ", b"X-Surveyd-Probe: 1")
    assert post(GOOD + mail, "wrong") == 401
    assert post(GOOD + forged) == {"kind": "probe", "effect": False, "state": "noted", "new": False}
    assert post(GOOD + mail) == {"kind": "probe", "effect": True, "state": "noted", "new": True}
    assert post(BAD + mail) == {"kind": "probe", "effect": False, "state": "noted", "new": False}
    assert say(bounce, mail=BAD + mail).stdout == "a probe that arrived before, nothing changed\n"
    assert json.loads(say(bounce, "--json", mail=BAD + forged).stdout) == {
        "kind": "probe",
        "genuine": False,
        "new": False,
    }
    with reader() as session:
        assert session.scalars(select(Return)).all() == []
        [row] = session.scalars(select(LaunchProbe))
        assert (row.server, row.dkim) == ("mx.box.test", "pass")


def test_a_bounce_of_a_probe_is_a_bounce(  # noqa: PLR0917  # fixtures, by name
    app: Flask, wave: int, office: Office, say: Say, sent: Callable[[], bytes], reader: Transaction
) -> None:
    say(preflight, "autumn", "--probe")
    mail = sent()
    with reader() as session:
        [message] = session.scalars(select(Message).where(Message.name == "probe"))
    to = app.extensions[EXTENSION].keys.return_path(message.id, "mail.surveyd.test")
    notice = (
        b"From: MAILER-DAEMON@box.test\r\nSubject: Undelivered mail\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; box.test\r\n\r\n"
        b"Final-Recipient: rfc822; seed@box.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + mail + b"\r\n--b--\r\n"
    )
    assert "hard, message" in say(bounce, "--to", to, mail=notice).stdout
    found = json.loads(say(preflight, "autumn", "--json").stdout)["findings"]
    assert "probe_undelivered" in [one["code"] for one in found]


@pytest.mark.parametrize("mail", [b"", b" \r\n\r\n"])
def test_an_empty_pipe_is_told_to_the_mail_server(office: Office, say: Say, mail: bytes) -> None:
    assert say(probe, mail=mail).exit_code == 65


def test_what_is_no_probe_is_read_and_forgotten(office: Office, say: Say, reader: Transaction) -> None:
    for mail in (
        b"Subject: hello\r\n\r\nbody",
        b"\xff\xfe\0",
        b"X-Surveyd-Probe: 1.x\r\n\r\n",
        b"A" * 2_000_000,
    ):
        said = say(probe, mail=mail)
        assert (said.exit_code, said.stdout) == (0, "no probe of ours, nothing changed\n")
    with reader() as session:
        assert session.scalars(select(Return)).all() == []


def test_seed_boxes_are_read_from_the_configuration(tmp_path: object) -> None:
    facts = {"data": str(tmp_path), "secret_key": "s" * 40}
    given = "Seed@Box.test, seed+a@gmail.test=MX.google.test seed@outlook.test=-,,"
    assert load_config({}, facts, seeds=given).sending_domain.seeds == (
        Seed("seed@box.test"),
        Seed("seed+a@gmail.test", "mx.google.test"),
        Seed("seed@outlook.test", "-"),
    )
    assert load_config({}, facts).sending_domain.seeds == ()
    for wrong in ("nobody", "a@b@c.test", "a<b@c.test", "ä@c.test", "a@c.test=", "a@c.test=<b>", "@c.test"):
        with pytest.raises(ConfigError) as raised:
            load_config({}, facts, seeds=wrong)
        assert [one.code for one in raised.value.findings] == ["C18"]
    with pytest.raises(ConfigError):
        load_config({}, facts, seeds=" ".join(f"a{i}@c.test" for i in range(11)))
