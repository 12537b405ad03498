"""`surveyd suppressions`: the addresses that are not mailed, and the people who asked for it."""

import sys
from typing import BinaryIO

import click

from surveyd.base.database import reading, writing
from surveyd.base.keyset import Wanted
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.distribution.stop_lists import (
    HEAD,
    add_stop,
    every_opted_out,
    every_stop,
    import_stops,
    lift_stop,
)
from surveyd.people.access import SYSTEM
from surveyd.reports.files import write_csv

why = click.option("--reason", required=True, help="Why; it is kept.")


@click.group()
def suppressions() -> None:
    """Addresses that are not mailed: bounced, complained about, or put here by hand."""


@suppressions.command("list")
@click.option("--search", default="", help="Part of an address or of what is noted beside it.")
@as_json
def list_all(search: str, as_json: bool) -> None:
    """Print every address with its reason, since when, and the outbox row that put it there."""
    with house(), reading() as session:
        rows = [dict(zip(HEAD, row, strict=True)) for row in every_stop(session, Wanted(search=search))]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, {name: name for name in HEAD})


@suppressions.command()
@as_json
def people(as_json: bool) -> None:
    """Print who asked not to be mailed: of everything, or of which programs; it holds for their address.

    `others` is how many more contacts have that address.
    """
    with house(), reading() as session:
        rows = [
            {
                "contact": one.contact_id,
                "since": one.at,
                "everything": one.whole,
                "programs": [slug for _, slug in one.programs],
                "others": one.others,
            }
            for one in every_opted_out(session, scope=SYSTEM)
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, {name: name for name in ("contact", "since", "everything", "programs", "others")})


@suppressions.command()
@click.argument("address")
@why
def add(address: str, reason: str) -> None:
    """Put ADDRESS on the list; what is queued to it is stopped."""
    with house() as services, writing() as session:
        add_stop(session, address, reason=reason, by=None, now=services.clock.now())


@suppressions.command()
@click.argument("address")
@why
def lift(address: str, reason: str) -> None:
    """Take ADDRESS off the list; the next wave mails it again."""
    with house() as services, writing() as session:
        lift_stop(session, address, reason=reason, by=None, now=services.clock.now())


@suppressions.command("import")
@click.argument("file", type=click.File("rb"))
def take_in(file: BinaryIO) -> None:
    """Put every address of a CSV FILE on the list, all or none."""
    with house() as services, writing() as session:
        added = import_stops(session, file.read(), by=None, now=services.clock.now())
    click.echo(f"{added} added")


@suppressions.command()
def export() -> None:
    """Print the list as CSV, safe to open in a spreadsheet."""
    with house(), reading() as session:
        write_csv(sys.stdout, HEAD, every_stop(session, Wanted()))
