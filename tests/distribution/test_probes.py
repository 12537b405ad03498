"""A probe from the asking to its arrival: over the real relay and back, and what is found of it."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from surveyd.base.clock import SetClock
from surveyd.base.errors import Refused
from surveyd.base.sending_domain import Seed
from surveyd.base.services import Services
from surveyd.distribution import waves
from surveyd.distribution.lanes import new_lane
from surveyd.distribution.launching.findings import Finding, Level, Report, green, red
from surveyd.distribution.launching.gate import keep_report, latest_report
from surveyd.distribution.launching.probe_checks import check_probes, receive
from surveyd.distribution.launching.probes import Arrival, read_probes, send_probes
from surveyd.distribution.mail_checks import Draft
from surveyd.distribution.mail_starters import starter
from surveyd.distribution.mail_templates import Place, save
from surveyd.distribution.models import Invitation, Message, Touch, Wave
from surveyd.distribution.probe_models import LaunchProbe
from surveyd.distribution.return_models import Return
from surveyd.people.models import AuditEntry
from tests.distribution.conftest import make_wave
from tests.distribution.test_mails import Outline
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast
from tests.fixtures.relays import Relay

BOX, OTHER = "seed@box.test", "seed@gmail.test"
SEEDS = (Seed(BOX), Seed(OTHER, "mx.google.test"))
GOOD = "mx.box.test; spf=pass smtp.mailfrom=a.test; dkim=pass header.d=a.test; dmarc=pass"


class Desk:
    """A scheduled wave, and the ways of its probes; each step is a transaction of its own."""

    def __init__(self, services: Services, clock: SetClock, writer: Transaction, reader: Transaction) -> None:
        self.services, self.clock, self.writer, self.reader = services, clock, writer, reader
        with writer() as session:
            self.wave = make_wave(session).id

    def ask(self, *seeds: Seed) -> int:
        """Send probes."""
        with self.writer() as session:
            wave = session.get_one(Wave, self.wave)
            facts: dict[str, Any] = {"by": None, "now": self.clock.now(), "mail_domain": "mail.surveyd.test"}
            return send_probes(session, wave, waves.program_of(session, wave), seeds=seeds, **facts)

    def drain(self) -> None:
        """Send what is due over the real relay."""
        lane = new_lane(self.services)
        lane.drain()
        lane.relay.close()

    def later(self, **passed: int) -> None:
        """Let time pass."""
        self.clock.instant = self.clock.now() + timedelta(**passed)

    def arrive(self, raw: bytes, *above: str) -> Arrival | None:
        """The mail comes back, with these headers above it."""
        head = "".join(f"{line}\r\n" for line in above).encode()
        with self.writer() as session:
            now = self.clock.now()
            return receive(session, head + raw, keys=self.services.keys, seeds=SEEDS, now=now)

    def said(self, *seeds: Seed) -> list[Finding]:
        """What the look would say now."""
        with self.reader() as session:
            wave = session.get_one(Wave, self.wave)
            probes = read_probes(session, wave, waves.program_of(session, wave), now=self.clock.now())
        return check_probes(probes, seeds)

    def codes(self, *seeds: Seed) -> list[str]:
        """The findings' codes."""
        return [finding.code for finding in self.said(*(seeds or SEEDS[:1]))]

    def change_program(self, **facts: object) -> None:
        """Change something of the wave's program."""
        with self.writer() as session:
            program = waves.program_of(session, session.get_one(Wave, self.wave))
            for name, value in facts.items():
                setattr(program, name, value)


@pytest.fixture
def desk(  # noqa: PLR0917  # fixtures, by name
    app: Flask, services: Services, clock: SetClock, writer: Transaction, reader: Transaction, cast: Cast
) -> Any:
    with app.app_context():
        yield Desk(services, clock, writer, reader)


def auth(said: str) -> str:
    return f"Authentication-Results: {said}"


