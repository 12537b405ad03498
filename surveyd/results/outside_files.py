"""What a cell or a file says about a figure that others have published: each fault by its line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from surveyd.base.errors import BadFile, Fault
from surveyd.people.cells import read_date, read_text
from surveyd.people.tables import Table, read_table
from surveyd.results.outside import NewFigure
from surveyd.results.outside_models import Measure

COLUMNS = ("measure", "title", "value", "people", "source", "date")
NEEDED = ("measure", "title", "value", "source", "date")
TENTHS = re.compile(r"([+\-\u2212]?)(\d{1,3})(?:\.(\d))?", re.ASCII)
PEOPLE = re.compile(r"\d{1,9}", re.ASCII)
MOST_ROWS = 1_000
LONGEST_TITLE, LONGEST_SOURCE = 200, 300
LOWEST = {Measure.NPS: -1000}
FIRST_DAY = date(1990, 1, 1)


def read_measure(text: str) -> Measure:
    """A measure by its name. Raises ValueError, the reason as the end of a sentence."""
    name = text.strip().lower().replace(" ", "_").replace("-", "_")
    if name not in list(Measure):
        raise ValueError(f"is no measure; use {', '.join(Measure)}")
    return Measure(name)


def read_tenths(text: str, measure: Measure) -> int:
    """A figure in tenths: a number with one decimal at most, within its scale. Raises ValueError."""
    found = TENTHS.fullmatch(text.strip())
    if not found:
        raise ValueError("is no figure; write it as 32.5, with one decimal at most")
    tenths = int(found[2]) * 10 + int(found[3] or 0)
    tenths = -tenths if found[1] in ("-", "\N{MINUS SIGN}") else tenths
    if not LOWEST.get(measure, 0) <= tenths <= 1000:
        scale = "-100 to 100" if measure in LOWEST else "0 to 100"
        raise ValueError(f"is outside of its scale, which is {scale}")
    return tenths


def read_people(text: str) -> int | None:
    """How many people a figure rests on; empty is unknown. Raises ValueError."""
    text = text.strip()
    if not text:
        return None
    if not PEOPLE.fullmatch(text) or not int(text):
        raise ValueError("is no number of people; write it as 1204, or leave it empty")
    return int(text)


def read_day(text: str, *, today: date) -> date:
    """The day of a figure, which is not to come. Raises ValueError."""
    day = read_date(text)
    if day is None:
        raise ValueError("is empty; a figure has a date")
    if not FIRST_DAY <= day <= today:
        raise ValueError("is to come, or too long ago for a figure to compare with")
    return day


def read_words(text: str, limit: int) -> str:
    """Words on one line. Raises ValueError."""
    words = read_text(text, limit)
    if not words:
        raise ValueError("is empty")
    return words


def read_file(name: str, content: bytes, *, today: date) -> tuple[NewFigure, ...]:
    """The figures of a CSV file with the columns measure, title, value, people, source and date.

    Raises BadFile with every fault, by line and column.
    """
    table = read_table(name, content)
    headings = [heading.lower() for heading in table.headings]
    faults = _of_headings(table, headings)
    if not faults:
        faults = list(table.faults)
        rows = [_Row(name, row.line, dict(zip(headings, row.cells, strict=True))) for row in table.rows]
        figures = [row.figure(today) for row in rows]
        faults += [fault for row in rows for fault in row.faults]
        found = tuple(figure for figure in figures if figure is not None)
        if not faults and found:
            return found
    nothing = [Fault(name, table.heading_line, "", "has no figure below its headings")]
    raise BadFile(sorted(faults, key=lambda fault: fault.line) or nothing)


def _of_headings(table: Table, headings: list[str]) -> list[Fault]:
    missing = [(column, "the column is missing; name one so") for column in NEEDED if column not in headings]
    twice = [(name, "two columns have this heading") for name in COLUMNS if headings.count(name) > 1]
    faults = [Fault(table.file, table.heading_line, column, why) for column, why in missing + twice]
    if len(table.rows) > MOST_ROWS:
        line = table.rows[MOST_ROWS].line
        faults.append(Fault(table.file, line, "", f"the file has more than {MOST_ROWS} figures"))
    return faults


@dataclass
class _Row:
    """One row being read; a cell that cannot be read leaves a fault."""

    file: str
    line: int
    cells: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)

    def figure(self, today: date) -> NewFigure | None:
        """The figure; None if a cell has a fault."""
        try:
            measure = read_measure(self.cells["measure"])
        except ValueError as error:
            self._complain("measure", error)
            measure = Measure.NPS  # the widest scale: the value's own faults are told all the same
        try:
            tenths = read_tenths(self.cells["value"], measure)
        except ValueError as error:
            self._complain("value", error)
            tenths = 0
        try:
            people = read_people(self.cells.get("people", ""))
        except ValueError as error:
            self._complain("people", error)
            people = None
        try:
            day = read_day(self.cells["date"], today=today)
        except ValueError as error:
            self._complain("date", error)
            day = today
        title, source = self._words("title", LONGEST_TITLE), self._words("source", LONGEST_SOURCE)
        return None if self.faults else NewFigure(measure, title, tenths, people, source, day)

    def _words(self, column: str, limit: int) -> str:
        try:
            return read_words(self.cells[column], limit)
        except ValueError as error:
            self._complain(column, error)
            return ""

    def _complain(self, column: str, error: ValueError) -> None:
        self.faults.append(Fault(self.file, self.line, column, str(error)))
