"""T6: whoever has seen a receipt is in the export, with a score, whatever was killed meanwhile."""

import http.client
import queue
import random
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.fixtures.children import Process, short_folder, start, wait_for
from tests.fixtures.databases import migrate
from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.fixtures.postgres import DURABLE, Server, postgres
from tests.fixtures.queues import Valkey
from tests.fixtures.relays import Relay
from tests.reliability.respondents import Respondent, Trouble, link_in, receipt_in
from tests.reliability.stage import children_of, export, import_company, kill_tree, launch_wave

pytestmark = pytest.mark.processes

WAVE = "2026-h1"
SYSCALLS = "fsync,fdatasync,write,writev,sendto,sendmsg"


@dataclass
class Durable:
    """An installation on a database that keeps what it says it keeps, and that database's server, if any."""

    house: House
    server: Server | None
    web: Process | None = field(default=None)

    def start_web(self) -> None:
        """Start it and wait until it answers."""
        self.web = self.house.start("web")

    def kill_web(self) -> None:
        """End it with all its workers, without a last word, and start it again."""
        assert self.web is not None
        kill_tree(self.web.pid)
        self.web.wait()
        self.start_web()


@pytest.fixture(params=["sqlite", "postgresql"])
def durable(
    request: pytest.FixtureRequest, own_valkey: Valkey, relay: Relay, sqlite_template: Path
) -> Iterator[Durable]:
    """An installation on disk: SQLite's file, or a PostgreSQL of its own with everything switched on."""
    with ExitStack() as opened:
        folder = opened.enter_context(short_folder("durable"))
        server = None
        if request.param == "sqlite":
            shutil.copyfile(sqlite_template, folder / "surveyd.db")
            url = f"sqlite:///{folder / 'surveyd.db'}"
        else:
            try:
                server = opened.enter_context(postgres(DURABLE))
            except LookupError as reason:
                pytest.skip(str(reason))
            url = server.url
            migrate(url, folder / "made")
        house = House(
            folder,
            {"database_url": url, "redis_url": own_valkey.url, "smtp_url": relay.url},
            None if request.node.get_closest_marker("full") else request.getfixturevalue("zygote"),
        )
        opened.callback(house.stop_all)
        yield Durable(house, server)


@pytest.mark.full
def test_fifty_respondents_and_fifteen_crashes(durable: Durable, relay: Relay, measured: Measured) -> None:
    _crash_while_people_answer(durable, relay, measured, people=800, at_once=50, kills=10, stops=5)


def test_a_few_respondents_and_a_crash_or_two(durable: Durable, relay: Relay, measured: Measured) -> None:
    _crash_while_people_answer(durable, relay, measured, people=30, at_once=10, kills=1, stops=1)


