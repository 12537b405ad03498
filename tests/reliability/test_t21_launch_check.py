"""T21: of fourteen sending domains twelve are broken. Each is named rightly, and the whole ones pass.

A launch waits until what is red is mended or overridden, and who overrode it stands in the trail.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from surveyd.base.config import Config, load_config
from surveyd.distribution.launching.domain import domain_checks
from surveyd.distribution.launching.findings import Finding, Level
from surveyd.distribution.launching.looking import in_parallel
from tests.fixtures.databases import SECRET_KEY
from tests.fixtures.name_servers import NameServer, Zone
from tests.reliability.launch_domains import BROKEN, RELAY, SELECTOR, WHOLE, Domain, whole_zone

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
