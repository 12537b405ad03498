"""What the operator says of the domain that mail comes from: whom to ask about it, and what to find there.

A launch is checked against these settings. They come from the configuration alone, so that nobody can make
the program ask an address that they typed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

SETTINGS = {
    "dns": ("", "host:port of the name server that is asked before a launch; without one, the machine's own"),
    "dkim_domain": ("", "domain that the relay signs for (d=); without one, the sender's is looked for"),
    "dkim_selectors": ("", "selectors that the relay signs with, separated by spaces"),
    "relay_addresses": ("", "addresses or networks that the relay sends from, separated by spaces"),
    "second_person_above": ("1000", "recipients above which a second admin confirms an overridden check"),
    "seeds": (
        "",
        "mailboxes of your own that a probe goes to, separated by commas; ADDRESS=SERVER if need be",
    ),
}
DOMAIN = re.compile(r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?", re.IGNORECASE)
DNS_PORT = 53
MOST_SEEDS, LONGEST_ADDRESS = 10, 254
SEED = re.compile(r"([!-~]+@[a-z0-9][a-z0-9.-]*[a-z0-9])(?:=([a-z0-9_.-]+))?", re.IGNORECASE)
NOT_IN_SEED = re.compile(r"[\"(),:;<>\[\\\]]")
Network = IPv4Network | IPv6Network
Note = Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True)
class Seed:
    """A mailbox of ours that a probe goes to, and hands on what it gets.

    `server` is how its mail server names itself in Authentication-Results: empty takes the topmost header,
    NAMELESS one that names no server.
    """

    address: str
    server: str = ""


NAMELESS = "-"


@dataclass(frozen=True, slots=True)
class SendingDomain:
    """The settings, checked. `dns` is host and port, None for the machine's own name servers."""

    dns: tuple[str, int] | None = None
    dkim_domain: str = ""
    dkim_selectors: tuple[str, ...] = ()
    relay_addresses: tuple[Network, ...] = ()
    second_person_above: int = 1000
    seeds: tuple[Seed, ...] = ()


def read_sending_domain(given: Mapping[str, str], *, second_person_above: int, note: Note) -> SendingDomain:
    """The settings of a launch's checks; what is wrong is told to `note` as code, sentence and hint."""
    domain = given["dkim_domain"].lower()
    selectors = tuple(given["dkim_selectors"].lower().split())
    for name, words in (("DKIM_DOMAIN", [domain] if domain else []), ("DKIM_SELECTORS", [*selectors])):
        if wrong := next((word for word in words if not DOMAIN.fullmatch(word)), ""):
            note("C14", f"SURVEYD_{name} has {wrong!r}.", "Use names as they stand in DNS.")
    return SendingDomain(
        dns=_server(given["dns"], note),
        dkim_domain=domain,
        dkim_selectors=selectors,
        relay_addresses=_networks(given["relay_addresses"], note),
        second_person_above=second_person_above,
        seeds=_seeds(given["seeds"], note),
    )


def _server(setting: str, note: Note) -> tuple[str, int] | None:
    if not setting:
        return None
    try:
        parts = urlsplit(f"//{setting}")
        if parts.hostname and parts.port != 0 and parts.netloc == setting and parts.username is None:
            return parts.hostname, parts.port or DNS_PORT
    except ValueError:
        pass  # a port that is none
    note("C15", f"SURVEYD_DNS is {setting!r}.", "Use host:port, such as 192.0.2.53:53.")
    return None


def _networks(setting: str, note: Note) -> tuple[Network, ...]:
    found = []
    for word in setting.split():
        try:
            found.append(ip_network(word, strict=False))
        except ValueError:
            note("C16", f"SURVEYD_RELAY_ADDRESSES has {word!r}.", "Use addresses such as 192.0.2.25.")
    return tuple(found)


def _seeds(setting: str, note: Note) -> tuple[Seed, ...]:
    found: dict[str, Seed] = {}
    for word in setting.replace(",", " ").split():
        seed = SEED.fullmatch(word)
        if (
            seed is None
            or len(seed[1]) > LONGEST_ADDRESS
            or seed[1].count("@") > 1
            or NOT_IN_SEED.search(word)
        ):
            note("C18", f"SURVEYD_SEEDS has {word!r}.", "Use addresses such as seed@company.example.")
            continue
        address = seed[1].lower()
        found[address] = Seed(address, (seed[2] or "").lower())
    if len(found) > MOST_SEEDS:
        note("C18", f"SURVEYD_SEEDS has {len(found)} addresses.", f"Name {MOST_SEEDS} at most.")
    return tuple(found.values())
