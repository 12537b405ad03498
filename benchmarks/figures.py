"""Figures of a benchmark: medians of rounds, percentiles, CPU time of processes, and where they are kept."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results"
TICKS = os.sysconf("SC_CLK_TCK")
Figures = Mapping[str, float]


def middle(rounds: Sequence[Figures]) -> dict[str, float]:
    """The median of each figure over the rounds."""
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value below which that share lies; the values are sorted and not empty."""
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def cpu_seconds(pids: Sequence[int]) -> float:
    """The CPU time, user and system, that these processes have had so far; those that are gone count 0."""
    total = 0
    for pid in pids:
        try:
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        total += int(words[11]) + int(words[12])
    return total / TICKS


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """The rows as aligned text; their keys are the headings."""
    heads = list(rows[0])
    cells = [heads, *([_short(row.get(head, "")) for head in heads] for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def keep(name: str, rows: Sequence[Mapping[str, object]], *, note: str) -> None:
    """Write `results/NAME.json` and `results/NAME.txt`."""
    RESULTS.mkdir(exist_ok=True)
    facts = {
        "measured": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[1], 1),
        "note": note,
    }
    document = json.dumps({**facts, "rows": rows}, indent=1, default=str)
    (RESULTS / f"{name}.json").write_text(f"{document}\n", encoding="utf-8")
    machine = f"{facts['cores']} cores, Python {facts['python']}, mean load {facts['load']}"
    head = f"{note}\n{facts['measured']}, {machine}\n\n"
    (RESULTS / f"{name}.txt").write_text(f"{head}{table(rows)}\n", encoding="utf-8")


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    return str(value)
