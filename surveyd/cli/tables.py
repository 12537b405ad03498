"""`surveyd migrate`: bring the tables up to this version."""

import click

from surveyd.base.migrations import upgrade
from surveyd.cli.house import house


@click.command()
def migrate() -> None:
    """Make the tables, or bring them up to this version. Safe to run twice."""
    with house():
        upgrade()
    click.echo("The tables are up to date.")
