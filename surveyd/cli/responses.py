"""`surveyd responses`: the answers with their scores as CSV, and answers from elsewhere."""

import os
import sys
from pathlib import Path

import click

from surveyd.base.database import reading
from surveyd.cli.answers import import_, template
from surveyd.cli.house import as_json, house, print_json
from surveyd.distribution.waves import find_wave
from surveyd.people.access import SYSTEM
from surveyd.reports.exports import write_responses


@click.group()
def responses() -> None:
    """The answers that came in."""


responses.add_command(import_)
responses.add_command(template)


@responses.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path))
@click.option("--wave", help="Only this wave.")
@as_json
def export(file: Path, wave: str | None, as_json: bool) -> None:
    """Write all responses to FILE as CSV, or to standard output for -."""
    with house(), reading() as session:
        wave_id = find_wave(session, wave).id if wave else None
        if str(file) == "-":
            write_responses(session, sys.stdout, scope=SYSTEM, wave_id=wave_id)
            return
        # Written aside and renamed: nobody reads half a file, and a failure leaves the old one.
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            with draft.open("w", encoding="utf-8", newline="") as out:
                count = write_responses(session, out, scope=SYSTEM, wave_id=wave_id)
            draft.replace(file)
        except OSError as error:
            raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from error
        finally:
            draft.unlink(missing_ok=True)
    if as_json:
        print_json({"file": str(file), "responses": count})
    else:
        click.echo(f"{count} responses are in {file}.")
