"""`surveyd import accounts|contacts FILE`: show what it would do, then do all of it or nothing."""

from collections.abc import Mapping
from pathlib import Path

import click

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile
from surveyd.cli.house import as_json, house, print_json
from surveyd.people.access import SYSTEM
from surveyd.people.columns import SKIP, ImportKind, column_names
from surveyd.people.imports import Preview, apply, preview, unreadable
from surveyd.people.tables import read_table

SHOWN_CHANGES = 20
COLUMNS = "\n\n".join(f"Columns of {kind.value}: {column_names(kind)}." for kind in ImportKind)


def read_mapping(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """`THEIRS=OURS` pairs; their heading may hold an equals sign, ours does not."""
    mapping: dict[str, str] = {}
    for pair in given:
        theirs, sign, ours = (part.strip() for part in pair.rpartition("="))
        if not (theirs and sign and ours):
            raise click.BadParameter(f"{pair!r} is not THEIRS=OURS", context, option)
        mapping[theirs] = ours
    return mapping


@click.command("import", epilog=COLUMNS)
@click.argument("kind", type=click.Choice([kind.value for kind in ImportKind]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what it would do, and do nothing.")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    callback=read_mapping,
    metavar="THEIRS=OURS",
    help="Read their heading as our column, as dimension:NAME (accounts), or skip it. May be repeated.",
)
@as_json
@click.pass_context
def import_(
    context: click.Context, kind: str, file: Path, *, dry_run: bool, mapping: Mapping[str, str], as_json: bool
) -> None:
    """Import a CSV FILE of accounts or contacts.

    Rows are known by their id: new ones are added, known ones changed where the file differs, others left as
    they are. A column that is not in the file changes nothing; an empty cell clears. With one bad row
    nothing is applied: the exit code is 1, and every fault is named with its line and column.
    """
    with house() as services:
        seen = _look(ImportKind(kind), file, mapping)
        if not as_json:
            _show(seen)
        applied = not (dry_run or seen.faults or seen.does_nothing)
        if applied:
            with writing() as session:
                apply(session, seen, now=services.clock.now(), by=None)
    if as_json:
        print_json({**_facts(seen), "applied": applied})
    else:
        click.echo(_outcome(seen, applied=applied, dry_run=dry_run))
    context.exit(1 if seen.faults else 0)


def _look(kind: ImportKind, file: Path, mapping: Mapping[str, str]) -> Preview:
    try:
        table = read_table(str(file), file.read_bytes())
    except BadFile as error:
        return unreadable(kind, str(file), error)
    with reading() as session:
        return preview(session, kind, table, mapping, scope=SYSTEM)


def _show(seen: Preview) -> None:
    for fault in (*seen.notes, *seen.faults):
        click.echo(str(fault), err=True)
    if seen.plan.notes or seen.plan.faults:
        click.echo(f"Map a heading by --map THEIRS=OURS, or leave it out by --map THEIRS={SKIP}.", err=True)
    click.echo(
        f"{seen.file}: {len(seen.added)} to add, {len(seen.changed)} to change,"
        f" {seen.unchanged} unchanged, {seen.rejected} rejected"
    )
    for change in seen.changed[:SHOWN_CHANGES]:
        click.echo(f"  line {change.draft.line}, {change.draft.external_id}: {', '.join(change.before)}")
    if len(seen.changed) > SHOWN_CHANGES:
        click.echo(f"  and {len(seen.changed) - SHOWN_CHANGES} more")


def _outcome(seen: Preview, *, applied: bool, dry_run: bool) -> str:
    if seen.faults:
        return "Nothing was changed. Correct the rows that are named, and import the file again."
    if applied:
        return f"Done: {len(seen.added)} added, {len(seen.changed)} changed."
    return "Nothing was changed: this was a dry run." if dry_run else "Nothing was changed: all is there."


def _facts(seen: Preview) -> dict[str, object]:
    return {
        "kind": seen.kind,
        "file": seen.file,
        "added": len(seen.added),
        "changed": len(seen.changed),
        "unchanged": seen.unchanged,
        "rejected": seen.rejected,
        "columns": {placed.heading: placed.column.name for placed in seen.plan.placed},
        "changes": [
            {"line": one.draft.line, "id": one.draft.external_id, "fields": list(one.before)}
            for one in seen.changed
        ],
        "faults": seen.faults,
        "notes": seen.notes,
    }
