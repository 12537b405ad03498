"""What a sending domain is found to be: records as people write them, the tree of DMARC, keys."""

import base64
import time
from collections.abc import Callable
from ipaddress import ip_network

import pytest

from surveyd.distribution.launching.dkim import check_dkim, rsa_bits
from surveyd.distribution.launching.dmarc import check_dmarc, organisation
from surveyd.distribution.launching.domain import check_mail_server
from surveyd.distribution.launching.findings import Finding, green, red, worst_first, yellow
from surveyd.distribution.launching.looking import in_parallel
from surveyd.distribution.launching.names import Names, Unanswered
from surveyd.distribution.launching.spf import check_spf
from surveyd.distribution.launching.tags import read_tags
from tests.fixtures.name_servers import SILENT, NameServer, Zone
from tests.reliability.launch_domains import rsa_key, txt

Ask = Callable[[Zone], Names]
RELAY = [ip_network("192.0.2.25")]
HOME = "company.example"


@pytest.fixture
def ask(name_server: Callable[[Zone], NameServer]) -> Ask:
    """`ask(zone)` asks a server that has this zone."""
    return lambda zone: Names(("127.0.0.1", name_server(zone).port))


def texts(**records: str) -> Zone:
    """TXT records by name, `_` for the domain itself, a double underscore for a dot."""
    return {
        (HOME if name == "at" else f"{name.replace('__', '.')}.{HOME}", "TXT"): [txt(text)]
        for name, text in records.items()
    }


def spf(ask: Ask, zone: Zone, *, is_local: bool = False) -> str:
    [found] = check_spf(ask(zone), HOME, RELAY, is_local=is_local)
    return found.code


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "spf_good"),
        ("V=SPF1 +IP4:192.0.2.25 ~ALL", "spf_good"),
        ("v=spf1 -ip4:192.0.2.25 ip4:192.0.2.0/24 -all", "spf_relay_missing"),
        ("v=spf1 ?all", "spf_nobody"),
        ("v=spf1 +all", "spf_open"),
        ("v=spf1 ip4:192.0.2.999 -all", "spf_broken"),
        ("v=spf1 ip6:192.0.2.25 -all", "spf_broken"),
        ("v=spf1 ipv4:192.0.2.25 -all", "spf_broken"),
        ("v=spf1 include:nowhere.example -all", "spf_include_broken"),
        ("v=spf1 include:company.example -all", "spf_loop"),
        ("v=spf1 exists:%{i}.list.example -all", "spf_relay_unknown"),
        ("v=spf1 ip4:198.51.100.1 exp=why.example -all", "spf_relay_missing"),
        ("v=spf10 ip4:192.0.2.25 -all", "spf_missing"),
        ("v=spf1 a:x.example a:y.example a:z.example ip4:192.0.2.25 -all", "spf_void_lookups"),
    ],
)
def test_a_record_is_read_as_receivers_read_it(ask: Ask, record: str, code: str) -> None:
    assert spf(ask, texts(at=record)) == code


def test_includes_redirects_hosts_and_mail_servers_are_followed(ask: Ask) -> None:
    zone = texts(at="v=spf1 redirect=_spf.company.example", _spf="v=spf1 mx:m.company.example/30 -all")
    zone |= {(f"m.{HOME}", "MX"): [f"10 mx.{HOME}."], (f"mx.{HOME}", "A"): ["192.0.2.26"]}
    assert spf(ask, zone) == "spf_good"
    assert (
        spf(ask, texts(at="v=spf1 ?include:a.company.example -all", a="v=spf1 ip4:192.0.2.25")) != "spf_good"
    )


def test_behind_an_address_of_our_own_it_cannot_be_told(ask: Ask) -> None:
    zone = texts(at="v=spf1 ip4:198.51.100.1 -all")
    assert spf(ask, zone, is_local=True) == "spf_relay_unknown"


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (f"v=DKIM1; p={rsa_key(2048)}", "dkim_good"),
        (f"k=rsa; t=y; p={rsa_key(1024)}", "dkim_tested"),
        (f"k=ed25519; p={base64.b64encode(b'k' * 32).decode()}", "dkim_good"),
        (f"k=ed25519; p={base64.b64encode(b'k' * 31).decode()}", "dkim_broken"),
        (f"h=sha1; p={rsa_key(2048)}", "dkim_other_use"),
        (f"s=calendar; p={rsa_key(2048)}", "dkim_other_use"),
        ("v=DKIM1; p=nonsense!", "dkim_broken"),
        ("v=DKIM1; p=AAAA", "dkim_broken"),
        (f"v=DKIM2; p={rsa_key(2048)}", "dkim_broken"),
        ("hello", "dkim_broken"),
    ],
)
def test_a_key_is_looked_at(ask: Ask, record: str, code: str) -> None:
    names = ask(texts(s1___domainkey=record))
    assert codes(check_dkim(names, [HOME], ["s1"])[1]) == [code]


