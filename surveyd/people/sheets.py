"""Spreadsheets (XLSX): looked through before they are read, then read by a process with little memory."""

import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from surveyd.base.errors import BadFile, Fault

ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MOST_PARTS, MOST_BYTES = 2000, 1 << 30
"""How much a spreadsheet may hold when it is unpacked: 1,000,000 rows of ten columns are half of that."""
PART = 1 << 18
READER = "surveyd.people.sheet_reader"
READER_SECONDS = 300
MARKUP = (b"<!DOCTYPE", b"<!ENTITY", b"\0")
AS_CSV = "save it as XLSX or as CSV"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a spreadsheet that was read; `lines` has the cells of each row as JSON, from row 1 on."""

    name: str
    names: tuple[str, ...]
    lines: Path


def is_spreadsheet(content: bytes) -> bool:
    """Whether the bytes are a spreadsheet, of whichever kind."""
    return content.startswith((ZIP, OLD_EXCEL))


@contextmanager
def open_sheet(file: str, content: bytes, sheet: str = "") -> Iterator[Sheet]:
    """Read the sheet of that name, or the first, and keep its rows in a file as long as the block lasts.

    Raises BadFile for what is no XLSX file, for one that could do harm, and for an unknown sheet.
    """
    if content.startswith(OLD_EXCEL):
        raise _bad(file, f"this is a spreadsheet of an old kind, or one with a password; {AS_CSV}")
    with tempfile.TemporaryDirectory(prefix="surveyd-sheet-") as folder:
        book, lines = Path(folder, "book.xlsx"), Path(folder, "rows")
        book.write_bytes(content)
        check_parts(file, book)
        names = _read(file, book, sheet, lines)
        yield Sheet(sheet or names[0], names, lines)


def rows_of(sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """Each row that holds any text, with its number in the sheet."""
    with sheet.lines.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines):
            if number and line != "[]\n":
                cells: list[str] = json.loads(line)
                if any(cells) and any(map(str.strip, cells)):
                    yield number, cells


def check_parts(file: str, book: Path) -> None:
    """Unpack every part piece by piece and keep none. Raises BadFile for one that is no part of a sheet.

    That is a name that leads out of the folder, more bytes than a sheet may have (whatever the file says of
    itself), and markup that names entities.
    """
    try:
        with zipfile.ZipFile(book) as parts:
            _check_names(file, parts.infolist())
            left = MOST_BYTES
            for part in parts.infolist():
                with parts.open(part) as opened:
                    left -= _check_bytes(file, part.filename, opened, left)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise _bad(file, f"the spreadsheet is damaged or has a password; {AS_CSV}") from error


def _check_names(file: str, parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MOST_PARTS:
        raise _bad(file, f"the spreadsheet has {len(parts)} parts, which none has; {AS_CSV}")
    if sum(part.file_size for part in parts) > MOST_BYTES:
        raise _bad(file, _too_large())
    for part in parts:
        name = part.filename.replace("\\", "/")
        if name.startswith("/") or ":" in name or ".." in name.split("/"):
            raise _bad(file, f"the spreadsheet has a part that leads out of its folder; {AS_CSV}")
    if not any(part.filename == "[Content_Types].xml" for part in parts):
        raise _bad(file, f"this is no XLSX file; {AS_CSV}")


def _check_bytes(file: str, name: str, opened: IO[bytes], most: int) -> int:
    """How many bytes a part has."""
    seen, tail = 0, b""
    is_markup = name.lower().endswith((".xml", ".rels"))
    while piece := opened.read(PART):
        seen += len(piece)
        if seen > most:
            raise _bad(file, _too_large())
        if is_markup and any(mark in tail + piece for mark in MARKUP):
            raise _bad(file, f"the spreadsheet's markup declares entities, which none needs; {AS_CSV}")
        tail = piece[-len(MARKUP[0]) :]
    return seen


def _read(file: str, book: Path, sheet: str, lines: Path) -> tuple[str, ...]:
    """Have the rows written to `lines`; the names of all sheets."""
    with lines.open("wb") as out:
        command = [sys.executable, "-m", READER, str(book), sheet]
        try:
            # Our own module; what came in from outside is a file and a name, no part of a command.
            done = subprocess.run(
                command, stdout=out, stderr=subprocess.PIPE, timeout=READER_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise _bad(file, f"the sheet takes too long to read; {AS_CSV}") from error
    with lines.open(encoding="utf-8", newline="\n") as written:
        first = written.readline()
    names: list[str] = json.loads(first) if first.endswith("\n") else []
    if names and sheet and sheet not in names:
        raise _bad(file, f"there is no sheet {sheet!r}; there are {', '.join(names)}")
    if done.returncode == 2:
        raise _bad(file, f"the spreadsheet cannot be read; {AS_CSV}")
    if done.returncode:
        raise _bad(file, f"the sheet is too large to read; delete what stands far away, or {AS_CSV}")
    if not names:
        raise _bad(file, "the spreadsheet has no sheet with cells")
    return tuple(names)


def _too_large() -> str:
    return f"the spreadsheet is larger than {MOST_BYTES >> 20} MB when it is unpacked; {AS_CSV}"


def _bad(file: str, reason: str) -> BadFile:
    return BadFile([Fault(file, 1, "", reason)])
