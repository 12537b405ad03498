"""Tables as CSV to open in a spreadsheet, in a stream; no cell of it is run. See ``sheets`` for XLSX."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO

from surveyd.base.spreadsheets import GUARD, GUARDED

ROWS_AT_ONCE = 500


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The text of the file as RFC 4180 says, some hundred lines at a time.

    A cell that a spreadsheet would run (it begins with = + - @, a tab or a line end, and is no number) gets
    one apostrophe in front; a cell that begins with an apostrophe gets one more, so that taking one away
    gives back what was typed. The head is guarded alike.
    """
    yield _text([head])
    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        yield _text(some)


def write_csv(out: IO[str], head: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write the same to `out`, which leaves line ends as they are; returns how many rows."""
    counted = _Counted(rows)
    out.writelines(csv_lines(head, counted))
    return counted.count


class _Counted:
    """Rows on their way through, counted."""

    def __init__(self, rows: Iterable[Sequence[object]]) -> None:
        self.rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Sequence[object]]:
        for row in self.rows:
            self.count += 1
            yield row


def _text(lines: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    # The rule of `guarded`, without a call for each cell: a file has millions of them.
    writer.writerows(
        [GUARD + cell if isinstance(cell, str) and cell[:1] in GUARDED else cell for cell in line]
        for line in lines
    )
    return out.getvalue()
