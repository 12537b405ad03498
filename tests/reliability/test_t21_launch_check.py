"""T21: of fourteen sending domains twelve are broken. Each is named rightly, and the whole ones pass.

A launch waits until what is red is mended or overridden, and who overrode it stands in the trail.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from surveyd.base.config import Config, load_config
from surveyd.base.errors import Refused
from surveyd.cli.main import surveyd
from surveyd.distribution.launching.domain import domain_checks
from surveyd.distribution.launching.findings import Finding, Level
from surveyd.distribution.launching.looking import in_parallel
from surveyd.distribution.models import Wave, WaveState
from surveyd.distribution.programs import NewProgram, create_program
from surveyd.distribution.waves import schedule_wave
from surveyd.forms.loading import shipped
from surveyd.people.models import AuditEntry, Contact, StaffRole, User
from tests.fixtures.apps import NOW, MakeApp, Transaction
from tests.fixtures.cast import Cast
from tests.fixtures.databases import SECRET_KEY
from tests.fixtures.name_servers import NameServer, Zone
from tests.reliability.launch_domains import BROKEN, RELAY, SELECTOR, WHOLE, Domain, txt, whole_zone
from tests.web.offices import signed_in

StartServer = Callable[[Zone], NameServer]


@pytest.fixture
def config(tmp_path: Path, name_server: StartServer) -> Config:
    """A production that sends through a relay of ours and asks a name server of ours."""
    server = name_server(whole_zone())
    asked = {"dns": f"127.0.0.1:{server.port}", "dkim_selectors": SELECTOR, "relay_addresses": RELAY}
    return load_config({}, asked, data=str(tmp_path), secret_key=SECRET_KEY)


def look(config: Config, domain: Domain) -> list[Finding]:
    """What is found of a program whose mail comes from this domain."""
    mine = replace(config, mail_domain=domain.name)
    return in_parallel(domain_checks(mine, f"survey@{domain.name}"), seconds=8)


@pytest.mark.parametrize("domain", BROKEN, ids=lambda domain: domain.code)
def test_a_broken_domain_is_named_rightly(config: Config, domain: Domain) -> None:
    red = [finding.code for finding in look(config, domain) if finding.level is Level.RED]
    assert red == [domain.code]


@pytest.mark.parametrize("domain", WHOLE, ids=lambda domain: domain.name)
def test_a_whole_domain_raises_no_alarm(config: Config, domain: Domain) -> None:
    found = look(config, domain)
    assert {finding.level for finding in found} == {Level.GREEN}
    assert {finding.code for finding in found} == {"spf_good", "dkim_good", "dmarc_good", "mx_good"}


class TestLaunch:
    """One wave on a broken domain, from the shell as from the page."""

    @pytest.fixture
    def app(self, make_app: MakeApp, name_server: StartServer) -> Flask:
        self.server = name_server(dict(BROKEN[0].zone))
        return make_app(
            dns=f"127.0.0.1:{self.server.port}",
            dkim_selectors=SELECTOR,
            relay_addresses=RELAY,
            mail_domain=BROKEN[0].name,
            second_person_above="1",
        )

    @pytest.fixture
    def wave(self, app: Flask, writer: Transaction, cast: Cast) -> int:
        with writer() as session:
            facts = NewProgram(
                "customers", "Company", "Cora", f"survey@{BROKEN[0].name}", "cora@company.test"
            )
            program = create_program(session, facts, questionnaire=shipped("relational"), now=NOW)
            return schedule_wave(session, program, "spring", at=NOW, now=NOW).id

    def test_it_is_held_back_until_the_domain_is_mended(
        self, app: Flask, wave: int, cast: Cast, reader: Transaction
    ) -> None:
        admin = signed_in(app, cast.admin)

        refused = admin.post(f"/staff/waves/{wave}/launch", contacts="3")
        assert refused.status_code == 409
        assert "nospf.example has no SPF record." in refused.text and "Yes, launch" not in refused.text

        self.server.zone[BROKEN[0].name, "TXT"] = [txt(f"v=spf1 ip4:{RELAY} -all")]
        assert admin.post(f"/staff/waves/{wave}/preflight").status_code == 303
        assert "Nothing forbids the launch" in admin.get(f"/staff/waves/{wave}").text
        assert admin.post(f"/staff/waves/{wave}/launch", contacts="3").status_code == 303
        assert state_of(reader, wave) is WaveState.PREPARING

    def test_two_admins_let_it_go_and_stand_in_the_trail(
        self, app: Flask, wave: int, cast: Cast, reader: Transaction, writer: Transaction
    ) -> None:
        with writer() as session:
            session.get_one(User, cast.leader.id).role = StaffRole.ADMIN
        one, other, path = signed_in(app, cast.admin), signed_in(app, cast.leader), f"/staff/waves/{wave}"
        one.post(f"{path}/preflight")

        assert one.post(f"{path}/override", reason=" ").status_code == 422
        assert one.post(f"{path}/override", reason="The board wants it <today>.").status_code == 303
        assert one.post(f"{path}/launch", contacts="3").status_code == 409
        assert one.post(f"{path}/override/1").status_code == 422
        assert "another admin has to confirm it" in one.get(path).text
        assert other.post(f"{path}/override/1").status_code == 303
        assert other.post(f"{path}/override/1").status_code == 303
        assert one.post(f"{path}/launch", contacts="3").status_code == 303

        assert state_of(reader, wave) is WaveState.PREPARING
        assert "The board wants it &lt;today&gt;." in one.get(path).text
        with reader() as session:
            trail = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [(entry.action, entry.user_id) for entry in trail if entry.thing == "wave"] == [
            ("override_launch_check", cast.admin.id),
            ("confirm_launch_override", cast.leader.id),
            ("launch", cast.admin.id),
        ]
        assert trail[-3].facts["findings"] == "spf_missing"

    def test_an_override_ends_with_the_plan_that_it_was_made_for(
        self, app: Flask, wave: int, cast: Cast, reader: Transaction, writer: Transaction
    ) -> None:
        admin, path = signed_in(app, cast.admin), f"/staff/waves/{wave}"
        with writer() as session:
            session.get_one(Contact, cast.anna.id).active = False
            session.get_one(Contact, cast.aziz.id).active = False
        admin.post(f"{path}/preflight")
        assert (
            admin.post(f"{path}/override", reason="One contact is too few for two people.").status_code == 303
        )

        with writer() as session:
            session.get_one(Contact, cast.anna.id).active = True
        assert admin.post(f"{path}/launch", contacts="2").status_code == 409
        assert state_of(reader, wave) is WaveState.SCHEDULED

    def test_the_shell_says_the_same(self, app: Flask, wave: int, cast: Cast) -> None:
        def run(*words: str) -> Result:
            return CliRunner().invoke(surveyd, words, obj=lambda config: app)

        looked = run("preflight", "spring", "--json")
        found = json.loads(looked.stdout)
        assert looked.exit_code == 1 and not found["may_launch"]
        assert [one["code"] for one in found["findings"] if one["level"] == "red"] == ["spf_missing"]
        launched = run("wave", "launch", "spring", "--yes")
        assert isinstance(launched.exception, Refused) and "spf_missing" in launched.stderr
        assert run("preflight", "spring", "--override", "Now.", "--as", cast.mona.email).exit_code == 1
        assert run("preflight", "spring", "--override", "Now.", "--as", cast.admin.email).exit_code == 1
        assert "another admin has to confirm it" in run("preflight", "spring").stdout
        assert isinstance(
            run("preflight", "spring", "--confirm", "--as", cast.admin.email).exception, Refused
        )


def state_of(reader: Transaction, wave_id: int) -> WaveState:
    with reader() as session:
        return session.get_one(Wave, wave_id).state
