"""Tables as files to open in a spreadsheet: CSV in a stream, XLSX row by row; no cell of either is run."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO

import xlsxwriter

from surveyd.base.errors import Refused
from surveyd.base.spreadsheets import GUARD, GUARDED

ROWS_AT_ONCE = 500
MOST_ROWS = 1_048_575
"""What a sheet of XLSX holds below its head."""
LONGEST_CELL = 32_767
CUT = "\N{HORIZONTAL ELLIPSIS}"
NUMBERS = (int, float)


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


def write_xlsx(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]], *, sheet: str) -> int:
    """Write one sheet to `path`, numbers as numbers and all else as text; returns how many rows.

    Rows go out as they come, so that memory stays the same. A text that is longer than a cell may be is cut
    and ends in an ellipsis. Raises Refused for more rows than a sheet holds.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        page = book.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for column, name in enumerate(head):
            page.write_string(0, column, name, bold)
        line = 0
        for line, cells in enumerate(rows, 1):
            if line > MOST_ROWS:
                raise Refused(f"A sheet holds {MOST_ROWS:,} rows; export CSV, or one wave at a time.")
            for column, cell in enumerate(cells):
                if isinstance(cell, NUMBERS):
                    page.write_number(line, column, cell)
                elif cell is not None and cell != "":
                    page.write_string(line, column, _fitting(str(cell)))
        return line


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


def _fitting(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + CUT
