"""`surveyd mappings`: what each source calls our columns, by which its files map by themselves."""

import click

from surveyd.base.database import reading, writing
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.people.access import SYSTEM
from surveyd.people.mappings import all_mappings, delete_mapping, rename_mapping

HEADINGS = {
    "id": "Id",
    "kind": "List of",
    "name": "Source",
    "read": "Read as",
    "saved_at": "Saved",
    "used_at": "Used",
}


@click.group()
def mappings() -> None:
    """Show, rename and delete the saved mappings of sources.

    `surveyd import --save-as SOURCE` saves one, as the page of a file does.
    """


@mappings.command("list")
@as_json
def list_(*, as_json: bool) -> None:
    """List the sources, and how their headings are read."""
    with house(), reading() as session:
        saved = all_mappings(session, scope=SYSTEM)
    if as_json:
        print_json(saved)
        return
    rows = [
        {
            "id": one.id,
            "kind": one.kind,
            "name": one.name,
            "read": ", ".join(f"{theirs}={ours}" for theirs, ours in one.read.items()),
            "saved_at": one.saved_at,
            "used_at": one.used_at,
        }
        for one in saved
    ]
    print_table(rows, HEADINGS)


@mappings.command()
@click.argument("mapping_id", type=int, metavar="ID")
@click.argument("name")
def rename(mapping_id: int, name: str) -> None:
    """Call a source by another NAME."""
    with house() as services, writing() as session:
        rename_mapping(session, mapping_id, name, scope=SYSTEM, by=None, now=services.clock.now())
    click.echo("Renamed.")


@mappings.command()
@click.argument("mapping_id", type=int, metavar="ID")
def delete(mapping_id: int) -> None:
    """Forget how a source's headings are read."""
    with house() as services, writing() as session:
        delete_mapping(session, mapping_id, scope=SYSTEM, by=None, now=services.clock.now())
    click.echo("Deleted. Files with these headings are mapped by their words again.")
