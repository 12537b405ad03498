"""A person's CSV file as rows with their line numbers: encoding, separator, quotes, ragged rows."""

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from surveyd.base.errors import BadFile, Fault

SEPARATORS = (",", ";", "\t", "|")
LINE_END = re.compile(r"\r\n|\r|\n")
NAMED_SEPARATOR = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n)?$', re.IGNORECASE)
MISREAD = re.compile("[\udc80-\udcff]")
SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
ADVICE = "save the file as UTF-8"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `line` is that of its first character, counted from 1; it has a cell for each heading."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Ragged:
    """A record that is no row, since its cells do not fit the headings: the fault, and the cells."""

    fault: Fault
    cells: list[str]

    @property
    def line(self) -> int:
        """The line on which it begins."""
        return self.fault.line


@dataclass(frozen=True, slots=True)
class Table:
    """A file's headings and rows. `faults` names the rows left out because their cells do not fit."""

    file: str
    digest: str
    heading_line: int
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]


def read_table(file: str, content: bytes) -> Table:
    """The table in a CSV file: UTF-8, or UTF-16 with its mark; separated by comma, semicolon, tab or bar.

    Rows without any text are passed over; a row with too many or too few cells is a fault of the table.
    Raises BadFile when bytes or quotes cannot be read, or when there are no headings.
    """
    records = _records(file, _decoded(file, content))
    heading_line, headings = headings_of(file, records)
    rows: list[Row] = []
    faults: list[Fault] = []
    for found in fitting(file, records, headings):
        faults.append(found.fault) if isinstance(found, Ragged) else rows.append(found)
    names = tuple(heading.strip() for heading in headings)
    digest = hashlib.sha256(content).hexdigest()
    return Table(file, digest, heading_line, names, tuple(rows), tuple(faults))


def read_records(file: str, content: bytes) -> Iterator[Row]:
    """Every record that holds any text as it stands, the headings too, with however many cells it has.

    Raises BadFile as `read_table` does.
    """
    for line, cells in _records(file, _decoded(file, content)):
        yield Row(line, cells)


def headings_of(file: str, records: Iterator[tuple[int, list[str]]]) -> tuple[int, list[str]]:
    """The first record as headings, with its line; empty ones behind the last are left off.

    Raises BadFile when there are none.
    """
    line, headings = next(records, (1, []))
    while headings and not headings[-1].strip():
        headings.pop()
    if not headings:
        raise BadFile([Fault(file, 1, "", "the file is empty; its first line names the columns")])
    return line, headings


def fitting(
    file: str, records: Iterator[tuple[int, list[str]]], headings: list[str]
) -> Iterator[Row | Ragged]:
    """Each further record as a row with a cell for each heading, or as one whose cells do not fit."""
    for line, cells in records:
        if len(cells) < len(headings) or any(cells[len(headings) :]):
            yield Ragged(_ragged(file, line, cells, headings), cells)
        else:
            yield Row(line, cells[: len(headings)])


def separator_of(text: TextIO) -> str:
    """The separator that cuts the heading line into the most cells, or the one that the first line names."""
    named = NAMED_SEPARATOR.match(text.readline())
    text.seek(0)
    return named[1] if named else _separator(text)


def records_of(file: str, text: TextIO, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that holds any text, with the line on which it begins; `text` stands at its beginning.

    A first line that names a separator is passed over. Raises BadFile where quotes cannot be read.
    """
    lines = 1 if NAMED_SEPARATOR.match(text.readline()) else 0
    if not lines:
        text.seek(0)
    reader = csv.reader(text, delimiter=separator, strict=True)
    while True:
        line = lines + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            reason = f"the row that begins here cannot be read ({error}); correct its quotes"
            raise BadFile([Fault(file, line, "", reason)]) from error
        if cells is None:
            return
        if any(cells) and any(map(str.strip, cells)):
            yield line, cells


def _decoded(file: str, content: bytes) -> str:
    if content.startswith(SPREADSHEETS):
        raise BadFile([Fault(file, 1, "", "this is a spreadsheet; save it as CSV in UTF-8")])
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            line = _count_lines(content[: error.start].decode("utf-16", "replace")) + 1
            reason = f"the file says that it is UTF-16 and is not; {ADVICE}"
            raise BadFile([Fault(file, line, "", reason)]) from error
    if b"\0" in content[:4]:
        raise BadFile([Fault(file, 1, "", f"this is no text, or UTF-16 without its mark; {ADVICE}")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile(list(_misread(file, content.decode("utf-8-sig", "surrogateescape")))) from None


def _misread(file: str, text: str) -> Iterator[Fault]:
    """A fault for each cell that holds a byte which is not UTF-8, at the line of that byte."""
    headings: list[str] | None = None
    for line, cells in _records(file, text):
        for place, cell in enumerate(cells):
            if found := MISREAD.search(cell):
                before = sum(map(_count_lines, cells[:place])) + _count_lines(cell[: found.start()])
                column = headings[place] if headings and place < len(headings) else ""
                byte = ord(found[0]) - 0xDC00
                yield Fault(file, line + before, column, f"the byte 0x{byte:02X} is not UTF-8; {ADVICE}")
        headings = [MISREAD.sub("?", cell.strip()) for cell in cells] if headings is None else headings


def _records(file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    body = io.StringIO(text, newline="")
    separator = separator_of(body)
    body.seek(0)
    return records_of(file, body, separator)


def _separator(text: TextIO) -> str:
    """The separator that cuts the heading line into the most cells; a comma when none cuts it."""
    line = next((line.strip("\r\n") for line in text if line.strip()), "")
    return max(SEPARATORS, key=lambda separator: len(next(csv.reader([line], delimiter=separator))))


def _ragged(file: str, line: int, cells: list[str], headings: list[str]) -> Fault:
    counts = f"the row has {len(cells)} cells, the heading line has {len(headings)}"
    reason = f"{counts}; put a text that holds a separator in quotes"
    column = headings[len(cells)].strip() if len(cells) < len(headings) else ""
    return Fault(file, line, column, reason)


def _count_lines(text: str) -> int:
    return len(LINE_END.findall(text))
