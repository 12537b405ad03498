"""`surveyd papers`: the PDFs that were asked for, what became of them, and a second try."""

import click

from surveyd.base.database import reading, writing
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.distribution import papers as ledger
from surveyd.reports.jobs import make_papers, ring_for_papers

COLUMNS = {"id": "id", "kind": "kind", "state": "state", "file_name": "file", "reason": "reason"}
SHOWN = 50


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def papers(context: click.Context, as_json: bool) -> None:
    """PDFs: wanted, made or failed, and why. The newest 50, failed ones first."""
    if context.invoked_subcommand is not None:
        return
    with house(), reading() as session:
        counts, lines = ledger.counts(session), ledger.newest(session, most=SHOWN)
    if as_json:
        print_json({"counts": counts, "papers": lines})
        return
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    click.echo(f"{said}." if said else "No PDF was asked for yet.")
    print_table([{name: getattr(line, name) for name in COLUMNS} for line in lines], COLUMNS)


@papers.command()
@click.argument("id", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="Every PDF that failed.")
def retry(id: int | None, everything: bool) -> None:
    """Have a failed PDF made once more, by its id, or all of them; mails that wait for it go on then."""
    if (id is None) is not everything:
        raise click.UsageError("Name one PDF's id, or --all.")
    with house() as services:
        with writing() as session:
            ids = ledger.failed_ids(session) if id is None else [id]
            count = sum(ledger.retry(session, one, now=services.clock.now()) for one in ids)
        ring_for_papers(services)
    click.echo(f"{count} will be made once more.")


@papers.command()
def make() -> None:
    """Make what is wanted here and now, as the worker does; safe beside it."""
    with house():
        count = 0
        while done := make_papers():
            count += done
    click.echo(f"{count} PDFs were seen to.")
