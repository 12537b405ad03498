"""A wave's people as files: the list as it was narrowed, with all its rows."""

from collections.abc import Iterator
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
from surveyd.base.services import services
from surveyd.distribution import waves
from surveyd.distribution.audience_lists import AudienceLine, audience_rows
from surveyd.distribution.models import Wave
from surveyd.reports.files import write_csv
from surveyd.reports.sheets import write_xlsx
from surveyd.web.access import reader
from surveyd.web.staff.audience import audience_wish
from surveyd.web.staff.frame import bp
from surveyd.web.staff.response_files import IN_MEMORY, MOST_IN_A_SHEET, SHEET

HEAD = ("contact", "name", "email", "account", "in", "rule", "state")


@bp.get("/waves/<id:wave_id>/audience.csv")
def audience_csv(wave_id: int) -> Response:
    """Everybody whom the address asks for, by name. It is written aside: a slow reader holds nothing open."""
    with ExitStack() as opened:
        aside = opened.enter_context(TemporaryFile())
        with reading() as session:
            wave = waves.get_wave(session, wave_id)
            text = TextIOWrapper(aside, encoding="utf-8", newline="")
            write_csv(text, HEAD, _rows(session, wave))
            text.detach()
            head = {"Content-Disposition": f'attachment; filename="audience-{wave.slug}.csv"'}
        is_large = aside.tell() > IN_MEMORY
        aside.seek(0)
        if is_large:
            opened.pop_all()  # the response closes it
        file: IO[bytes] = aside if is_large else BytesIO(aside.read())
        body = wrap_file(request.environ, file)
        return Response(body, mimetype="text/csv", headers=head, direct_passthrough=True)


@bp.get("/waves/<id:wave_id>/audience.xlsx")
def audience_xlsx(wave_id: int) -> Response:
    """The same as a sheet. Refused for more rows than a request may take: CSV has no such limit."""
    with TemporaryDirectory() as folder, reading() as session:
        path = Path(folder) / "audience.xlsx"
        wave = waves.get_wave(session, wave_id)
        write_xlsx(path, HEAD, _few(_rows(session, wave)), sheet="audience")
        head = {"Content-Disposition": f'attachment; filename="audience-{wave.slug}.xlsx"'}
        return Response(BytesIO(path.read_bytes()), mimetype=SHEET, headers=head)


def _rows(session: Session, wave: Wave) -> Iterator[tuple[object, ...]]:
    now, program = services().clock.now(), waves.program_of(session, wave)
    found = audience_rows(session, wave, program, wish=audience_wish(), scope=reader().scope, now=now)
    return map(_cells, found)


def _cells(line: AudienceLine) -> tuple[object, ...]:
    is_in = "no" if line.rule else "yes"
    return (line.external_id, line.name, line.email, line.account, is_in, line.rule, line.standing)


def _few(rows: Iterator[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    for count, row in enumerate(rows):
        if count >= MOST_IN_A_SHEET:
            most = f"{MOST_IN_A_SHEET:,}"
            raise Refused(_("These are more than %(most)s rows: narrow them down, or take CSV.", most=most))
        yield row
