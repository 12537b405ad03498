"""Key drivers with all their draws, beside what NumPy takes at least for the same numbers; one core, CPU
time.

The raw limit is two matrix products: the sums of products of 13 columns by account, and the draws' weights
times these sums. `python -m benchmarks.drivers` takes a minute; `--full` adds a million rows and twenty
drivers.
"""

import os
import resource
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.figures import keep, table
from surveyd.scoring.bootstrap import draws
from surveyd.scoring.driver_items import Answers, Driver
from surveyd.scoring.driver_report import DriverReport
from surveyd.scoring.drivers import drivers
from surveyd.scoring.pain_delight import PainDelight, pain_delight

NOTE = "CPU seconds on one core; the raw limit is the two matrix products that nobody gets around"
ROUNDS = 3
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def programme(people: int, accounts: int, *, items: int, missing: float) -> Answers:
    """Made-up answers of five points in accounts of uneven size, the first item weighing most."""
    generator = np.random.default_rng(11)
    of = generator.integers(0, accounts, people)
    common = (0.5 * generator.normal(size=accounts)[of] + generator.normal(size=people)).astype(np.float32)
    felt = 0.7 * common[:, None] + 0.7 * generator.normal(size=(people, items)).astype(np.float32)
    attitude = felt @ np.linspace(0.3, 0.02, items) + generator.normal(size=people)
    values = np.clip(np.round(3.4 + felt), 1, 5).astype(np.int8)
    values[generator.random(values.shape) < missing] = -1
    drawn = tuple(Driver(f"item {number}") for number in range(items))
    ratings = np.clip(np.round(7 + 1.6 * attitude), 0, 10).astype(np.int8)
    return Answers(drawn, values, ratings, of)


def raw(answers: Answers, *, times: int) -> float:
    """CPU seconds of the two products, the best of some rounds."""
    width = len(answers.items) + 1
    rows = np.column_stack([answers.values, answers.outcome]).astype(np.float64)
    accounts = int(answers.accounts.max()) + 1
    weights = draws(accounts, times=times).astype(np.float64)
    sums = np.random.default_rng(1).normal(size=(accounts, 1 + width + width * (width + 1) // 2))

    def both() -> None:
        rows.T @ rows
        weights @ sums

    return min(spent(both) for _ in range(ROUNDS))


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of a piece of work."""
    began = time.process_time()
    work()
    return time.process_time() - began


def measured(name: str, answers: Answers, *, times: int) -> dict[str, object]:
    """One row: drivers, and pain and delight, beside the raw limit."""
    limit = raw(answers, times=times)
    found: list[object] = []
    of = spent(lambda: found.append(drivers(answers, times=times)))
    both = spent(lambda: found.append(pain_delight(answers, times=times)))
    report, placed = found
    assert isinstance(report, DriverReport) and isinstance(placed, PainDelight)
    return {
        "job": name,
        "people": report.n,
        "accounts": report.accounts,
        "drivers": len(report.drivers),
        "draws": times,
        "gaps": report.gaps.value,
        "raw, s": round(limit, 3),
        "drivers, s": round(of, 2),
        "times raw": round(of / limit, 1),
        "pain and delight, s": round(both, 2),
        "peak, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Measure on one core, print, and keep the table."""
    if any(os.environ.get(name) != "1" for name in THREADS):
        # NumPy's BLAS reads these when it is imported.
        os.execve(sys.executable, sys.orig_argv, os.environ | dict.fromkeys(THREADS, "1"))
    rows = [
        measured(name, programme(36_000, 10_000, items=12, missing=missing), times=500)
        for name, missing in (("complete", 0.0), ("4 % missing", 0.04), ("30 % missing", 0.3))
    ]
    if "--full" in sys.argv:
        rows.append(measured("a million", programme(1_000_000, 40_000, items=12, missing=0.04), times=500))
        rows.append(measured("twenty", programme(36_000, 10_000, items=20, missing=0.0), times=100))
    print(table(rows))
    keep("drivers", rows, note=NOTE)


if __name__ == "__main__":
    main()
