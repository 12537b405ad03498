"""`surveyd bounce < MAIL`: take a returned mail from a pipe."""

import sys

import click

from surveyd.base.database import writing
from surveyd.base.log import mask
from surveyd.cli.house import as_json, house, print_json
from surveyd.distribution.bounces import READ_AT_MOST, apply_bounce, read_bounce


@click.command()
@as_json
def bounce(as_json: bool) -> None:
    """Read one returned mail from standard input: a bounce, a complaint or an automatic reply."""
    raw = sys.stdin.buffer.read(READ_AT_MOST)
    if not raw.strip():
        raise click.UsageError("There is no mail on standard input.")
    with house() as services:
        found = read_bounce(raw, services.keys)
        with writing() as session:
            effect = apply_bounce(session, found, now=services.clock.now())
    if as_json:
        print_json(
            {"kind": found.kind, "message": found.message_id, "detail": found.detail, "effect": effect}
        )
    else:
        click.echo(
            mask(
                f"{found.kind.value}, message {found.message_id or 'not named'},"
                f" {'applied' if effect else 'no effect'}"
            )
        )
