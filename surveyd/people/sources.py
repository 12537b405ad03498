"""A file of people as it came, in whichever encoding or as a sheet: headings once, rows as they are read.

Nothing is kept of a row that was handed out, so that a file of a million rows takes no more memory than one
of a thousand.
"""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from surveyd.base.errors import BadFile, Fault
from surveyd.people.encodings import HEAD, NAMES, Encoding, encoding_of
from surveyd.people.sheets import Sheet, is_spreadsheet, open_sheet, rows_of
from surveyd.people.tables import Ragged, Row, fitting, headings_of, records_of, separator_of

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
"""The separators that a person may choose, as they are called."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person said of how a file is to be read; empty where surveyd is to see for itself."""

    encoding: str = ""
    separator: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read: text in an encoding, which may be a guess, or a sheet, and the others there are."""

    encoding: str = ""
    is_guess: bool = False
    separator: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """An open file: what is known of it, and its rows from the first one each time they are asked for."""

    file: str
    digest: str
    reading: Reading
    heading_line: int
    headings: tuple[str, ...]
    content: bytes
    sheet: Sheet | None = None

    def rows(self) -> Iterator[Row | Ragged]:
        """The rows, and the records that are none. Raises BadFile where a file breaks off."""
        records = self.records()
        _, headings = headings_of(self.file, records)
        return fitting(self.file, records, headings)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Every record that holds any text as it stands, the headings too, with its line."""
        if self.sheet:
            return rows_of(self.sheet)
        return _records(self.file, self.content, self.reading)


@contextmanager
def open_source(file: str, content: bytes, wish: Wish | None = None) -> Iterator[Source]:
    """Open a file of text, or a spreadsheet, as a table.

    Raises BadFile when bytes, quotes or parts cannot be read, and when there are no headings.
    """
    wish = wish or Wish()
    if not is_spreadsheet(content):
        yield _source(file, content, _reading(file, content, wish))
        return
    with open_sheet(file, content, wish.sheet) as sheet:
        yield _source(file, content, Reading(sheet=sheet.name, sheets=sheet.names), sheet)


def _source(file: str, content: bytes, reading: Reading, sheet: Sheet | None = None) -> Source:
    records = rows_of(sheet) if sheet else _records(file, content, reading)
    line, headings = headings_of(file, records)
    names = tuple(heading.strip() for heading in headings)
    # The same bytes read otherwise are another table.
    digest = hashlib.sha256(f"{reading.encoding}{reading.separator}{reading.sheet}".encode())
    digest.update(content)
    return Source(file, digest.hexdigest(), reading, line, names, content, sheet)


def _reading(file: str, content: bytes, wish: Wish) -> Reading:
    chosen = wish.encoding in NAMES
    found = Encoding(wish.encoding) if chosen else encoding_of(content)
    if found.name == "utf-8" and b"\0" in content[:HEAD]:
        raise BadFile([Fault(file, 1, "", "this is no text; save the list as XLSX, or as CSV in UTF-8")])
    separator = wish.separator
    if separator not in SEPARATORS:
        try:
            separator = separator_of(_text(content, found.name))
        except UnicodeError as error:
            raise _misread(file, 1, found.name) from error
    return Reading(found.name, found.is_guess, separator)


def _records(file: str, content: bytes, reading: Reading) -> Iterator[tuple[int, list[str]]]:
    line = 0
    try:
        for line, cells in records_of(file, _text(content, reading.encoding), reading.separator):
            yield line, cells
    except UnicodeError as error:
        raise _misread(file, line + 1, reading.encoding) from error


def _text(content: bytes, encoding: str) -> io.TextIOWrapper:
    # With a mark or without one: Python's UTF-8 alone would keep the mark as a letter.
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    return io.TextIOWrapper(io.BytesIO(content), encoding=name, newline="")


def _misread(file: str, line: int, encoding: str) -> BadFile:
    said = NAMES.get(encoding, encoding)
    reason = f"from about here on the file is not {said}; choose another encoding, or save it as UTF-8"
    return BadFile([Fault(file, line, "", reason)])
