"""T22: lists of any kind, good and bad: named by row and reason, all or nothing, in little memory."""

import io
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from surveyd.base.errors import BadFile
from surveyd.people import looks
from surveyd.people.access import SYSTEM
from surveyd.people.columns import ImportKind
from surveyd.people.models import Contact
from surveyd.people.sources import open_source
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

MOST_MEGABYTES = 500
MEASURED = """
import resource, sys
from pathlib import Path
from surveyd.people.drafts import ids_in
from surveyd.people.columns import ImportKind, plan_columns
from surveyd.people.ids import Ids
from surveyd.people.sources import open_source
with open_source("list", Path(sys.argv[1]).read_bytes()) as source:
    plan = plan_columns(ImportKind.CONTACTS, source, {})
    ids = Ids(ids_in(source.rows(), plan))
    print(len(ids), sum(1 for _ in source.rows()))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def look(app: Flask, content: bytes) -> looks.Look:
    with app.app_context(), open_source("list.csv", content) as source:
        asking = looks.Asking(SYSTEM, None, NOW)
        return looks.look_at(source, ImportKind.CONTACTS, {}, asking=asking, shown=1000)


def people(reader: Transaction) -> int:
    with reader() as session:
        return session.execute(select(func.count()).select_from(Contact)).scalar_one()


def rows(count: int, *, bad: int = 0) -> str:
    """A list with `bad` addresses that are none, evenly spread."""
    every = count // bad if bad else count + 1
    lines = ["id,account,name,email"]
    for n in range(count):
        address = (
            f"c{n}@nordwind.test" if n % every else (f"c{n}@@nordwind" if bad else f"c{n}@nordwind.test")
        )
        lines.append(f"C{n},NORDWIND,Müller {n},{address}")
    return "\n".join(lines) + "\n"


def test_bad_addresses_among_many_are_named_each_and_nothing_is_written(
    app: Flask, cast: Cast, reader: Transaction
) -> None:
    found = look(app, rows(1000, bad=25).encode()).outline

    assert (found.rejected, found.fault_count, found.added) == (25, 25, 975)
    assert [fault.line for fault in found.faults] == [2 + 40 * n for n in range(25)]
    assert {fault.column for fault in found.faults} == {"email"}
    assert not found.may_be_applied and people(reader) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252"])
def test_the_same_people_in_any_encoding_are_the_same(app: Flask, cast: Cast, encoding: str) -> None:
    found = look(app, rows(20).encode(encoding)).outline

    assert (found.added, found.fault_count) == (20, 0)


@pytest.mark.full
def test_400_000_rows_take_little_memory_as_text_and_as_a_sheet(tmp_path: Path) -> None:
    text = tmp_path / "list.csv"
    text.write_text(rows(400_000), encoding="utf-8")
    out = measured(text)
    assert out[:2] == [400_000, 400_000] and max(out[2:]) < MOST_MEGABYTES
    sheet = tmp_path / "list.xlsx"
    make_sheet(sheet, 400_000)
    out = measured(sheet)
    assert out[:2] == [400_000, 400_000] and max(out[2:]) < MOST_MEGABYTES


@pytest.mark.full
def test_a_bomb_of_four_gigabytes_is_refused_without_taking_memory() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        with file.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(4096):
                part.write(b" " * (1 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadFile, match="larger"), open_source("bomb.xlsx", out.getvalue()):
        pass
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 100


def measured(path: Path) -> list[int]:
    """Ids, rows and the peak in megabytes of a process that reads the file, and of its reader."""
    command = [sys.executable, "-c", MEASURED, str(path)]
    return [int(word) for word in subprocess.run(command, capture_output=True, check=True).stdout.split()]


def make_sheet(path: Path, count: int) -> None:
    """Made by another process, so that its memory is not ours."""
    making = """
import sys, xlsxwriter
book = xlsxwriter.Workbook(sys.argv[1], {"constant_memory": True})
sheet = book.add_worksheet()
sheet.write_row(0, 0, ["id", "account", "name", "email"])
for n in range(1, int(sys.argv[2]) + 1):
    sheet.write_row(n, 0, [f"C{n}", "NORDWIND", f"Anna {n}", f"c{n}@nordwind.test"])
book.close()
"""
    subprocess.run([sys.executable, "-c", making, str(path), str(count)], check=True)
