"""`surveyd import accounts|contacts FILE`: show what it would do, then do all of it or nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Fault
from surveyd.cli.house import as_json, house, print_json
from surveyd.people import batches, looks, mappings
from surveyd.people.access import SYSTEM
from surveyd.people.columns import SKIP, ImportKind, column_names
from surveyd.people.encodings import NAMES
from surveyd.people.import_models import ImportBatch, ParcelKind
from surveyd.people.jobs import unreadable
from surveyd.people.outlines import Outline
from surveyd.people.sources import SEPARATORS, Wish, open_source

SHOWN, SHOWN_CHANGES = 1000, 20
COLUMNS = "\n\n".join(f"Columns of {kind.value}: {column_names(kind)}." for kind in ImportKind)
SIGNS = {name: sign for sign, name in SEPARATORS.items()}


@dataclass(frozen=True, slots=True)
class Order:
    """One call: the file, how it is to be read, and what its source is called."""

    kind: ImportKind
    file: Path
    mapping: Mapping[str, str]
    wish: Wish
    save_as: str
    now: datetime


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
@click.option("--source", default="", help="Read the headings as those of this source were saved.")
@click.option("--save-as", default="", metavar="SOURCE", help="Save how the headings are read.")
@click.option("--encoding", type=click.Choice(list(NAMES)), help="Read the text so, instead of guessing.")
@click.option("--separator", type=click.Choice(list(SIGNS)), help="What stands between the cells.")
@click.option("--sheet", default="", help="The sheet of a spreadsheet; the first without it.")
@click.option(
    "--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Write the rejected rows there."
)
@as_json
@click.pass_context
def import_(
    context: click.Context,
    kind: str,
    file: Path,
    *,
    dry_run: bool,
    mapping: Mapping[str, str],
    source: str,
    save_as: str,
    encoding: str | None,
    separator: str | None,
    sheet: str,
    rejects: Path | None,
    as_json: bool,
) -> None:
    """Import a FILE of accounts or contacts: CSV in any encoding, or XLSX.

    Rows are known by their id: new ones are added, known ones changed where the file differs, others left as
    they are. A column that is not in the file changes nothing; an empty cell clears. With one bad row
    nothing is applied: the exit code is 1, and every fault is named with its line and column. Headings that
    were saved for a source are read so again by themselves.
    """
    wish = Wish(encoding or "", SIGNS.get(separator or "", ""), sheet)
    with house() as services:
        now = services.clock.now()
        said = {**_said_of(ImportKind(kind), source), **mapping}
        seen = _look(Order(ImportKind(kind), file, said, wish, save_as, now), rejects)
        if not as_json:
            _show(seen, str(file))
        applied = _apply(seen, dry_run=dry_run, now=now)
    if as_json:
        print_json({**_facts(seen, kind, str(file)), "applied": applied})
    else:
        click.echo(_outcome(seen.outline, applied=applied, dry_run=dry_run))
    context.exit(1 if seen.outline.fault_count else 0)


@dataclass(frozen=True, slots=True)
class _Seen:
    outline: Outline
    notes: tuple[Fault, ...] = ()
    has_wrong_columns: bool = False
    batch_id: int | None = None


def _said_of(kind: ImportKind, source: str) -> Mapping[str, str]:
    if not source:
        return {}
    with reading() as session:
        return mappings.mapping_named(session, kind, source).columns


def _look(order: Order, rejects: Path | None) -> _Seen:
    asking = looks.Asking(SYSTEM, None, order.now)
    try:
        content = order.file.read_bytes()
        with open_source(str(order.file), content, order.wish) as source, _bar("Checked") as tell:
            look = looks.look_at(
                source,
                order.kind,
                order.mapping,
                asking=asking,
                tell=lambda seen: tell(seen.effect + seen.unchanged + seen.rejected, None),
                shown=SHOWN,
            )
    except BadFile as error:
        return _Seen(unreadable(error))
    if order.save_as and not look.plan.faults:
        read = {one.heading: one.column or SKIP for one in look.outline.headings}
        with writing() as session:
            mappings.save_mapping(session, order.kind, read, name=order.save_as, by=None, now=order.now)
    if rejects and look.batch_id:
        _write_rejects(rejects, look.batch_id)
    return _Seen(look.outline, look.plan.notes, bool(look.plan.faults), look.batch_id)


def _apply(seen: _Seen, *, dry_run: bool, now: datetime) -> bool:
    """Write what was laid ready, or take it away again."""
    if seen.batch_id is None:
        return False
    may_be = seen.outline.may_be_applied and not dry_run
    with writing() as session:
        if may_be:
            batches.decide(session, seen.batch_id, by=None, now=now)
        else:
            batches.forget_batches(session, ImportBatch.id == seen.batch_id)
    if may_be:
        with _bar("Written") as tell:
            looks.write_batch(seen.batch_id, now=now, after_part=tell)
    return may_be


def _write_rejects(path: Path, batch_id: int) -> None:
    with reading() as session, path.open("wb") as file:
        for piece in batches.parcels_of(session, batch_id, ParcelKind.REJECTS):
            file.write(batches.reject_of(session, piece))


class _Bar:
    def __init__(self, progress: Progress, name: str) -> None:
        self.progress, self.task = progress, progress.add_task(name, total=None)

    def __call__(self, done: int, of: int | None) -> None:
        """Show how many are done."""
        self.progress.update(self.task, completed=done, total=of)


@contextmanager
def _bar(name: str) -> Iterator[_Bar]:
    """A bar on the terminal while something long goes on; nothing where nobody looks."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Bar(progress, name)


