"""`surveyd calls`: the call list."""

import click

from surveyd.base.clock import system_now
from surveyd.base.database import reading
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.distribution.calls import call_list

COLUMNS = {
    "contact": "contact",
    "name": "name",
    "account": "account",
    "phone": "phone",
    "local_time": "local time",
    "attempts": "tries",
    "reason": "why",
}


@click.command()
@as_json
def calls(as_json: bool) -> None:
    """Whom to phone, because they did not answer."""
    with house() as services, reading() as session:
        rows = call_list(session, now=services.clock.now(), system_now=system_now(), limit=100_000)
    if as_json:
        print_json({"count": len(rows), "rows": rows})
    elif rows:
        print_table([{name: getattr(row, name) for name in COLUMNS} for row in rows], COLUMNS)
    else:
        click.echo("Nobody is to be called. Who has not answered 21 days after the invitation appears here.")
