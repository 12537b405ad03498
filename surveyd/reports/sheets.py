"""One sheet of XLSX, written row by row: numbers as numbers, all else as text that is never run.

A book is a ZIP of XML (ECMA-376, part 1). Texts stand in their cells, not in a table of their own, so that a
row is done with when it is written and the memory stays the same.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

from surveyd.base.errors import Refused

MOST_ROWS = 1_048_575
"""What a sheet holds below its head."""
LONGEST_CELL = 32_767
CUT = "\N{HORIZONTAL ELLIPSIS}"
ROWS_AT_ONCE = 200
KEPT_TEXTS, LONGEST_KEPT = 65_536, 60
FASTEST = 1
"""Of the levels of compression: a reader waits for the file, and XML shrinks to a tenth all the same."""
MOST_BYTES = 2**31 - 1
"""What a part of a ZIP holds that every program opens."""
TOO_MUCH = f"A sheet holds {MOST_ROWS:,} rows; export CSV, or one wave at a time."
UNPRINTED = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
"""Signs that XML cannot hold, and the carriage return, which it would read as a line feed."""
LOOKS_WRITTEN_SO = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'{XML}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/></Types>',
    "_rels/.rels": f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'{XML}<styleSheet xmlns="{MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
"""All of a book but its sheet and the sheet's name: the second format is bold."""
BEGIN = (
    f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    "</sheetView></sheetViews><sheetData>"
)
END = "</sheetData></worksheet>"
BOLD = ' s="1"'


def write_xlsx(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]], *, sheet: str) -> int:
    """Write a book with one sheet of this name to `path`; returns how many rows it has below its head.

    A text that is longer than a cell may be is cut and ends in an ellipsis. Raises Refused for more rows than
    a sheet holds.
    """
    named = f'<sheet name={quoteattr(sheet)} sheetId="1" r:id="rId1"/>'
    book = f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{named}</sheets></workbook>'
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=FASTEST) as archive:
        for part, text in {**PARTS, "xl/workbook.xml": book}.items():
            archive.writestr(part, text)
        with archive.open("xl/worksheets/sheet1.xml", "w") as out:
            return _write(out, head, rows)


def _write(out: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    texts, columns, left = _Texts(), [_letters(at) for at in range(1, len(head) + 1)], iter(rows)
    size = out.write((BEGIN + _row(1, head, columns, texts, BOLD)).encode())
    count = 0
    while lines := list(islice(left, ROWS_AT_ONCE)):
        some = "".join(_row(at, cells, columns, texts) for at, cells in enumerate(lines, count + 2))
        written = some.encode("utf-8", "replace")
        count, size = count + len(lines), size + len(written)
        if count > MOST_ROWS or size > MOST_BYTES:
            raise Refused(TOO_MUCH)
        out.write(written)
    out.write(END.encode())
    return count


def _row(line: int, cells: Sequence[object], columns: Sequence[str], texts: "_Texts", style: str = "") -> str:
    found = [f'<row r="{line}">']
    for column, cell in zip(columns, cells, strict=True):
        if cell is None or cell == "":
            continue
        if isinstance(cell, int) or (isinstance(cell, float) and isfinite(cell)):
            found.append(f'<c r="{column}{line}"{style}><v>{cell + 0!r}</v></c>')
        else:
            said = texts[cell if isinstance(cell, str) else str(cell)]
            found.append(f'<c r="{column}{line}"{style} t="inlineStr"><is>{said}</is></c>')
    found.append("</row>")
    return "".join(found)


class _Texts(dict[str, str]):
    """Texts as they stand in a cell; a short one, which many rows have, is written once."""

    def __missing__(self, text: str) -> str:
        said = f'<t xml:space="preserve">{_written(text)}</t>'
        if len(text) <= LONGEST_KEPT and len(self) < KEPT_TEXTS:
            self[text] = said
        return said


def _written(text: str) -> str:
    """The text as XML holds it; what it cannot hold stands as its code, as the format says."""
    fitting = text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + CUT
    coded = UNPRINTED.sub(lambda found: f"_x{ord(found[0]):04X}_", LOOKS_WRITTEN_SO.sub("_x005F_", fitting))
    return escape(coded)


def _letters(column: int) -> str:
    """The letters of a column, the first being 1."""
    found = ""
    while column:
        column, at = divmod(column - 1, 26)
        found = chr(ord("A") + at) + found
    return found
