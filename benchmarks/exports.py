"""How long the file of all answers takes, beside the standard library's writer with the same rows at hand.

    python -m benchmarks.exports [--quick] [--databases sqlite postgresql]

20,000 and 100,000 responses of 25 items: read, made safe for a spreadsheet and written, as CSV and as a sheet
of XLSX, in turn with `csv.writer` on rows that are in memory already. Memory is what this process needed at
most, above what it had before.
"""

import argparse
import csv
import io
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from benchmarks.figures import keep, middle, table
from benchmarks.installation import Installation, installation
from benchmarks.many_answers import Company, fill
from surveyd.base.database import reading, writing
from surveyd.people.access import SYSTEM
from surveyd.reports.exports import response_table
from surveyd.reports.files import write_csv
from surveyd.reports.sheets import write_xlsx

COMPANIES = {
    "20,000": Company(accounts=4_000, contacts=20_000, waves=2, answers=20_000),
    "100,000": Company(accounts=10_000, contacts=50_000, waves=2, answers=100_000),
}
ROUNDS = 3
NOTE = "All answers as a file, beside csv.writer with the same rows in memory"


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    given = parser.parse_args()
    rows: list[dict[str, object]] = []
    for kind in given.databases:
        for name in [*COMPANIES][: 1 if given.quick else None]:
            with installation(kind) as place:
                fill(place, COMPANIES[name])
                rows += [{"answers": name, "database": kind, **row} for row in _measure(place)]
                print(table(rows), flush=True)
    if not given.quick:
        keep("exports", rows, note=f"{NOTE}; {ROUNDS} rounds")


def _measure(place: Installation) -> Iterator[dict[str, object]]:
    before = _megabytes()
    with TemporaryDirectory() as folder, place.app.app_context():
        if place.kind == "postgresql":
            # As its own housekeeping would within a minute.
            with writing() as session:
                session.execute(text("ANALYZE"))
        path = Path(folder)
        for kind, write in (("csv", _csv), ("xlsx", _xlsx)):
            took = [_seconds(write, path) for _ in range(ROUNDS)]
            grown = _megabytes() - before
            bare = _bare(path)
            seconds = middle([{"s": one} for one in took])["s"]
            yield {"file": kind, "seconds": seconds, "ratio": seconds / bare, "megabytes": grown}


def _csv(path: Path) -> None:
    with reading() as session, (path / "a.csv").open("w", encoding="utf-8", newline="") as out:
        found = response_table(session, scope=SYSTEM)
        write_csv(out, found.head, found.rows(session))


def _xlsx(path: Path) -> None:
    with reading() as session:
        found = response_table(session, scope=SYSTEM)
        write_xlsx(path / "a.xlsx", found.head, found.rows(session), sheet="responses")


def _bare(path: Path) -> float:
    """The seconds that the writer alone takes for the file that was written."""
    with (path / "a.csv").open(encoding="utf-8", newline="") as file:
        cells = list(csv.reader(file))
    begun = time.perf_counter()
    csv.writer(io.StringIO(), lineterminator="\r\n").writerows(cells)
    return time.perf_counter() - begun


def _seconds(write: Callable[[Path], None], path: Path) -> float:
    begun = time.perf_counter()
    write(path)
    return time.perf_counter() - begun


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
