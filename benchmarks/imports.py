"""How long lists take to be checked and written, beside a bare executemany of the same rows.

    python -m benchmarks.imports [--quick] [--grow] [--databases sqlite postgresql]

A list of contacts with nine columns comes in as new, then once more with nothing new, then with a tenth of it
changed. `first` is how long it takes until the first preview stands; `longest` is the longest that one of the
respondents' small writes waited meanwhile, of those that came every ten milliseconds. Raw rows are written by
the driver alone, in one transaction, into a table with the same indexes. --grow shows the curve from 1,000
to 1,000,000 rows. Memory is the peak of a process that does nothing else.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import insert, text

from benchmarks.figures import keep, percentile, table
from benchmarks.installation import Installation, installation
from surveyd.app import create_app
from surveyd.base.changes import count_change
from surveyd.base.config import load_config
from surveyd.base.database import db, writing, writing_rows
from surveyd.people import batches, looks
from surveyd.people.access import SYSTEM
from surveyd.people.columns import ImportKind
from surveyd.people.models import Account, Contact
from surveyd.people.outlines import Outline
from surveyd.people.sources import open_source

ROWS = 100_000
CURVE = (1_000, 10_000, 100_000, 1_000_000)
CONTACTS_AN_ACCOUNT = 5
HEADINGS = "Contact ID,Account ID,First Name,Last Name,Email,Phone,Language,Role,Consent\n"
PAUSE = 0.01
RAW = "imports_raw"
NOTE = "Lists of contacts, checked and written, beside a bare executemany of the same rows"


def main() -> None:
    """Measure, print, keep; with --alone do it in this process and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20,000 rows, and keep nothing")
    parser.add_argument("--grow", action="store_true", help="from 1,000 to 1,000,000 rows")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--alone", type=int, default=0, metavar="ROWS")
    given = parser.parse_args()
    if given.alone:
        _alone(given.alone)
        return
    rows: list[dict[str, object]] = []
    for kind in given.databases:
        for count in CURVE if given.grow else (20_000 if given.quick else ROWS,):
            with installation(kind) as place:
                rows.append({"database": kind, "rows": count, **_in_another_process(place, count)})
            print(table(rows), flush=True)
    if not given.quick:
        keep("imports", rows, note=NOTE)


def _in_another_process(place: Installation, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.imports", "--alone", str(count)]
    done = subprocess.run(
        command, env={**os.environ, **place.house.env}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}


def _alone(count: int) -> None:
    """Measure in this process, and print a figure a line."""
    app = create_app(load_config())
    with app.app_context():
        _add_accounts(count // CONTACTS_AN_ACCOUNT + 1)
        before = _peak()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "list.csv")
            _write_list(path, count)
            for name, value in _figures(app, path, count).items():
                print(name, f"{value:.3f}")
        print("more_mb", f"{_peak() - before:.0f}")


def _figures(app: Flask, path: Path, count: int) -> Mapping[str, float]:
    raw = _timed(lambda: _write_raw(count))
    with _respondents(app) as waits:
        first, checked, written = _import(path)
    _, again, _ = _import(path)
    path.write_text(path.read_text(encoding="utf-8").replace("Person1", "Human1"))
    _, looked, changed = _import(path)
    waited = sorted(waits)
    return {
        "first_s": first,
        "checked_s": checked,
        "written_s": written,
        "all_s": checked + written,
        "raw_s": raw,
        "ratio": (checked + written) / raw,
        "again_s": again,
        "changed_s": looked + changed,
        "wait_p95_ms": 1000 * percentile(waited, 0.95),
        "longest_ms": 1000 * waited[-1],
    }


def _import(path: Path) -> tuple[float, float, float]:
    """Seconds to the first preview, to the last row checked, and from there to the last one written."""
    begun, now = time.perf_counter(), datetime.now(UTC)
    told: list[float] = []

    def tell(seen: Outline) -> None:
        if seen.effect or seen.unchanged:
            told.append(time.perf_counter() - begun)

    with open_source("list.csv", path.read_bytes()) as source:
        asking = looks.Asking(SYSTEM, None, now)
        look = looks.look_at(
            source,
            ImportKind.CONTACTS,
            {},
            asking=asking,
            tell=lambda seen: (
                told.append(time.perf_counter() - begun) if seen.added or seen.changed else None
            ),
        )
    checked = time.perf_counter() - begun
    assert look.batch_id is not None and not look.outline.faults, look.outline.faults[:3]
    with writing() as session:
        batches.decide(session, look.batch_id, by=None, now=now)
    looks.write_batch(look.batch_id, now=now)
    return (told or [checked])[0], checked, time.perf_counter() - begun - checked


@contextmanager
def _respondents(app: Flask) -> Iterator[list[float]]:
    """Small writes as respondents make them, one after the other; how long each took."""
    waits: list[float] = []
    over = threading.Event()

    def write() -> None:
        with app.app_context():
            while not over.wait(PAUSE):
                begun = time.perf_counter()
                with writing_rows() as rows:
                    count_change(rows, "benchmark")
                waits.append(time.perf_counter() - begun)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()


def _add_accounts(count: int) -> None:
    at = datetime.now(UTC)
    rows = [
        {"external_id": f"A{n}", "name": f"Customer {n}", "country": "DE", "created_at": at, "updated_at": at}
        for n in range(count)
    ]
    with writing() as session:
        session.execute(insert(Account), rows)


def _row(n: int) -> tuple[str, ...]:
    account = n // CONTACTS_AN_ACCOUNT
    return (f"C{n}", f"A{account}", "Nina", f"Person{n % 10} {n}", f"nina.{n}@customer{account % 997}.test")


def _write_list(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADINGS)
        for n in range(count):
            file.write(",".join((*_row(n), f"+49 30 {1_000_000 + n}", "de", "buyer", "contract")) + "\n")


def _write_raw(count: int) -> None:
    """The least it can cost: the same rows, ready made, into a table like that of the contacts."""
    columns = "external_id, account_id, name, email, phone, language, role, consent, created_at"
    with writing() as session:
        rows = session.connection()
        rows.execute(
            text(f"CREATE TABLE {RAW} AS SELECT id, {columns} FROM {Contact.__tablename__} WHERE 1=0")
        )
        for column in ("id", "external_id", "account_id", "email"):
            rows.execute(text(f"CREATE INDEX ix_raw_{column} ON {RAW} ({column})"))
    at = datetime.now(UTC).isoformat(" ")

    def rest(n: int) -> tuple[str, ...]:
        return f"+4930{1_000_000 + n}", "de", "buyer", "contract"

    made = (
        (n, f"C{n}", n // CONTACTS_AN_ACCOUNT + 1, " ".join(_row(n)[2:4]), _row(n)[4], *rest(n), at)
        for n in range(count)
    )
    with writing() as session:
        mark = "?" if db.engine.dialect.name == "sqlite" else "%s"
        marks = ", ".join([mark] * 10)
        driver = session.connection().connection.cursor()
        driver.executemany(f"INSERT INTO {RAW} (id, {columns}) VALUES ({marks})", list(made))
    with writing() as session:
        session.connection().execute(text(f"DROP TABLE {RAW}"))


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
