"""SPF (RFC 7208): whether a domain says who sends for it, in a record that receivers can read, and us too.

The whole record is read with all that it includes, as if nothing matched early: so every lookup is counted
that a receiver may have to make.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network

from surveyd.base.sending_domain import Network
from surveyd.distribution.launching.findings import Finding, green, red, yellow
from surveyd.distribution.launching.names import Names

MOST_LOOKUPS, MOST_VOID = 10, 2
VERSION = re.compile(r"v=spf1(?: |$)", re.IGNORECASE)
TERM = re.compile(
    r"([+?~-]?)([a-z][a-z0-9]*)(?::([^/]*))?(/[0-9]{1,3}|/[0-9]{1,2}//[0-9]{1,3}|//[0-9]{1,3})?", re.I
)
MODIFIER = re.compile(r"([a-z][a-z0-9._-]*)=(\S*)", re.IGNORECASE)
LOOKED_UP = ("include", "a", "mx", "ptr", "exists")
MACRO = "%"


class Broken(Exception):
    """A record that cannot be read; `words` are the part that is wrong, `code` says how."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism: whom it names, or the record that it includes. `is_open` cannot be told beforehand."""

    sign: str
    networks: tuple[Network, ...] = ()
    included: "Record | None" = None
    is_all: bool = False
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One record, whole."""

    terms: tuple[Term, ...]
    redirect: "Record | None" = None

    def says(self, network: Network) -> str:
        """What it says of a sender: `+` pass, another sign, `` for nothing, `%` when it cannot be told."""
        for term in self.terms:
            if term.is_open:
                return MACRO
            if term.is_all or any(_holds(each, network) for each in term.networks):
                return term.sign
            inner = term.included.says(network) if term.included else ""
            if inner in ("+", MACRO):
                return term.sign if inner == "+" else MACRO
        return self.redirect.says(network) if self.redirect else ""


@dataclass(slots=True)
class _Count:
    lookups: int = 0
    void: int = 0
    path: list[str] = field(default_factory=list)


def check_spf(
    names: Names, domain: str, senders: Sequence[Network], *, is_local: bool = False
) -> list[Finding]:
    """Whether `domain` lets `senders`, the relay's addresses, send for it.

    `is_local` says that these are addresses of a machine of our own, behind which the mail may leave from
    another one. Raises Unanswered.
    """
    found = [text for text in names.texts(domain) if VERSION.match(text)]
    if not found:
        return [red("spf_missing", domain)]
    if len(found) > 1:
        return [red("spf_twice", domain, records=len(found))]
    count = _Count()
    try:
        record = _read(names, domain, found[0], count)
    except Broken as error:
        return [red(error.code, domain, words=error.words)]
    if count.lookups > MOST_LOOKUPS:
        return [red("spf_too_many_lookups", domain, lookups=count.lookups, most=MOST_LOOKUPS)]
    if count.void > MOST_VOID:
        return [red("spf_void_lookups", domain, lookups=count.void, most=MOST_VOID)]
    return [_relay(record, domain, senders, is_local=is_local, lookups=count.lookups)]


def _relay(
    record: Record, domain: str, senders: Sequence[Network], *, is_local: bool, lookups: int
) -> Finding:
    if any(term.is_all and term.sign == "+" for term in record.terms):
        return yellow("spf_open", domain)
    said = {sender: record.says(sender) for sender in senders}
    turned_away = ", ".join(_shown(sender) for sender, sign in said.items() if sign != "+")
    if senders and not turned_away:
        return green("spf_good", domain, lookups=lookups)
    if not any(term.sign == "+" for term in record.terms) and record.redirect is None:
        return red("spf_nobody", domain)
    if is_local or not senders or MACRO in said.values():
        return yellow("spf_relay_unknown", domain)
    # A relay with several addresses of which one may send has another one for IPv6, most of the time.
    passes = "+" in said.values()
    make = yellow if passes else red
    return make("spf_relay_partly" if passes else "spf_relay_missing", domain, relay=turned_away)


def _read(names: Names, domain: str, text: str, count: _Count) -> Record:
    terms: list[Term] = []
    redirect: Record | None = None
    for word in text.split()[1:]:
        if modifier := MODIFIER.fullmatch(word):
            if modifier[1].lower() == "redirect":
                redirect = _other(names, domain, modifier[2], count, word)
            continue
        term = TERM.fullmatch(word)
        if term is None:
            raise Broken("spf_broken", word[:80])
        terms.append(_term(names, domain, term, count))
    return Record(tuple(terms), None if any(term.is_all for term in terms) else redirect)


def _term(names: Names, domain: str, found: re.Match[str], count: _Count) -> Term:
    sign, kind, value, mask = found[1] or "+", found[2].lower(), found[3] or "", found[4] or ""
    if kind in LOOKED_UP:
        count.lookups += 1
    if kind == "all":
        return Term(sign, is_all=True)
    if kind in ("ip4", "ip6"):
        return Term(sign, (_network(value + mask, found[0], version=int(kind[2])),))
    if kind not in LOOKED_UP or (kind in ("include", "exists") and not value):
        raise Broken("spf_broken", found[0][:80])
    if MACRO in value or kind == "exists":
        return Term(sign, is_open=True)
    if kind == "include":
        # The lookup is counted above.
        count.lookups -= 1
        return Term(sign, included=_other(names, domain, value, count, found[0]))
    return Term(sign, _hosts(names, kind, value or domain, mask, count))


def _other(names: Names, domain: str, target: str, count: _Count, word: str) -> Record | None:
    """The record that an include or a redirect leads to."""
    count.lookups += 1
    target = target.lower().rstrip(".")
    if MACRO in target:
        return Record((Term("?", is_open=True),))
    if target in (*count.path, domain) or not target:
        raise Broken("spf_loop", word[:80])
    if count.lookups > MOST_LOOKUPS * 4:
        return None  # far beyond the limit; what is left makes it no worse
    found = [text for text in names.texts(target) if VERSION.match(text)]
    if len(found) != 1:
        raise Broken("spf_include_broken", word[:80])
    count.path.append(domain)
    try:
        return _read(names, target, found[0], count)
    finally:
        count.path.pop()


def _hosts(names: Names, kind: str, host: str, mask: str, count: _Count) -> tuple[Network, ...]:
    if kind == "ptr" or count.lookups > MOST_LOOKUPS * 4:
        return ()
    hosts = names.mail_servers(host) if kind == "mx" else (host,)
    addresses = [address for each in hosts if each for address in names.addresses(each)]
    count.void += not addresses
    four, _, six = mask.removeprefix("/").partition("//") if not mask.startswith("//") else ("", "", mask[2:])
    made = []
    for address in addresses:
        length = six if ":" in address else four
        made.append(_network(f"{address}/{length}" if length else address, f"{kind}{mask}"))
    return tuple(made)


def _network(text: str, word: str, version: int = 0) -> Network:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise Broken("spf_broken", word[:80]) from None
    if version and network.version != version:
        raise Broken("spf_broken", word[:80])
    return network


def _holds(outer: Network, inner: Network) -> bool:
    if outer.version != inner.version:
        return False
    return int(outer.network_address) <= int(inner.network_address) and (
        int(inner.broadcast_address) <= int(outer.broadcast_address)
    )


def _shown(network: Network) -> str:
    return str(network.network_address if network.num_addresses == 1 else network)
