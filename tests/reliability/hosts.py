"""Hosts that share a database, a queue with a password and a relay.

Each has a folder, a clock and a network of its own. A network can be cut and healed: it is a namespace where
this machine allows that, else a wire to each of the three servers. See tests/fixtures/namespaces.py and
wires.py.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, urlsplit

from surveyd.base import silence
from tests.fixtures.children import short_folder
from tests.fixtures.databases import migrate
from tests.fixtures.houses import House
from tests.fixtures.namespaces import namespaces
from tests.fixtures.postgres import QUICK, postgres
from tests.fixtures.queues import PORT, Valkey
from tests.fixtures.relays import Relay
from tests.fixtures.wires import Target, Wire
from tests.fixtures.zygote import Zygote

PASSWORD = "a password of the queue"
DATABASE_PORT = 5432


class Network(Protocol):
    """What joins a host to the others."""

    def cut(self, *, silently: bool) -> None: ...

    def heal(self) -> None: ...


@dataclass(frozen=True)
class Wires:
    """One wire to each server. The database goes first: a host that is gone writes nothing more."""

    all: Sequence[Wire]

    def cut(self, *, silently: bool) -> None:
        for wire in self.all:
            wire.cut(silently=silently)

    def heal(self) -> None:
        for wire in self.all:
            wire.heal()


@dataclass(frozen=True)
class Reached:
    """Where a host reaches the three servers."""

    database_url: str
    redis_url: str
    smtp_url: str


@dataclass(frozen=True)
class Host:
    """One host: the house of its processes, and its network."""

    house: House
    network: Network

    def start(self, *processes: str) -> None:
        """Start these processes on it."""
        for process in processes:
            self.house.start(process)


@dataclass(frozen=True)
class Cluster:
    """Three hosts, and an office whose commands are never cut off."""

    office: House
    hosts: Sequence[Host]
    relay: Relay
    kind: str = "wires"


@contextmanager
def joined_by_wires(
    database_url: str, relay: Relay, zygote: Zygote | None, *, gone_seconds: float
) -> Iterator[Cluster]:
    """A cluster on a running database and relay, whose hosts reach them by wires."""
    with ExitStack() as opened:
        valkey = _queue(opened)
        office = _house(opened, Reached(database_url, valkey.url, relay.url), zygote)
        hosts = []
        for _ in range(3):
            targets = (_target(database_url), (relay.host, relay.port), valkey.folder / "socket")
            wires = [Wire(target, gone_seconds=gone_seconds) for target in targets]
            for wire in wires:
                opened.callback(wire.close)
            to_database, to_relay, to_queue = (wire.port for wire in wires)
            reached = Reached(
                _at(database_url, to_database),
                valkey.url_at("127.0.0.1", to_queue),
                f"smtp://127.0.0.1:{to_relay}",
            )
            hosts.append(Host(_house(opened, reached, zygote, base_url=office.url), Wires(wires)))
        yield Cluster(office, hosts, relay)


@contextmanager
def far_apart() -> Iterator[Cluster]:
    """A cluster of its own: in namespaces where they are allowed, else joined by wires."""
    with namespaces(3) as (address, networks), ExitStack() as opened:
        server = opened.enter_context(postgres(QUICK, address=address))
        migrate(server.url, opened.enter_context(short_folder("made")))
        relay = Relay(address or "127.0.0.1")
        opened.callback(relay.end)
        relay.start()
        if not networks:
            wires = joined_by_wires(server.url, relay, None, gone_seconds=silence.SECONDS)
            yield opened.enter_context(wires)
            return
        valkey = _queue(opened, address)
        office = _house(opened, Reached(server.url, valkey.url, relay.url))
        database_url = f"postgresql://surveyd@{address}:{DATABASE_PORT}/postgres"
        reached = Reached(database_url, valkey.url_at(address, PORT), relay.url)
        hosts = []
        for network in networks:
            house = _house(opened, reached, base_url=office.url)
            house.prefix = network.prefix
            hosts.append(Host(house, network))
        yield Cluster(office, hosts, relay, "namespaces")


def _queue(opened: ExitStack, address: str = "") -> Valkey:
    valkey = Valkey(opened.enter_context(short_folder("queue")), address, PASSWORD)
    opened.callback(valkey.stop)
    valkey.start()
    return valkey


def _house(opened: ExitStack, reached: Reached, zygote: Zygote | None = None, **more: str) -> House:
    house = House(opened.enter_context(short_folder("host")), asdict(reached) | more, zygote)
    opened.callback(house.stop_all)
    return house


def _target(url: str) -> Target:
    parts = urlsplit(url)
    if folder := parse_qs(parts.query).get("host"):
        return Path(folder[0], f".s.PGSQL.{DATABASE_PORT}")
    return parts.hostname or "127.0.0.1", parts.port or DATABASE_PORT


def _at(url: str, port: int) -> str:
    """The same database, reached through a port of this machine."""
    parts: SplitResult = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{user}@127.0.0.1:{port}", query="").geturl()