def test_it_is_the_waves_first_mail_with_dead_links(desk: Desk, relay: Relay) -> None:
    words = starter("invitation", "en")
    with desk.writer() as session:
        program = waves.program_of(session, session.get_one(Wave, desk.wave))
        draft = Draft("How are we doing, {{ contact }}?", words.text, words.html)
        save(session, Place(program.id, "invitation", "en"), draft, seen=0, by=None, now=NOW)

    assert desk.ask(*SEEDS) == 2
    desk.drain()

    [mail] = relay.to(BOX)
    assert str(mail.mail["Subject"]).startswith("How are we doing")
    assert "survey@northwind.test" in str(mail.mail["From"])
    assert desk.services.keys.read_return_path(mail.sender) is not None
    assert str(mail.mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    token = str(mail.mail["List-Unsubscribe"]).strip("<>").rpartition("/")[2]
    assert desk.services.keys.read_opt_out_token(token) == (0, 0)
    links = Outline(mail.body("html")).links
    assert links and all("/staff/questionnaires/" in link or f"/u/{token}" in link for link in links)
    with desk.reader() as session:
        assert set(session.execute(select(Message.wave_id, Message.contact_id))) == {(None, None)}
        assert not session.scalar(select(func.count(Invitation.id)))
        assert not session.scalar(select(func.count(Touch.id)))
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "probe"))
        assert (entry.thing, entry.thing_id) == ("wave", desk.wave)


def test_one_that_arrives_says_how_long_and_what_the_receiver_said(desk: Desk, relay: Relay) -> None:
    assert desk.said() == [] and desk.codes() == ["probe_missing"]
    desk.ask(*SEEDS)
    assert desk.codes(*SEEDS) == ["probe_waiting", "probe_waiting"]
    desk.later(seconds=60)
    desk.drain()
    desk.later(seconds=12)

    assert desk.arrive(relay.to(BOX)[0].content, auth(GOOD)) == Arrival(desk.wave, is_new=True)

    good = green("probe_arrived", BOX, seconds=12, by="mx.box.test", said="SPF pass, DKIM pass, DMARC pass")
    assert desk.said(SEEDS[0]) == [good]
    assert desk.codes(SEEDS[1]) == ["probe_waiting"]


@pytest.mark.parametrize(
    ("above", "codes"),
    [
        (["mx.box.test; spf=fail; dkim=pass; dmarc=pass"], ["probe_arrived green", "probe_spf red"]),
        (["mx.box.test; spf=pass; dkim=none; dmarc=pass"], ["probe_arrived green", "probe_dkim red"]),
        (["mx.box.test; spf=pass; dkim=pass; dmarc=fail"], ["probe_arrived green", "probe_dmarc red"]),
        (
            ["mx.box.test; spf=pass; dkim=temperror; dmarc=pass"],
            ["probe_arrived green", "probe_dkim yellow"],
        ),
        (["mx.box.test; dmarc=pass"], ["probe_arrived green"]),
        (["mx.box.test; spf=pass"], ["probe_arrived green", "probe_unsaid yellow"]),
        (["mx.box.test; none"], ["probe_unsaid yellow"]),
        ([], ["probe_unjudged yellow"]),
        (
            ["mx.box.test; spf=fail; dkim=none; dmarc=fail", GOOD],
            ["probe_came green", "probe_spf red", "probe_dkim red", "probe_dmarc red"],
        ),
    ],
)
def test_what_receivers_refuse_is_as_bad_as_in_dns(
    desk: Desk, relay: Relay, above: list[str], codes: list[str]
) -> None:
    desk.ask(SEEDS[0])
    desk.drain()
    desk.arrive(relay.received[0].content, *map(auth, above))
    assert [f"{one.code} {one.level}" for one in desk.said(SEEDS[0])] == codes


def test_behind_a_forwarder_the_boxes_own_server_counts(desk: Desk, relay: Relay) -> None:
    desk.ask(*SEEDS)
    desk.drain()
    gateway = auth("mx.company.test; spf=fail; dkim=fail; dmarc=fail")
    received = "Received: from mail.gmail.test by mx.company.test; Tue, 10 Mar 2026 09:00:00 +0000"
    google = auth("mx.google.test; spf=pass; dkim=pass; dmarc=pass")
    desk.arrive(relay.to(OTHER)[0].content, gateway, received, google)
    assert desk.codes(SEEDS[1]) == ["probe_arrived"]


def test_junk_and_an_unsigned_opt_out_are_worth_knowing(desk: Desk, relay: Relay) -> None:
    desk.ask(SEEDS[0])
    desk.drain()
    signature = "DKIM-Signature: v=1; d=a.test; h=from:to; b=x"
    desk.arrive(relay.received[0].content, auth(GOOD), "X-Spam-Flag: YES", signature)
    assert desk.codes() == ["probe_arrived", "probe_junk", "probe_opt_out"]
    assert {one.level for one in desk.said(SEEDS[0])} == {Level.GREEN, Level.YELLOW}


