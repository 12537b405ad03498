"""A sheet read in a process of its own: a spreadsheet can ask for any amount of memory.

    python -m surveyd.people.sheet_reader FILE SHEET

It prints the names of the sheets as one line of JSON, then a line for each row from the first one on: the
cells as text. SHEET may be empty for the first one. Errors are one line, with exit code 2.
"""

import datetime as dt
import json
import resource
import sys
from collections.abc import Iterator

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta
MOST_MEMORY = 640 << 20
MOST_SECONDS = 120
MIDNIGHT = dt.time()


def main() -> None:
    """Print the sheet, or say why not."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, file, sheet = sys.argv
    try:
        for line in _lines(file, sheet):
            sys.stdout.write(line)
    except (CalamineError, OSError) as error:
        sys.stderr.write(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}\n")
        sys.exit(2)


def _lines(file: str, wanted: str) -> Iterator[str]:
    book = CalamineWorkbook.from_path(file)
    names = [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    yield json.dumps(names) + "\n"
    if not names:
        return
    sheet = book.get_sheet_by_name(wanted or names[0])
    for cells in sheet.iter_rows():
        yield json.dumps([_text(cell) for cell in cells], ensure_ascii=False) + "\n"


def _text(cell: Cell) -> str:
    """A cell as a person would type it: whole numbers without a point, days without an hour."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime) and cell.time() == MIDNIGHT:
        return cell.date().isoformat()
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


if __name__ == "__main__":
    main()
