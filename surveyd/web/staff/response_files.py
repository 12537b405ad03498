"""The responses as files: CSV in a stream, XLSX up to a size that one request may take."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Response, request, stream_with_context
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from surveyd.base.database import reading
from surveyd.base.errors import Refused
from surveyd.people.access import Scope
from surveyd.reports.exports import ResponseTable, Wanted, response_table
from surveyd.reports.files import csv_lines, write_xlsx
from surveyd.reports.slice_rows import conditions
from surveyd.results.slices import is_of_answers, slice_of
from surveyd.results.wholes import waves_of
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp

MOST_IN_A_SHEET = 20_000
"""Rows of XLSX that are made while the reader waits: some seconds of work."""
ROWS = "Surveyd-Rows"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/responses.csv")
def responses_csv() -> Response:
    """Every raw answer and score that the reader may see; the address says which (see `_table`).

    The number of rows is in the header `Surveyd-Rows` and in the file's name.
    """
    with reading() as session:
        count = _table(session, reader().scope).count(session)
    lines = _lines(reader().scope)
    return Response(stream_with_context(lines), mimetype="text/csv", headers=_head(count, "csv"))


@bp.get("/responses.xlsx")
def responses_xlsx() -> Response:
    """The same as a sheet. Refused for more rows than a request may take: CSV has no such limit."""
    with TemporaryDirectory() as folder, reading() as session:
        table = _table(session, reader().scope)
        count = table.count(session)
        if count > MOST_IN_A_SHEET:
            most = f"{MOST_IN_A_SHEET:,}"
            raise Refused(_("These are more than %(most)s rows: choose one wave, or take CSV.", most=most))
        path = Path(folder) / "responses.xlsx"
        write_xlsx(path, table.head, table.rows(session), sheet="responses")
        return Response(path.read_bytes(), mimetype=SHEET, headers=_head(count, "xlsx"))


def _lines(scope: Scope) -> Iterator[str]:
    with reading() as session:
        table = _table(session, scope)
        yield from csv_lines(table.head, table.rows(session))


def _table(session: Session, scope: Scope) -> ResponseTable:
    """The slice that the address asks for, as on pages; `silent` adds who has not answered."""
    cut = slice_of(request.args.items(multi=True))
    waves = tuple(wave.id for wave in waves_of(session, cut))
    silent = "silent" in request.args and not is_of_answers(cut)
    return response_table(session, scope=scope, wanted=Wanted(waves, silent, conditions(cut)))


def _head(count: int, kind: str) -> dict[str, str]:
    name = f"responses-{count}-rows.{kind}"
    return {"Content-Disposition": f'attachment; filename="{name}"', ROWS: str(count)}