@pytest.mark.full  # strace is a tool that not every machine has, nor lets everybody use
@pytest.mark.parametrize("durable", ["sqlite"], indirect=True)
def test_the_answer_is_on_disk_before_the_receipt_is_shown(
    durable: Durable, relay: Relay, measured: Measured
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace here: sudo apt-get install strace")
    link = _ask(durable, relay, 1)[0]
    durable.start_web()
    assert durable.web is not None
    respondent = Respondent(link)
    form = respondent.to_last_page()
    trace = durable.house.folder / "trace"
    with _traced([durable.web.pid, *children_of(durable.web.pid)], trace):
        receipt = receipt_in(respondent.send(form))
    respondent.leave()
    said = trace.read_text(errors="replace").splitlines()
    shown = next(at for at, line in enumerate(said) if receipt in line)
    synced = [
        at for at, line in enumerate(said[:shown]) if re.search(r"f(data)?sync(\(\d+\)|.*resumed).*= 0", line)
    ]
    measured(fsyncs_before_receipt=len(synced))
    assert synced


def _crash_while_people_answer(
    durable: Durable, relay: Relay, measured: Measured, *, people: int, at_once: int, kills: int, stops: int
) -> None:
    links = _ask(durable, relay, people)
    durable.start_web()
    crowd = Crowd(links, at_once)
    crowd.begin()
    crashes: list[Callable[[], None]] = [durable.kill_web] * kills
    if durable.server is not None:
        crashes += [lambda: _crash_database(durable)] * stops
    random.Random(6).shuffle(crashes)
    chance = random.Random(6)
    for crash in crashes:
        time.sleep(chance.uniform(0.5, 2.0))
        crash()
    crowd.end()
    rows = {row["receipt"]: row for row in export(durable.house)}
    mails = durable.house.json("outbox")["rows"]
    thanks = sum(row["name"] == "thank_you" for row in mails)
    shown = {receipt for seen in crowd.shown.values() for receipt in seen}
    measured(
        respondents=people,
        crashes=len(crashes),
        broken_requests=crowd.broken,
        receipts_shown=len(shown),
        missing=len(shown - set(rows)),
        halves=sum(not (row["nps"] and row["segment"]) for row in rows.values()),
    )
    assert shown == set(rows)
    assert all(row["nps"] and row["segment"] for row in rows.values())
    assert [len(seen) for seen in crowd.shown.values()] == [1] * people
    assert thanks == people


class Crowd:
    """Respondents who answer at the same time, think a little, and try again when an answer does not come."""

    def __init__(self, links: list[str], at_once: int) -> None:
        self.waiting: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
        for numbered in enumerate(links):
            self.waiting.put(numbered)
        self.shown: dict[str, set[str]] = {link: set() for link in links}
        self.broken = 0
        # A test that fails must end: nobody waits for those who wait for a receipt.
        self.threads = [threading.Thread(target=self._live, args=(at,), daemon=True) for at in range(at_once)]

    def begin(self) -> None:
        """Let them all begin."""
        for thread in self.threads:
            thread.start()

    def end(self) -> None:
        """Wait until everybody has a receipt."""
        for thread in self.threads:
            thread.join(300)
        assert not any(thread.is_alive() for thread in self.threads), "somebody never got a receipt"

    def _live(self, seed: int) -> None:
        chance = random.Random(seed)
        while True:
            try:
                number, link = self.waiting.get_nowait()
            except queue.Empty:
                return
            while not self._try(link, number, chance):
                self.broken += 1
                time.sleep(0.2)

    def _try(self, link: str, number: int, chance: random.Random) -> bool:
        respondent = Respondent(link)
        try:
            html = ""
            for form in respondent.forms(number):
                time.sleep(chance.uniform(0.0, 0.8))
                if form["go"] == "send":
                    html = respondent.send(form)
                    break
            receipt = receipt_in(html) or respondent.receipt()
        except (OSError, http.client.HTTPException, Trouble):
            return False
        finally:
            respondent.leave()
        if receipt:
            self.shown[link].add(receipt)
        return bool(receipt)


def _ask(durable: Durable, relay: Relay, people: int) -> list[str]:
    import_company(durable.house, [f"c{at}@customer.test" for at in range(people)])
    launch_wave(durable.house, WAVE)
    durable.house.run("tick")
    return [link_in(mail) for mail in relay.received]


def _crash_database(durable: Durable) -> None:
    assert durable.server is not None
    durable.server.crash()
    durable.server.start()
    psycopg.connect(durable.server.url).close()


class _traced:
    def __init__(self, pids: list[int], trace: Path) -> None:
        who = [word for pid in pids for word in ("-p", str(pid))]
        self.words = ["strace", "-f", "-s", "100000", "-e", f"trace={SYSCALLS}", "-o", str(trace), *who]
        self.log = trace.with_suffix(".log")
        self.pids = pids

    def __enter__(self) -> None:
        self.child = start(self.words, log=self.log)
        wait_for(
            lambda: self.log.read_text().count("attached") >= len(self.pids) or self._failed(), what="strace"
        )

    def __exit__(self, *_: object) -> None:
        self.child.send_signal(2)
        self.child.wait(10)

    def _failed(self) -> bool:
        if self.child.poll() is None:
            return False
        pytest.skip(f"strace may not look here: {self.log.read_text()[:200]}")
