"""Spreadsheets: cells as people see them, and files that would do harm refused before they take memory."""

import io
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
import xlsxwriter

from surveyd.base.errors import BadFile
from surveyd.people import sheets
from surveyd.people.sources import Wish, open_source
from surveyd.people.tables import Ragged, Row

Fill = Callable[[xlsxwriter.Workbook], None]


def book(fill: Fill) -> bytes:
    """A spreadsheet as its own program would write it."""
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    fill(made)
    made.close()
    return out.getvalue()


def people(made: xlsxwriter.Workbook) -> None:
    sheet = made.add_worksheet("People")
    day = made.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["id", "phone", "since", "revenue", "active", "note"])
    sheet.write_string(2, 0, "007")
    sheet.write_string(2, 1, "030 1234567")
    sheet.write_datetime(2, 2, date(2026, 3, 31), day)
    sheet.write_number(2, 3, 1234567.5)
    sheet.write_boolean(2, 4, True)
    sheet.write_string(2, 5, "two\nlines, Müller 北京 =1+1")
    sheet.write_number(3, 0, 4930123456)
    made.add_worksheet("Other").write_row(0, 0, ["id", "name"])


def packed(**parts: bytes) -> bytes:
    """A zip file with these parts, and what every spreadsheet has."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in {"[Content_Types].xml": b"<Types/>", **parts}.items():
            file.writestr(name, content)
    return out.getvalue()


def refused(content: bytes, sheet: str = "") -> str:
    with pytest.raises(BadFile) as caught, open_source("list.xlsx", content, Wish(sheet=sheet)):
        pass
    [fault] = caught.value.faults
    assert fault.line == 1
    return fault.reason


def test_cells_are_what_people_see() -> None:
    with open_source("list.xlsx", book(people)) as source:
        assert source.headings == ("id", "phone", "since", "revenue", "active", "note")
        assert source.reading.sheets == ("People", "Other")
        first, second = source.rows()
    note = "two\nlines, Müller 北京 =1+1"
    day = date(2026, 3, 31).isoformat()
    assert first == Row(3, ["007", "030 1234567", day, "1234567.5", "TRUE", note])
    assert second == Row(4, ["4930123456", "", "", "", "", ""])


def test_another_sheet_is_chosen_and_an_unknown_one_named() -> None:
    with open_source("list.xlsx", book(people), Wish(sheet="Other")) as source:
        assert (source.headings, [*source.rows()]) == (("id", "name"), [])
    assert "People, Other" in refused(book(people), "Third")


def test_a_sheet_that_begins_elsewhere_keeps_its_row_numbers() -> None:
    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet()
        sheet.write_row(4, 2, ["id", "name"])
        sheet.write_row(6, 2, ["1", "Anna"])
        sheet.write_row(7, 2, ["2", "Ben", "more"])

    with open_source("list.xlsx", book(fill)) as source:
        first, second = source.rows()
        assert (source.heading_line, first) == (5, Row(7, ["1", "Anna"]))
        assert isinstance(second, Ragged) and second.line == 8


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 and then nothing", "damaged"),
        (b"\xd0\xcf\x11\xe0 of 1997", "old kind"),
        (packed(**{"../../etc/cron.d/x": b"x"}), "out of its folder"),
        (packed(**{"xl\\..\\..\\x.xml": b"<x/>"}), "out of its folder"),
        (packed(**{"/etc/passwd": b"x"}), "out of its folder"),
        (packed(**{"xl/workbook.xml": b"<!DOCTYPE x [<!ENTITY a 'aa'>]><x>&a;</x>"}), "entities"),
        (packed(**{"xl/workbook.xml": b"<!-- " + b"x" * sheets.PART + b" --><!DOCTYPE x><x/>"}), "entities"),
        (packed(**{"readme.txt": b"hello"}), "cannot be read"),
        (book(lambda made: made.add_worksheet()), "empty"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_do(content: bytes, said: str) -> None:
    assert said in refused(content)


def test_a_bomb_is_refused_by_what_it_says_and_by_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed(**{"xl/worksheets/sheet1.xml": b"<x>" + b" " * 3_000_000})
    assert len(bomb) < 10_000
    monkeypatch.setattr(sheets, "MOST_BYTES", 1 << 20)
    assert "larger than 1 MB" in refused(bomb)
    # A file that lies about its size is found out while it is unpacked.
    size = (3_000_003).to_bytes(4, "little")
    assert refused(bomb.replace(size, (1000).to_bytes(4, "little")))


def test_a_cell_far_away_costs_the_reader_and_nobody_else() -> None:
    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["id", "name"])
        sheet.write(1_048_575, 16_383, "far")

    assert "too large" in refused(book(fill))