def test_a_forged_an_unknown_and_a_second_arrival_change_nothing(desk: Desk, relay: Relay) -> None:
    desk.ask(SEEDS[0])
    desk.drain()
    raw = relay.received[0].content
    [token] = [line for line in raw.split(b"\r\n") if line.startswith(b"X-Surveyd-Probe")]
    unknown = f"X-Surveyd-Probe: {desk.services.keys.signed('probe', '999')}".encode()
    for forged in (raw.replace(token, token[:-1]), raw.replace(token, unknown), token + b"\r\n" + raw):
        assert desk.arrive(forged, auth(GOOD)) == Arrival(None, is_new=False)
    assert desk.codes() == ["probe_waiting"]
    assert desk.arrive(raw.replace(token, b"Subject: no token")) is None
    assert desk.arrive(b"") is None

    assert desk.arrive(raw, auth(GOOD)) == Arrival(desk.wave, is_new=True)
    desk.later(minutes=5)
    assert desk.arrive(raw, auth("mx.box.test; dmarc=fail"), "X-Spam-Flag: YES") == Arrival(
        desk.wave, is_new=False
    )
    assert desk.codes() == ["probe_arrived"]
    with desk.reader() as session:
        assert session.scalars(select(Return)).all() == []


def test_time_and_another_sender_are_said(desk: Desk, relay: Relay) -> None:
    desk.ask(SEEDS[0])
    desk.later(minutes=9)
    desk.drain()
    desk.later(minutes=9)
    assert desk.codes() == ["probe_waiting"]
    desk.later(minutes=1)
    assert desk.codes() == ["probe_lost"]
    desk.arrive(relay.received[0].content, auth(GOOD))
    assert desk.codes() == ["probe_arrived"]
    desk.change_program(sender="other@northwind.test")
    assert desk.codes() == ["probe_other_sender"]
    desk.change_program(sender="survey@northwind.test")
    desk.later(days=7)
    assert desk.codes() == ["probe_arrived"]
    desk.later(seconds=1)
    assert desk.codes() == ["probe_old"]
    assert desk.ask(SEEDS[0]) == 1 and desk.codes() == ["probe_waiting"]


def test_one_that_the_relay_refuses_or_never_gets_is_said(desk: Desk) -> None:
    lost = Seed("perm@box.test")
    desk.ask(lost)
    desk.drain()
    desk.ask(SEEDS[0])
    assert desk.codes(lost, SEEDS[0]) == ["probe_undelivered", "probe_waiting"]
    desk.later(minutes=10)
    assert desk.codes(lost, SEEDS[0]) == ["probe_undelivered", "probe_undelivered"]


def test_a_second_probe_waits_for_the_first(desk: Desk) -> None:
    assert desk.ask(SEEDS[0]) == 1
    assert desk.ask(*SEEDS) == 1
    with pytest.raises(Refused, match="on its way"):
        desk.ask(*SEEDS)
    desk.later(minutes=10)
    assert desk.ask(*SEEDS) == 2


def test_without_a_box_and_after_the_launch_none_is_sent(desk: Desk) -> None:
    with pytest.raises(Refused, match="SURVEYD_SEEDS"):
        desk.ask()
    with desk.writer() as session:
        waves.launch(session, session.get_one(Wave, desk.wave), now=NOW, by=None)
    with pytest.raises(Refused, match="only a scheduled wave"):
        desk.ask(*SEEDS)
    with desk.reader() as session:
        assert session.scalars(select(LaunchProbe)).all() == []


def test_the_kept_look_says_what_arrived_and_holds_the_launch(desk: Desk, relay: Relay) -> None:
    desk.ask(SEEDS[0])
    desk.drain()
    with desk.writer() as session:
        keep_report(session, desk.wave, Report((green("no_tests"),), "a" * 64, 3, NOW))
    desk.arrive(relay.received[0].content, auth("mx.box.test; spf=pass; dkim=fail; dmarc=fail"))
    with desk.writer() as session:
        report = latest_report(session, desk.wave)
        assert report is not None and [one.code for one in report.red] == ["probe_dkim", "probe_dmarc"]
        with pytest.raises(Refused, match="probe_dkim"):
            waves.launch(session, session.get_one(Wave, desk.wave), now=NOW, by=None)
        assert red("probe_dkim", BOX, by="mx.box.test", result="fail") in report.findings
        assert green("no_tests") in report.findings
