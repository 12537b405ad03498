"""`surveyd responses`: the answers with their scores as CSV, and answers from elsewhere."""

import os
import sys
from pathlib import Path

import click
from sqlalchemy.orm import Session

from surveyd.base.database import reading
from surveyd.cli.answers import import_, template
from surveyd.cli.house import as_json, house, print_json
from surveyd.distribution.waves import find_wave
from surveyd.people.access import SYSTEM
from surveyd.reports.exports import ResponseTable, Wanted, response_table
from surveyd.reports.files import csv_lines, write_csv
from surveyd.reports.sheets import write_xlsx

XLSX = ".xlsx"


@click.group()
def responses() -> None:
    """The answers that came in."""


responses.add_command(import_)
responses.add_command(template)


@responses.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path))
@click.option("--wave", help="Only this wave.")
@click.option("--with-silent", is_flag=True, help="Also who was asked and has not answered.")
@as_json
def export(file: Path, wave: str | None, with_silent: bool, as_json: bool) -> None:
    """Write all responses with their scores to FILE as CSV, or XLSX by its name; - is standard output."""
    with house(), reading() as session:
        waves = (find_wave(session, wave).id,) if wave else None
        table = response_table(session, scope=SYSTEM, wanted=Wanted(waves, with_silent))
        if str(file) == "-":
            sys.stdout.writelines(csv_lines(table.head, table.rows(session)))
            return
        # Written aside and renamed: nobody reads half a file, and a failure leaves the old one.
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            count = _write(session, table, draft, sheet=file.suffix.lower() == XLSX)
            draft.replace(file)
        except OSError as error:
            raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from error
        finally:
            draft.unlink(missing_ok=True)
    if as_json:
        print_json({"file": str(file), "responses": count})
    else:
        click.echo(f"{count} {'people' if with_silent else 'responses'} are in {file}.")


def _write(session: Session, table: ResponseTable, path: Path, *, sheet: bool) -> int:
    if sheet:
        return write_xlsx(path, table.head, table.rows(session), sheet="responses")
    with path.open("w", encoding="utf-8", newline="") as out:
        return write_csv(out, table.head, table.rows(session))
