"""How long slices take, beside a plain NumPy pass over the same arrays.

    python -m benchmarks.columns [--quick] [--databases sqlite postgresql]

Two companies: 20,000 answers of 4,000 accounts in two waves, and 1,000,000 of 40,000 accounts in ten, 25
items each; the last wave is open. Each slice is asked for in this process, warm, in turn with the plain pass:
the arrays are in memory, the mask is made, and score, shares of segments and the means of all indexes with
their variances are worked out without accounts, intervals or weights. Cold is another process, which has the
files and nothing else; `first` is the first one of all, which has no files. Memory is its share (PSS).
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.figures import keep, middle, table
from benchmarks.installation import Installation, installation
from benchmarks.many_answers import Company, fill
from surveyd.app import create_app
from surveyd.base.config import load_config
from surveyd.base.database import reading
from surveyd.people.access import SYSTEM
from surveyd.results.breakdowns import break_down
from surveyd.results.figures import figures_of
from surveyd.results.slices import Slice, slice_of
from surveyd.results.wholes import Whole, mask, whole_of

COMPANIES = {
    "20,000": Company(accounts=4_000, contacts=20_000, waves=2, answers=20_000),
    "1,000,000": Company(accounts=40_000, contacts=200_000, waves=10, answers=1_000_000),
}
ALL = "from=2000-01-01"
SLICES = {
    "all waves": ALL,
    "region": f"{ALL}&region=DACH",
    "region, tier, sector": f"{ALL}&region=DACH&region=North&tier=A&dimension:Sector=Steel",
    "manager, by revenue": f"{ALL}&manager=7&weighting=revenue",
    "role": f"{ALL}&role=decision_maker",
    "role, region, phone": f"{ALL}&role=user&region=South&came_by=phone",
    "latest wave, country": "country=DE&country=AT&country=CH",
}
TIMES = 15
NO_RATIO = {"plain_ms": "", "ratio": ""}
NOTE = "Slices of a company, beside a plain NumPy pass over the same arrays"


def main() -> None:
    """Measure, print, keep; with --cold measure one cold slice and print its seconds and megabytes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--cold", default="")
    given = parser.parse_args()
    if given.cold:
        print(*_cold(given.cold))
        return
    rows: list[dict[str, object]] = []
    for kind in given.databases:
        for name in [*COMPANIES][: 1 if given.quick else None]:
            with installation(kind) as place:
                fill(place, COMPANIES[name])
                rows += [{"answers": name, "database": kind, **row} for row in _measure(place)]
                print(table(rows), flush=True)
    if not given.quick:
        keep("columns", rows, note=f"{NOTE}; {TIMES} times each")


def _measure(place: Installation) -> Iterator[dict[str, object]]:
    first, _ = _in_another_process(place, ALL)
    yield {"slice": "first, without files", "ms": 1000 * first, **NO_RATIO, "pss_mb": ""}
    for name in ("region", "role, region, phone"):
        seconds, megabytes = _in_another_process(place, SLICES[name])
        yield {"slice": f"cold: {name}", "ms": 1000 * seconds, **NO_RATIO, "pss_mb": megabytes}
    with place.app.app_context():
        for name, words in SLICES.items():
            cut = _cut(words)
            yield {"slice": name, **_in_turn(partial(_ask, cut), _plain(cut)), "pss_mb": ""}
        every = _cut(ALL)
        found = _in_turn(partial(_ask, every, by="country"), _plain(every))
        yield {"slice": "all waves by country", **found, "pss_mb": ""}


def _cut(words: str) -> Slice:
    return slice_of([(name, value) for name, _, value in (word.partition("=") for word in words.split("&"))])


def _ask(cut: Slice, by: str = "") -> Whole:
    with reading() as session:
        whole = whole_of(session, cut, scope=SYSTEM)
        found = figures_of(session, whole, cut)
        assert found.answered > 0
        if by:
            assert break_down(session, whole, cut, by=[by], scope=SYSTEM).lines
        return whole


def _plain(cut: Slice) -> Callable[[], object]:
    """The plain pass: no account, no interval, no weight; only the arrays that it needs."""
    whole = _ask(cut)
    answered = whole.columns.answered
    rating, segment = answered.recommendation.copy(), answered.segment.copy()
    indexes = [answered.attitude, answered.intent, answered.growth, answered.ease]
    indexes += [answered.stages[name].astype(np.float64) for name in answered.stages]
    mask(whole, cut)

    def run() -> object:
        where = mask(whole, cut)
        rated, placed = rating[where], segment[where]
        score = np.count_nonzero(rated > 8) - np.count_nonzero((rated >= 0) & (rated < 7))
        shares = np.bincount(placed, minlength=5)
        known = [values[where] for values in indexes]
        return score, shares, [(np.nanmean(values), np.nanvar(values)) for values in known]

    return run


def _in_turn(ours: Callable[[], object], plain: Callable[[], object]) -> dict[str, object]:
    """Milliseconds of both, medians, each run in turn with the other."""
    ours()
    found = middle([{"ours": _seconds(ours), "plain": _seconds(plain)} for _ in range(TIMES)])
    return {
        "ms": 1000 * found["ours"],
        "plain_ms": 1000 * found["plain"],
        "ratio": found["ours"] / found["plain"],
    }


def _seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def _in_another_process(place: Installation, words: str) -> tuple[float, float]:
    """Seconds from the first statement to the figures, and megabytes of a process that does nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.columns", "--cold", words],
        env={**os.environ, **place.house.env},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes


def _cold(words: str) -> tuple[float, float]:
    app = create_app(load_config())
    with app.app_context():
        took = _seconds(lambda: _ask(_cut(words)))
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return took, kilobytes / 1024


if __name__ == "__main__":
    main()
