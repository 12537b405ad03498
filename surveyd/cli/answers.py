"""`surveyd responses import FILE --wave W`: show what it would do, then do it if every row is good."""

from pathlib import Path

import click

from surveyd.base.database import reading, writing
from surveyd.base.services import Services
from surveyd.cli.house import as_json, house, print_json
from surveyd.closed_loop.answer_columns import own_names
from surveyd.closed_loop.answer_imports import Preview, record_import
from surveyd.closed_loop.answer_rows import Order
from surveyd.closed_loop.answer_template import template_of
from surveyd.closed_loop.jobs import import_answers, look_at
from surveyd.distribution.waves import find_wave

SHOWN_NOTES = 20
COLUMNS = (
    f"Columns: {', '.join(own_names())}, and the id of each question; "
    "`surveyd responses template` prints them all."
)


@click.command("import", epilog=COLUMNS)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--wave", required=True, help="The wave that the answers belong to.")
@click.option("--dry-run", is_flag=True, help="Show what it would do, and do nothing.")
@click.option(
    "--invite",
    is_flag=True,
    help="Let in people whom the wave did not ask, until a year after its close; nothing is sent to them.",
)
@as_json
@click.pass_context
def import_(
    context: click.Context, file: Path, *, wave: str, dry_run: bool, invite: bool, as_json: bool
) -> None:
    """Import answers from paper or another tool, a CSV FILE with one row a person.

    Whoever has answered already, by whichever way, keeps that answer: the same file again changes nothing.
    With one bad row nothing is imported: the exit code is 1, and every fault is named with its line and
    column. Answers older than seven days, and those of a closed wave, are stored and scored and open no case.
    """
    with house() as services:
        with reading() as session:
            order = Order(find_wave(session, wave).id, invite)
        now = services.clock.now()
        seen, table = look_at(str(file), file.read_bytes(), order, now=now)
        if not as_json:
            _show(seen)
        stored = 0
        if table is not None and seen.new and not (dry_run or seen.faults):
            stored = import_answers(table, order, now=now)
            _keep(services, seen, order, stored)
    if as_json:
        print_json({**_facts(seen), "stored": stored})
    else:
        click.echo(_outcome(seen, stored=stored, dry_run=dry_run))
    context.exit(1 if seen.faults else 0)


@click.command()
@click.option("--wave", required=True, help="The wave that the answers belong to.")
def template(wave: str) -> None:
    """Print a CSV file to fill in: the headings for a wave's questionnaire, and one row as an example."""
    with house(), reading() as session:
        click.echo(template_of(session, find_wave(session, wave)), nl=False)


def _keep(services: Services, seen: Preview, order: Order, stored: int) -> None:
    with writing() as session:
        record_import(session, seen, order, stored=stored, by=None, now=services.clock.now())


def _show(seen: Preview) -> None:
    for fault in (*seen.notes[:SHOWN_NOTES], *seen.faults):
        click.echo(str(fault), err=True)
    if len(seen.notes) > SHOWN_NOTES:
        click.echo(f"and {len(seen.notes) - SHOWN_NOTES} more notes", err=True)
    click.echo(f"{seen.file}: {seen.new} new, {seen.answered} already answered, {seen.rejected} rejected")
    if seen.invited:
        click.echo(f"  {seen.invited} of the new ones are from people whom the wave did not ask")
    if seen.incomplete:
        click.echo(f"  {seen.incomplete} of the new ones lack an answer that is needed on the web")


def _outcome(seen: Preview, *, stored: int, dry_run: bool) -> str:
    if seen.faults:
        return "Nothing was changed. Correct the rows that are named, and import the file again."
    if dry_run:
        return "Nothing was changed: this was a dry run."
    return f"Done: {stored} responses added." if stored else "Nothing was changed: all is there."


def _facts(seen: Preview) -> dict[str, object]:
    return {
        "file": seen.file,
        "new": seen.new,
        "answered": seen.answered,
        "invited": seen.invited,
        "incomplete": seen.incomplete,
        "rejected": seen.rejected,
        "faults": seen.faults,
        "notes": seen.notes,
    }
