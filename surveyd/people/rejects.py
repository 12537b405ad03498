"""The rejected rows of a file as a file of their own: the columns as they came, and why."""

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
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
    reasons: dict[int, list[str]] = defaultdict(list)
    for fault in faults:
        reasons[fault.line].append(f"{fault.column}: {fault.reason}" if fault.column else fault.reason)
    records = read_records(file, content)
    [headings] = islice(records, 1)
    width = len(headings.cells)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*(guarded(cell) for cell in headings.cells), REASON])
    for row in records:
        if row.line in reasons:
            cells = [guarded(cell) for cell in row.cells]
            padded = [*cells[:width], *[""] * (width - len(cells))]
            why = f"line {row.line}: {'; '.join(reasons[row.line])}"
            writer.writerow([*padded, why, *cells[width:]])
    return (MARK + out.getvalue()).encode()