def _show(seen: _Seen, file: str) -> None:
    outline, reading_ = seen.outline, seen.outline.reading
    faults = [Fault(file, one.line, one.column, one.reason) for one in outline.faults]
    for fault in (*seen.notes, *faults):
        click.echo(str(fault), err=True)
    if outline.fault_count > len(faults):
        click.echo(f"{outline.fault_count - len(faults)} more faults; --rejects FILE writes all.", err=True)
    if seen.notes or seen.has_wrong_columns:
        click.echo(f"Map a heading by --map THEIRS=OURS, or leave it out by --map THEIRS={SKIP}.", err=True)
    if reading_.is_guess:
        name = NAMES[reading_.encoding]
        click.echo(f"Read as {name}, which is a guess: if names look wrong, use --encoding.", err=True)
    if outline.mapped_by:
        click.echo(f"The headings are those of {outline.mapped_by}.", err=True)
    click.echo(
        f"{file}: {outline.added} to add, {outline.changed} to change,"
        f" {outline.unchanged} unchanged, {outline.rejected} rejected"
    )
    for change in outline.changes[:SHOWN_CHANGES]:
        names = ", ".join(field.name for field in change.fields)
        click.echo(f"  line {change.line}, {change.external_id}: {names}")
    if outline.changed > SHOWN_CHANGES:
        click.echo(f"  and {outline.changed - SHOWN_CHANGES} more")


def _outcome(seen: Outline, *, applied: bool, dry_run: bool) -> str:
    if seen.fault_count:
        return "Nothing was changed. Correct the rows that are named, and import the file again."
    if applied:
        return f"Done: {seen.added} added, {seen.changed} changed."
    return "Nothing was changed: this was a dry run." if dry_run else "Nothing was changed: all is there."


def _facts(seen: _Seen, kind: str, file: str) -> dict[str, object]:
    outline = seen.outline
    return {
        "kind": kind,
        "file": file,
        "added": outline.added,
        "changed": outline.changed,
        "unchanged": outline.unchanged,
        "rejected": outline.rejected,
        "columns": {one.heading: one.column for one in outline.headings if one.column},
        "reading": outline.reading,
        "source": outline.mapped_by,
        "changes": [
            {"line": one.line, "id": one.external_id, "fields": [field.name for field in one.fields]}
            for one in outline.changes
        ],
        "faults": outline.faults,
        "fault_count": outline.fault_count,
        "notes": seen.notes,
    }
