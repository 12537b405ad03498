"""Asking DNS before a launch: through the name server that the operator named, with short time limits."""

import socket
from dataclasses import dataclass, field
from threading import Lock

import dns.exception
import dns.name
import dns.resolver
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT

TRY_SECONDS, WHOLE_SECONDS = 1.0, 2.5
NO_HOST = ""
"""The name of a mail server that says: here is none (RFC 7505)."""


class Unanswered(Exception):
    """The name servers said nothing, or that they failed: nobody knows what stands there."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(slots=True)
class Names:
    """A name server for one look: what was asked once is not asked again. For several threads at once.

    `server` is host and port; None asks the machine's own. Raises Unanswered from every question.
    """

    server: tuple[str, int] | None = None
    _resolver: dns.resolver.Resolver | None = None
    _known: dict[tuple[str, str], tuple[str, ...] | None] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def texts(self, name: str) -> tuple[str, ...]:
        """The TXT records of a name, each in one piece."""
        return self._ask(name, "TXT")

    def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of a name, of both kinds."""
        return self._ask(name, "A") + self._ask(name, "AAAA")

    def mail_servers(self, name: str) -> tuple[str, ...]:
        """The hosts that take mail for a domain; NO_HOST is a domain's word that it takes none."""
        return self._ask(name, "MX")

    def exists(self, name: str) -> bool:
        """Whether a name has an IPv4 address, which is what SPF's `exists` asks."""
        return bool(self._ask(name, "A"))

    def _ask(self, name: str, kind: str) -> tuple[str, ...]:
        key = (name.lower().rstrip("."), kind)
        with self._lock:
            known = key in self._known
            answer = self._known.get(key)
        if not known:
            answer = self._look_up(*key)
            with self._lock:
                self._known[key] = answer
        if answer is None:
            raise Unanswered(key[0])
        return answer

    def _look_up(self, name: str, kind: str) -> tuple[str, ...] | None:
        try:
            found = self._server().resolve(name, kind, raise_on_no_answer=False, search=False)
        except (dns.resolver.NXDOMAIN, dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel):
            return ()
        except (dns.exception.DNSException, OSError):
            return None
        return tuple(map(_plain, found.rrset)) if found.rrset else ()

    def _server(self) -> dns.resolver.Resolver:
        with self._lock:
            if self._resolver is None:
                self._resolver = _open(self.server)
            return self._resolver


def _open(server: tuple[str, int] | None) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=server is None)
    if server is not None:
        host, port = server
        resolver.nameservers = [str(socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][4][0])]
        resolver.port = port
    resolver.timeout, resolver.lifetime = TRY_SECONDS, WHOLE_SECONDS
    return resolver


def _plain(record: object) -> str:
    if isinstance(record, TXT):
        return b"".join(record.strings).decode("utf-8", "replace")
    if isinstance(record, MX):
        return record.exchange.to_text(omit_final_dot=True).lower().replace("@", NO_HOST).rstrip(".")
    return str(record)
