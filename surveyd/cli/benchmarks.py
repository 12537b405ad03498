"""`surveyd benchmarks`: figures that others have published, and a file of them."""

from dataclasses import asdict
from pathlib import Path

import click

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Fault
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.results import outside
from surveyd.results.outside import NewFigure
from surveyd.results.outside_files import COLUMNS as FILE_COLUMNS
from surveyd.results.outside_files import read_file

COLUMNS = {
    "id": "id",
    "measure": "measure",
    "title": "of whom",
    "value": "figure",
    "day": "date",
    "source": "source",
}


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def benchmarks(context: click.Context, as_json: bool) -> None:
    """The figures of others that a wave is shown beside, by measure."""
    if context.invoked_subcommand:
        return
    with house(), reading() as session:
        rows = [_row(line) for line in outside.outside_figures(session)]
    if as_json:
        print_json({"count": len(rows), "rows": rows})
    elif rows:
        print_table(rows, COLUMNS)
    else:
        click.echo("There is no figure of others yet; surveyd benchmarks import FILE brings some.")


@benchmarks.command("import", epilog=f"Columns: {', '.join(FILE_COLUMNS)}.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what it would do, and do nothing.")
@as_json
@click.pass_context
def import_(context: click.Context, file: Path, *, dry_run: bool, as_json: bool) -> None:
    """Keep the figures of a CSV FILE: all of them or none. Those that are there already stay as they are."""
    with house() as services:
        now = services.clock.now()
        figures: tuple[NewFigure, ...] = ()
        faults: tuple[Fault, ...] = ()
        try:
            figures = read_file(str(file), file.read_bytes(), today=now.date())
        except BadFile as error:
            faults = error.faults
        kept = 0
        if figures and not dry_run:
            with writing() as session:
                kept = outside.keep_figures(session, figures, by=None, now=now)
    if as_json:
        read = [asdict(figure) for figure in figures]
        print_json({"figures": read, "faults": faults, "kept": kept})
    else:
        for fault in faults:
            click.echo(str(fault), err=True)
        click.echo(_outcome(len(figures), kept, dry_run=dry_run) if figures else "Nothing was kept.")
    context.exit(1 if faults else 0)


@benchmarks.command()
@click.argument("figure", type=int)
def withdraw(figure: int) -> None:
    """Show the FIGURE of that id no longer; it is kept."""
    with house() as services, writing() as session:
        outside.withdraw_figure(session, figure, by=None, now=services.clock.now())
    click.echo("The figure is shown no longer.")


def _outcome(read: int, kept: int, *, dry_run: bool) -> str:
    if dry_run:
        return f"{read} figures could be kept. Nothing was changed: this was a dry run."
    return f"{kept} kept, {read - kept} there already."


def _row(line: outside.FigureLine) -> dict[str, object]:
    of = line.figure
    return {
        "id": line.id,
        "measure": of.measure.value,
        "title": of.title,
        "value": line.value,
        "people": of.people,
        "day": of.day.isoformat(),
        "source": of.source,
        "by": line.by,
        "at": line.at,
    }
