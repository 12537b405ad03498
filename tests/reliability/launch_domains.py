"""Fourteen domains as they stand in DNS: two whole ones, and twelve of which each lacks one thing."""

import base64
from dataclasses import dataclass, field

from tests.fixtures.name_servers import FAILING, Zone

RELAY = "192.0.2.25"
SELECTOR = "s1"
INNOCENT = "innocent.example"


@dataclass(frozen=True)
class Domain:
    """One domain: what stands in DNS under it, and what has to be found, empty for a whole one."""

    name: str
    code: str
    zone: Zone = field(repr=False)


def rsa_key(bits: int) -> str:
    """What stands behind `p=` for an RSA key of this length; it fits no private key."""
    number = _der(0x02, b"\0" + (1 << (bits - 1) | 0xACE1).to_bytes(bits // 8, "big"))
    key = _der(0x30, number + _der(0x02, b"\1\0\1"))
    algorithm = _der(0x30, bytes.fromhex("06092a864886f70d0101010500"))
    return base64.b64encode(_der(0x30, algorithm + _der(0x03, b"\0" + key))).decode()


def _der(kind: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([kind]) + length + content


def txt(text: str) -> str:
    """A text as a zone file writes it, in pieces of 250 characters."""
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))


def zone_of(name: str, **changed: list[str]) -> Zone:
    """A whole domain; `spf`, `key`, `dmarc` and `mx` replace its records."""
    usual = {
        "spf": [f"v=spf1 ip4:{RELAY} -all"],
        "key": [f"v=DKIM1; k=rsa; p={rsa_key(2048)}"],
        "dmarc": ["v=DMARC1; p=none"],
    } | {kind: records for kind, records in changed.items() if kind != "mx"}
    texts = {"spf": name, "key": f"{SELECTOR}._domainkey.{name}", "dmarc": f"_dmarc.{name}"}
    zone = {(texts[kind], "TXT"): [txt(text) for text in records] for kind, records in usual.items()}
    zone[name, "TXT"] = [*zone[name, "TXT"], txt("some-verification=1")]
    zone[name, "MX"] = changed.get("mx", [f"10 mx.{name}."])
    zone[f"mx.{name}", "A"] = ["192.0.2.26"]
    return zone


def many_includes(name: str) -> Zone:
    """A record that takes eleven lookups, over two levels."""
    zone = zone_of(name, spf=["v=spf1 " + " ".join(f"include:i{i}.{name}" for i in range(6)) + " -all"])
    for i in range(6):
        inner = f"a:h{i}.{name}" if i < 5 else f"ip4:{RELAY}"
        zone[f"i{i}.{name}", "TXT"] = [txt(f"v=spf1 {inner} -all")]
        zone[f"h{i}.{name}", "A"] = ["192.0.2.77"]
    return zone


def no_policy(name: str) -> Zone:
    """A domain without a policy, in a tree that has none either."""
    return {key: records for key, records in zone_of(name).items() if not key[0].startswith("_dmarc")}


WHOLE = (
    Domain("good.example", "", zone_of("good.example", dmarc=["v=DMARC1; p=reject; adkim=s; aspf=s"])),
    Domain(
        # Ten lookups are allowed, a policy may stand above, and a key may have 1024 bits.
        "mail.large.example",
        "",
        no_policy("mail.large.example")
        | zone_of(
            "mail.large.example",
            spf=[
                "v=spf1 "
                + " ".join(f"a:h{i}.large.example" for i in range(9))
                + " include:large.example ~all"
            ],
            key=[f"p={rsa_key(1024)}"],
            dmarc=[],
        )
        | {
            ("_dmarc.large.example", "TXT"): [
                txt("v=DMARC1; p=quarantine; sp=none; rua=mailto:a@large.example")
            ]
        }
        | {("large.example", "TXT"): [txt(f"v=spf1 ip4:{RELAY}/30 -all")]}
        | {(f"h{i}.large.example", "A"): ["192.0.2.99"] for i in range(9)},
    ),
)
BROKEN = (
    Domain("nospf.example", "spf_missing", zone_of("nospf.example", spf=[])),
    Domain(
        "twospf.example",
        "spf_twice",
        zone_of(
            "twospf.example", spf=[f"v=spf1 ip4:{RELAY} -all", "v=spf1 include:_spf.innocent.example -all"]
        ),
    ),
    Domain("lookups.example", "spf_too_many_lookups", many_includes("lookups.example")),
    Domain(
        "relay.example",
        "spf_relay_missing",
        zone_of("relay.example", spf=["v=spf1 ip4:198.51.100.0/24 include:innocent.example -all"])
        | {(INNOCENT, "TXT"): [txt("v=spf1 ip4:203.0.113.9 -all")]},
    ),
    Domain("nokey.example", "dkim_missing", zone_of("nokey.example", key=[])),
    Domain(
        "short.example", "dkim_short", zone_of("short.example", key=[f"v=DKIM1; k=rsa; p={rsa_key(768)}"])
    ),
    Domain("revoked.example", "dkim_revoked", zone_of("revoked.example", key=["v=DKIM1; k=rsa; p="])),
    Domain("nopolicy.example", "dmarc_missing", no_policy("nopolicy.example")),
    Domain(
        "twopolicies.example",
        "dmarc_twice",
        zone_of("twopolicies.example", dmarc=["v=DMARC1; p=none", "v=DMARC1; p=reject"]),
    ),
    Domain("nomx.example", "mx_missing", zone_of("nomx.example", mx=[])),
    Domain("nullmx.example", "mx_none", zone_of("nullmx.example", mx=["0 ."])),
    Domain(
        "failing.example",
        "dns_silent",
        zone_of("failing.example") | {("_dmarc.failing.example", "TXT"): [FAILING]},
    ),
)


def whole_zone() -> Zone:
    """All of them in one name server."""
    return {key: records for domain in (*WHOLE, *BROKEN) for key, records in domain.zone.items()}
