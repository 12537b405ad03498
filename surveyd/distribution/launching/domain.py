"""The domains that a wave's mail comes from and returns to, looked at as a receiver looks at them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import ip_address, ip_network

from surveyd.base.config import Config
from surveyd.base.mailer import BadAddress, wire_address
from surveyd.base.sending_domain import Network
from surveyd.distribution.launching.dkim import check_dkim
from surveyd.distribution.launching.dmarc import check_dmarc
from surveyd.distribution.launching.findings import Finding, green, red, yellow
from surveyd.distribution.launching.names import NO_HOST, Names, Unanswered
from surveyd.distribution.launching.spf import check_spf

OWN_NETWORKS = tuple(
    ip_network(text)
    for text in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10"),
    )
)


def domain_checks(config: Config, sender: str) -> dict[str, Callable[[], list[Finding]]]:
    """What to ask DNS about the address `sender` and our return path, by name; each may be asked by itself.

    Where no name server is named, only a production asks: what a demo sends, it catches itself.
    """
    settings, returns = config.sending_domain, config.mail_domain.lower()
    if settings.dns is None and config.env != "production":
        return {"dns": lambda: [yellow("dns_not_asked")]}
    if is_local_name(returns):
        return {"dns": lambda: [red("return_domain_local", returns)]}
    try:
        domain = wire_address(sender).rpartition("@")[2].lower().rstrip(".")
    except BadAddress:
        return {"dns": lambda: [red("sender_broken")]}
    names = Names(settings.dns)
    return {
        "spf": lambda: _answered(lambda: _spf(names, config, returns)),
        "dkim": lambda: _answered(lambda: _signed(names, config, domain, returns)),
        "mx": lambda: _answered(lambda: check_mail_server(names, returns)),
    }


def _signed(names: Names, config: Config, domain: str, returns: str) -> list[Finding]:
    settings = config.sending_domain
    own = [settings.dkim_domain] if settings.dkim_domain else [*dict.fromkeys([domain, returns])]
    try:
        signer, found = check_dkim(names, own, settings.dkim_selectors)
    except Unanswered as error:
        signer, found = "", [red("dns_silent", error.name)]
    signer = signer or settings.dkim_domain
    return found + check_dmarc(names, domain, signer=signer, returns=returns)


def _spf(names: Names, config: Config, returns: str) -> list[Finding]:
    named = config.sending_domain.relay_addresses
    senders = named or relay_networks(names, config.relay.host)
    # From an address of our own network the mail may leave by another one.
    is_local = not named and any(is_own_network(each) for each in senders)
    return check_spf(names, returns, senders, is_local=is_local)


def check_mail_server(names: Names, domain: str) -> list[Finding]:
    """Whether what comes back to `domain` arrives somewhere. Raises Unanswered."""
    hosts = names.mail_servers(domain)
    if not hosts:
        return [red("mx_missing", domain)]
    if NO_HOST in hosts:
        return [red("mx_none", domain)]
    if not any(names.addresses(host) for host in hosts):
        return [red("mx_without_address", domain, host=hosts[0])]
    return [green("mx_good", domain, host=hosts[0])]


def relay_networks(names: Names, host: str) -> Sequence[Network]:
    """The addresses of the relay, as far as its name tells them."""
    with suppress(ValueError):
        return [ip_network(host)]
    if is_local_name(host):
        return [ip_network("127.0.0.1")]
    try:
        return [ip_network(address) for address in names.addresses(host)]
    except Unanswered:
        return []


def is_own_network(network: Network) -> bool:
    """Whether an address is this machine's or of a network that nobody sees from outside."""
    return any(network.version == own.version and network.subnet_of(own) for own in OWN_NETWORKS)  # type: ignore[arg-type]  # of one version by now


def is_local_name(host: str) -> bool:
    """Whether a host is this machine or an address, so that nobody elsewhere could reach it by a domain."""
    if host == "localhost" or host.endswith(".localhost") or "." not in host:
        return True
    with suppress(ValueError):
        ip_address(host)
        return True
    return False


def _answered(check: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return check()
    except Unanswered as error:
        return [red("dns_silent", error.name)]
