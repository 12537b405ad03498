"""One sheet of XLSX, written row by row: numbers as numbers, all else as text that is never run."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import xlsxwriter

from surveyd.base.errors import Refused

MOST_ROWS = 1_048_575
"""What a sheet holds below its head."""
LONGEST_CELL = 32_767
CUT = "\N{HORIZONTAL ELLIPSIS}"
NUMBERS = (int, float)


def write_xlsx(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]], *, sheet: str) -> int:
    """Write a book with one sheet of this name to `path`; returns how many rows it has below its head.

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


def _fitting(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + CUT