def test_a_key_that_nobody_named_is_looked_for(ask: Ask) -> None:
    names = ask(texts(selector1___domainkey=f"p={rsa_key(1536)}"))
    signer, found = check_dkim(names, ["other.example", HOME], [])
    assert (signer, codes(found)) == (HOME, ["dkim_good"])
    assert codes(check_dkim(names, ["other.example"], [])[1]) == ["dkim_not_found"]
    assert codes(check_dkim(names, [HOME], ["selector1", "s9"])[1]) == ["dkim_missing", "dkim_good"]


def test_the_length_of_a_bare_key_is_read_too() -> None:
    bare = bytes.fromhex("3009") + b"\x02\x02\x00\xff" + b"\x02\x03\x01\x00\x01"
    assert rsa_bits(bare) == 8
    with pytest.raises(ValueError, match="no key"):
        rsa_bits(b"\x02\x01\x05")


class TestTree:
    """RFC 9989: an organisation is found by walking up, not by a list."""

    def check(self, names: Names, sender: str, *, signer: str, returns: str) -> list[str]:
        return codes(check_dmarc(names, sender, signer=signer, returns=returns))

    def test_what_belongs_together_is_aligned(self, ask: Ask) -> None:
        names = ask(texts(_dmarc="v=DMARC1; p=none"))
        assert self.check(names, HOME, signer=f"mail.{HOME}", returns=f"a.b.{HOME}") == ["dmarc_good"]
        assert self.check(names, f"news.{HOME}", signer=HOME, returns=HOME) == ["dmarc_good"]
        assert self.check(names, HOME, signer="other.example", returns="third.example") == [
            "dkim_not_aligned",
            "return_not_aligned",
        ]

    def test_strict_means_the_same_name(self, ask: Ask) -> None:
        names = ask(texts(_dmarc="v=DMARC1; p=none; adkim=s; aspf=s"))
        assert self.check(names, HOME, signer=HOME, returns=f"mail.{HOME}") == ["return_not_aligned"]

    def test_a_public_suffix_parts_its_children(self, ask: Ask) -> None:
        zone: Zone = {("_dmarc.shared.example", "TXT"): [txt("v=DMARC1; p=reject; psd=y")]}
        names = ask(zone)
        assert organisation(names, "a.one.shared.example") == "one.shared.example"
        assert "dkim_not_aligned" in self.check(
            names, "one.shared.example", signer="two.shared.example", returns="one.shared.example"
        )

    def test_psd_n_ends_the_walk(self, ask: Ask) -> None:
        names = ask(texts(_dmarc="v=DMARC1; p=none", _dmarc__unit="v=DMARC1; p=none; psd=n"))
        assert organisation(names, f"mail.unit.{HOME}") == f"unit.{HOME}"

    @pytest.mark.parametrize(
        "record", ["v=DMARC1; p=maybe", "v=DMARC1", "v=DMARC2; p=none", "v=DMARC1 p=none"]
    )
    def test_a_record_that_cannot_be_read_is_named(self, ask: Ask, record: str) -> None:
        assert self.check(ask(texts(_dmarc=record)), HOME, signer=HOME, returns=HOME) == ["dmarc_broken"]

    def test_a_deep_name_takes_eight_questions(self, name_server: Callable[[Zone], NameServer]) -> None:
        server = name_server({})
        deep = ".".join("abcdefghijklm")
        organisation(Names(("127.0.0.1", server.port)), deep)
        assert len(server.asked) == 8


def test_mail_servers_need_an_address(ask: Ask) -> None:
    zone: Zone = {(HOME, "MX"): [f"10 gone.{HOME}."]}
    assert codes(check_mail_server(ask(zone), HOME)) == ["mx_without_address"]


def test_silence_is_said_and_does_not_last(ask: Ask) -> None:
    names = ask({(HOME, "MX"): [SILENT]})
    with pytest.raises(Unanswered):
        check_mail_server(names, HOME)


def test_a_check_that_fails_or_takes_long_is_red() -> None:
    def broken() -> list[Finding]:
        raise RuntimeError("no")

    def slow() -> list[Finding]:
        time.sleep(0.5)
        return [green("tests")]

    checks = {"slow": slow, "plan": lambda: [green("no_tests")], "relay": broken}

    assert in_parallel(checks, seconds=0.2) == [
        red("look_unfinished", "slow"),
        green("no_tests"),
        red("look_unfinished", "relay"),
    ]


def test_findings_stand_once_and_the_worst_first() -> None:
    many = [green("a"), yellow("b", "x"), red("c"), yellow("b", "x"), yellow("b", "y")]
    assert [finding.key for finding in worst_first(many)] == ["c:", "b:x", "b:y", "a:"]


@pytest.mark.parametrize(
    ("text", "tags"), [("a=1; B = 2 ;", {"a": "1", "b": "2"}), ("a=1;a=2", None), ("", None)]
)
def test_tags_are_read(text: str, tags: dict[str, str] | None) -> None:
    assert read_tags(text) == tags
