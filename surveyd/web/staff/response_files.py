"""The responses as files: CSV, and XLSX up to a size that one request may take."""

from contextlib import ExitStack
from io import BytesIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wsgi import wrap_file

from surveyd.base.database import reading
from surveyd.base.errors import Refused
from surveyd.people.access import Scope
from surveyd.reports.exports import ResponseTable, Wanted, response_table
from surveyd.reports.files import write_csv
from surveyd.reports.sheets import write_xlsx
from surveyd.reports.slice_rows import conditions
from surveyd.results.slices import is_of_answers, slice_of
from surveyd.results.wholes import waves_of
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp

MOST_IN_A_SHEET = 20_000
"""Rows of XLSX that are made while the reader waits: some seconds of work."""
IN_MEMORY = 4 * 2**20
"""Bytes of a file that is sent from memory; a larger one is sent from where it was written."""
ROWS = "Surveyd-Rows"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/responses.csv")
def responses_csv() -> Response:
    """Every raw answer and score that the reader may see; the address says which (see `_table`).

    The number of rows is in the header `Surveyd-Rows` and in the file's name. It is written aside first: a
    slow reader keeps no transaction open, and the number is that of the rows.
    """
    with ExitStack() as opened:
        aside = opened.enter_context(TemporaryFile())
        count = _write(aside)
        is_large = aside.tell() > IN_MEMORY
        aside.seek(0)
        if is_large:
            opened.pop_all()  # the response closes it
        return _sent(aside if is_large else BytesIO(aside.read()), count, "csv", "text/csv")


def _write(aside: IO[bytes]) -> int:
    with reading() as session:
        table = _table(session, reader().scope)
        text = TextIOWrapper(aside, encoding="utf-8", newline="")
        try:
            return write_csv(text, table.head, table.rows(session))
        finally:
            text.detach()


@bp.get("/responses.xlsx")
def responses_xlsx() -> Response:
    """The same as a sheet. Refused for more rows than a request may take: CSV has no such limit."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "responses.xlsx"
        with reading() as session:
            table = _table(session, reader().scope)
            if table.count(session) > MOST_IN_A_SHEET:
                most = f"{MOST_IN_A_SHEET:,}"
                said = _("These are more than %(most)s rows: choose one wave, or take CSV.", most=most)
                raise Refused(said)
            count = write_xlsx(path, table.head, table.rows(session), sheet="responses")
        return _sent(BytesIO(path.read_bytes()), count, "xlsx", SHEET)


def _table(session: Session, scope: Scope) -> ResponseTable:
    """The slice that the address asks for, as on pages; `silent` adds who has not answered."""
    cut = slice_of(request.args.items(multi=True))
    waves = tuple(wave.id for wave in waves_of(session, cut))
    silent = "silent" in request.args and not is_of_answers(cut)
    return response_table(session, scope=scope, wanted=Wanted(waves, silent, conditions(cut)))


def _sent(file: IO[bytes], count: int, kind: str, mimetype: str) -> Response:
    name = f"responses-{count}-rows.{kind}"
    head = {"Content-Disposition": f'attachment; filename="{name}"', ROWS: str(count)}
    body = wrap_file(request.environ, file)
    return Response(body, mimetype=mimetype, headers=head, direct_passthrough=True)
