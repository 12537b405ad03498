"""What every test stands on: options, markers, and the promise that no test leaves this machine.

Fixtures stand in tests/fixtures/, one file a topic:
databases (database) · apps (app, session, writer, client, clock, services, counted)
images (begin_with: rows that are written once and copied) · cast (cast, signed_in)
queues (valkey) · relays (relay) · name_servers (name_server)
browsers (live_server, browser, page) · houses (house: the real processes)
zygote (makes their start quick) · figures (measured: what a run prints at its end)
"""

import gc
import os
import socket
from collections.abc import Iterator

import hypothesis
import pytest

pytest_plugins = [
    f"tests.fixtures.{topic}"
    for topic in (
        *("databases", "queues", "relays", "name_servers", "apps", "images", "cast", "browsers", "zygote"),
        *("houses", "figures"),
    )
]

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")
NOT_FAST = ("browser", "processes", "slow", "full")

hypothesis.settings.register_profile("house", deadline=None, max_examples=60, derandomize=True)
hypothesis.settings.register_profile("full", hypothesis.settings.get_profile("house"), max_examples=300)
hypothesis.settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="without browser, processes and PostgreSQL")
    parser.addoption("--full", action="store_true", help="with the matrices and fault scripts")


def pytest_configure(config: pytest.Config) -> None:
    """With --full the properties are tried on five times as many examples."""
    if config.getoption("--full"):
        hypothesis.settings.load_profile("full")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:  # the wrapper's protocol, as below
    """Modules and tests stay to the end: to look for garbage among them takes seconds."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what --fast and the lack of --full leave out; deselected, not skipped."""
    left_out = {item for item in items if _is_left_out(config, item)}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _is_left_out(config: pytest.Config, item: pytest.Item) -> bool:
    if config.getoption("--full"):
        return False
    if item.get_closest_marker("full"):
        return True
    if not config.getoption("--fast"):
        return False
    callspec = getattr(item, "callspec", None)
    on_postgresql = callspec is not None and callspec.params.get("database") == "postgresql"
    return on_postgresql or any(item.get_closest_marker(name) for name in NOT_FAST)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:  # the wrapper's protocol: what is yielded in is the report
    """Where nothing may be missing (SURVEYD_TEST_ALL=1), a skipped test is a failed one."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # pytest sends the report in
    if os.environ.get("SURVEYD_TEST_ALL") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and SURVEYD_TEST_ALL=1 allows no skip: {report.longrepr}"
    return report  # type: ignore[return-value]  # and takes it back


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Sockets reach this machine only; a name that is not its own is not even looked up."""
    connect, lookup = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test tried to reach {address[0]!r}")
        connect(self, address)  # type: ignore[arg-type]  # whatever the caller gave

    def guarded_lookup(host: object, *rest: object, **options: object) -> object:
        name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
        if not name.startswith(LOOPBACK):
            raise AssertionError(f"a test tried to look up {name!r}")
        return lookup(host, *rest, **options)  # type: ignore[arg-type]  # as above

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket, "getaddrinfo", guarded_lookup)
        yield
