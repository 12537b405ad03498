"""How work and pages grow from a thousand customers' contacts to a million.

    python -m benchmarks.growth [--quick] [--million] [--sizes N...] [--databases sqlite postgresql]

Each size has a fresh installation in a process of its own. A list of so many contacts is imported, a wave
asks them all, its mails fall due, a fixed number of those that are owed is claimed and sent to a local sink
by the real sender, and three weeks later the reminders are written and everybody stands on the call list,
which is `release calls`. Then an admin asks for pages.

`us_a_row` is what the work took for each row, `ratio` that by the smallest size: 1 is linear, less is better.
For a page `ratio` is its time by that of the smallest size: 1 is constant. `cpu_ms` is the CPU time of the
working process, which has SQLite's work in it and not PostgreSQL's; `cpu_ratio` is by that. `more_mb` is how
much more memory that process held at most than at the start of the work. --quick measures 1,000 and 10,000
and keeps nothing; --million adds 1,000,000.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from benchmarks import imports, sending, sink
from benchmarks.figures import cpu_seconds, keep, table
from benchmarks.installation import CONTACTS_AN_ACCOUNT, Installation, installation, release
from benchmarks.waves import SLUG, _signed_in, _timed, schedule
from surveyd.base.database import reading, writing
from surveyd.distribution import tallies, waves
from surveyd.distribution.call_models import Call
from surveyd.distribution.jobs import prepare_wave
from surveyd.distribution.models import Message, Wave
from tests.fixtures.children import Process, short_folder, start, stop, wait_for
from tests.fixtures.houses import _free_port

SIZES = (1_000, 10_000, 100_000)
MILLION = 1_000_000
KINDS = ("sqlite", "postgresql")
SENT = 500
"""Mails that are claimed and sent, however many are owed."""
CALL_DAY = timedelta(days=22)
HALF_A_DAY = timedelta(hours=12)
PAGES = {
    "accounts": "/staff/accounts",
    "accounts, one searched": "/staff/accounts?search=Customer+77",
    "audience": "/staff/waves/{wave}/audience",
    "audience, one searched": "/staff/waves/{wave}/audience?search=Person7+77",
    "wave": "/staff/waves/{wave}",
    "outbox": "/staff/outbox",
    "outbox, one state": "/staff/outbox?state=sent",
    "call list": "/staff/calls",
    "sending": "/staff/sending",
    "health": "/health",
}
NOTE = "Work by row and pages as a whole, as the number of contacts grows"
Row = dict[str, object]


def main() -> None:
    """Measure, print, keep; with --alone one size in this process, as JSON."""
    given = _arguments()
    if given.alone:
        print(json.dumps(list(_alone(given.databases[0], given.alone))))
        return
    rows: list[Row] = []
    for kind in given.databases:
        for size in given.sizes:
            rows += _in_another_process(kind, size)
            print(f"\n{table(with_ratios(rows))}", flush=True)
    if not given.quick:
        keep("growth", with_ratios(rows), note=f"{NOTE}; {SENT} mails sent of all that are owed")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="1,000 and 10,000, and keep nothing")
    parser.add_argument("--million", action="store_true", help="1,000,000, too")
    parser.add_argument("--sizes", type=int, nargs="+")
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--alone", type=int, default=0, metavar="SIZE")
    given = parser.parse_args()
    usual = SIZES[:2] if given.quick else SIZES
    given.sizes = sorted(given.sizes or [*usual, *([MILLION] if given.million else [])])
    return given


def with_ratios(rows: list[Row]) -> list[Row]:
    """The rows with their ratios: by row, or a page as a whole, to the smallest size on the same database."""
    first: dict[tuple[object, object], Row] = {}
    found = []
    for row in rows:
        smallest = first.setdefault((row["database"], row["what"]), row)
        # A fixed number of mails is sent, and a page is asked for once, whatever the size.
        more = _number(row, "size") / _number(smallest, "size") if _grows(row) else 1.0
        ratios = {
            "ratio": _number(row, "ms") / _number(smallest, "ms") / more,
            "cpu_ratio": _number(row, "cpu_ms") / max(_number(smallest, "cpu_ms"), 1.0) / more,
        }
        found.append(row | ratios)
    return found


def _grows(row: Row) -> bool:
    return bool(row["us_a_row"]) and not str(row["what"]).startswith("send ")


def _number(row: Row, name: str) -> float:
    return float(str(row[name]))


def _in_another_process(kind: str, size: int) -> list[Row]:
    command = [sys.executable, "-m", "benchmarks.growth", "--databases", kind, "--alone", str(size)]
    done = subprocess.run(command, env={**os.environ}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    rows: list[Row] = json.loads(done.stdout)
    return rows


def _alone(kind: str, size: int) -> Iterator[Row]:
    with _a_sink() as port, installation(kind, smtp_url=f"smtp://127.0.0.1:{port}") as place:
        first = {"database": kind, "size": size}
        for what, found in (*_work(place, port, size), *_pages(place)):
            yield first | {"what": what} | found


def _work(place: Installation, port: int, size: int) -> Iterator[tuple[str, Row]]:
    with place.app.app_context():
        imports._add_accounts(size // CONTACTS_AN_ACCOUNT + 1)
        yield "import contacts", _measured(size, lambda: _import(size))
        wave_id = schedule(place)
        yield "create wave", _measured(size, lambda: _create(place, wave_id))
    with place.app.app_context(), writing() as session:
        waves.pause(session, session.get_one(Wave, wave_id), now=place.now)
    yield "release mails", _measured(size, lambda: sending.release_paused(place))
    assert _count(place, Message) == size
    yield f"send {SENT} of them", _send(place, port, size)
    yield "release calls", _measured(size, lambda: _call_everybody(place, size))


def _import(size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list.csv")
        imports._write_list(path, size)
        imports._import(path)


def _create(place: Installation, wave_id: int) -> None:
    with writing() as session:
        waves.launch(session, session.get_one(Wave, wave_id), now=place.now, by=None)
    prepare_wave(wave_id)


def _send(place: Installation, port: int, size: int) -> Row:
    """One sender, and a wave that is let go once it has nothing else to do."""
    sink.forget(port)
    sender = place.house.start("sender")
    sending._wait_for_idleness([sender.pid])
    before, cpu = _forget_peak(sender.pid), cpu_seconds([sender.pid])
    sending._resume(place)
    wait_for(lambda: sending._said(port, min(SENT, size)), seconds=sending.LONGEST_SECONDS, what="mails")
    peak, cpu = _peak(sender.pid), cpu_seconds([sender.pid]) - cpu
    sending._pause(place)
    place.house.stop_all()
    report = sink.report(port)
    seconds = report.last - report.first
    return {
        "ms": 1000 * seconds * SENT / report.mails,
        "cpu_ms": 1000 * cpu * SENT / report.mails,
        "us_a_row": 1e6 * seconds / report.mails,
        "more_mb": peak - before,
    }


def _call_everybody(place: Installation, size: int) -> None:
    """Three weeks on: who has not been reminded stays so, and everybody is to be called."""
    sending._resume(place)
    place.house.set_clock(place.now + CALL_DAY)
    for _ in range(14):
        release(place)
        if _count(place, Call) >= size:
            return
        place.house.set_clock(place.now + HALF_A_DAY)
    raise AssertionError(f"{_count(place, Call)} calls of {size}")


def _count(place: Installation, model: type[Message] | type[Call]) -> int:
    with place.app.app_context(), reading() as session:
        return session.execute(select(func.count(model.id))).scalar_one()


def _pages(place: Installation) -> Iterator[tuple[str, Row]]:
    client = _signed_in(place)
    with place.app.app_context(), reading() as session:
        wave_id = session.scalars(select(Wave.id).where(Wave.slug == SLUG)).one()
    with place.app.app_context(), writing() as session:
        tallies.fold(session)  # as the schedule does, which does not run here
    for name, pattern in PAGES.items():
        before, path = _forget_peak(), pattern.format(wave=wave_id)
        # Once before: what a first look works out and keeps is not a page's own time. No schedule runs here,
        # which /health says with 503.
        status = client.get(path).status_code
        assert status == 200 or path == "/health", f"{path}: {status}"
        found = _timed(place, client, path, status=status)
        times = {"ms": found["ms"], "cpu_ms": found["cpu_ms"]}
        yield name, {**times, "us_a_row": "", "more_mb": _peak() - before}


def _measured(rows: int, work: Callable[[], None]) -> Row:
    before, begun, cpu = _forget_peak(), time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    times = {"ms": 1000 * seconds, "cpu_ms": 1000 * cpu, "us_a_row": 1e6 * seconds / rows}
    return {**times, "more_mb": _peak() - before}


def _forget_peak(pid: int | str = "self") -> float:
    """Let the peak begin anew, and return what is held now, in MB."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _peak(pid)


def _peak(pid: int | str = "self") -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


@contextmanager
def _a_sink() -> Iterator[int]:
    port = _free_port()
    with short_folder("sink") as folder:
        child: Process = start([sys.executable, "-m", "benchmarks.sink", str(port)], log=folder / "log")
        try:
            wait_for(lambda: sending._listens(port), what="the sink")
            yield port
        finally:
            stop(child)


if __name__ == "__main__":
    main()
