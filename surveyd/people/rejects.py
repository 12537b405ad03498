"""The rejected rows of a file as a file of their own: the columns as they came, and why."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice

from surveyd.base.errors import Fault
from surveyd.base.spreadsheets import guarded
from surveyd.people.tables import read_records

REASON = "reason"
MARK = "\ufeff"
"""What makes a spreadsheet read the file as UTF-8."""


def write_rejects(file: str, content: bytes, faults: Sequence[Fault]) -> bytes:
    """The rows of `content` that have a fault, as CSV in UTF-8: the original cells, then the reasons.

    A reason begins with the line in the original file. What a spreadsheet would run is guarded; the import
    reads such a cell as it was, so that the corrected file can be imported. Raises BadFile when `content`
    cannot be read as a table.
    """
    records = read_records(file, content)
    [headings] = islice(records, 1)
    rejects = Rejects(headings.cells)
    return rejects.head() + rejects.rows(((row.line, row.cells) for row in records), faults)


class Rejects:
    """The file of rejected rows, written piece by piece as `write_rejects` writes it in one."""

    def __init__(self, headings: Sequence[str]) -> None:
        self.headings = headings

    def head(self) -> bytes:
        """What makes a spreadsheet read it as UTF-8, and the headings."""
        return MARK.encode() + _lines([[*(guarded(cell) for cell in self.headings), REASON]])

    def rows(self, records: Iterable[tuple[int, list[str]]], faults: Sequence[Fault]) -> bytes:
        """The lines of those records that have a fault; empty for none."""
        reasons: dict[int, list[str]] = defaultdict(list)
        for fault in faults:
            reasons[fault.line].append(f"{fault.column}: {fault.reason}" if fault.column else fault.reason)
        if not reasons:
            return b""
        return _lines(self._row(line, cells, reasons[line]) for line, cells in records if line in reasons)

    def _row(self, line: int, cells: list[str], reasons: list[str]) -> list[str]:
        width = len(self.headings)
        safe = [guarded(cell) for cell in cells]
        padded = [*safe[:width], *[""] * (width - len(safe))]
        return [*padded, f"line {line}: {'; '.join(reasons)}", *safe[width:]]


def _lines(rows: Iterable[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()
