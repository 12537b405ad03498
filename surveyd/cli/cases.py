"""`surveyd cases`: who is followed up, by whom, until when."""

import click

from surveyd.base.database import reading
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.closed_loop.case_lists import list_cases
from surveyd.people.access import SYSTEM

COLUMNS = {
    "id": "id",
    "account": "account",
    "contact": "contact",
    "owner": "owner",
    "state": "state",
    "reasons": "why",
    "due_at": "due",
}


@click.command()
@click.option("--all", "everything", is_flag=True, help="Closed cases too.")
@as_json
def cases(everything: bool, as_json: bool) -> None:
    """The follow-up cases, soonest due first."""
    with house(), reading() as session:
        rows = list_cases(session, scope=SYSTEM, open_only=not everything, most=100_000)
    if as_json:
        print_json({"count": len(rows), "rows": rows})
    elif rows:
        shown = [{name: getattr(row, name) for name in COLUMNS} for row in rows]
        print_table([{**row, "reasons": ", ".join(row["reasons"])} for row in shown], COLUMNS)
    else:
        click.echo("There is no open case. A rule opens one when an answer asks for it.")
