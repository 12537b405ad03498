"""`surveyd actions`: what was heard, what has changed for all, and what will."""

import click

from surveyd.base.database import reading
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.closed_loop.action_lists import every_action
from surveyd.people.access import SYSTEM

COLUMNS = {
    "id": "id",
    "status": "status",
    "heard": "heard",
    "changed": "changed",
    "will_change": "will change",
    "region": "region",
    "owner": "owner",
    "due_on": "due",
    "done_on": "done",
}


@click.command()
@as_json
def actions(as_json: bool) -> None:
    """The improvement actions, those that are done first."""
    with house(), reading() as session:
        lines = every_action(session, scope=SYSTEM)
    rows = [{name: getattr(line, name) for name in COLUMNS} for line in lines]
    if as_json:
        print_json({"count": len(rows), "rows": rows})
    elif rows:
        print_table(rows, COLUMNS)
    else:
        click.echo("There is no improvement action yet; /staff/actions has the form for one.")
