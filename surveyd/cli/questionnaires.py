"""`surveyd questionnaire`: check, show, publish, export, translate, list, versions, reference."""

from dataclasses import asdict

import click

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Fault
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.cli.questionnaire_files import export, read_source, translate
from surveyd.cli.questionnaire_words import language_rows, outline, path_rows
from surveyd.distribution.programs import find_program
from surveyd.distribution.questionnaire_moves import use_in_program
from surveyd.distribution.questionnaires import (
    get_version,
    list_questionnaires,
    versions_of,
)
from surveyd.distribution.questionnaires import (
    publish as publish_version,
)
from surveyd.forms.definition import Questionnaire
from surveyd.forms.lines import check_file, warnings_of
from surveyd.forms.loading import load
from surveyd.forms.path_table import PathTable, paths
from surveyd.forms.reference_page import reference as reference_page
from surveyd.forms.schema import written as schema_written


@click.group()
def questionnaire() -> None:
    """What is asked: written as YAML files, checked, translated, and published as versions."""


@questionnaire.command()
@click.argument("file")
@as_json
def check(file: str, as_json: bool) -> None:
    """Name every fault of FILE, what each language lacks, and every path through it."""
    text, label = read_source(file)
    found = load(text, label)
    faults, logic = check_file(text, label)
    warnings, table = warnings_of(logic, text, label), paths(found)
    if as_json:
        _check_as_json(found, faults, warnings, table)
    else:
        _print_check(found, warnings, table)
    if faults:
        raise BadFile(faults)


@questionnaire.command()
@click.argument("file")
def show(file: str) -> None:
    """Print the pages and items of FILE in words."""
    text, label = read_source(file)
    for line in outline(load(text, label)):
        click.echo(line)


@questionnaire.command()
@click.argument("file")
@click.option("--program", metavar="SLUG", help="Let this program's next waves ask the new version.")
@click.option("--open-waves", is_flag=True, help="And whoever an open wave asks and has not begun.")
@as_json
def publish(file: str, program: str | None, open_waves: bool, as_json: bool) -> None:
    """Make FILE a version that never changes. The same content twice makes one version."""
    if open_waves and not program:
        raise click.UsageError("--open-waves goes with --program.")
    text, label = read_source(file)
    faults, _ = check_file(text, label)
    if faults:
        raise BadFile(faults)
    with house() as services, writing() as session:
        now, moved = services.clock.now(), 0
        version = get_version(session, publish_version(session, load(text, label), now=now, is_act=True))
        if program:
            owner = find_program(session, program)
            moved = use_in_program(session, owner, version.id, open_waves=open_waves, now=now, by=None)
        shown = {"questionnaire": version.slug, "version": version.digest, "program": program, "moved": moved}
    if as_json:
        print_json(shown)
        return
    click.echo(f"{shown['questionnaire']} is published as version {str(shown['version'])[:12]}.")
    if program:
        click.echo(f"The next waves of {program} ask it; {moved} people of open waves have moved to it.")


@questionnaire.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List what was published and what comes with surveyd."""
    with house(), reading() as session:
        lines = list_questionnaires(session)
    rows = [
        {
            "questionnaire": line.slug,
            "title": line.title,
            "languages": " ".join(line.languages),
            "versions": line.versions,
            "latest": line.latest.short if line.latest else "",
            "programs": ", ".join(line.programs),
            "anonymous": line.anonymous,
        }
        for line in lines
    ]
    if as_json:
        print_json({"rows": rows})
        return
    shown = ("questionnaire", "title", "languages", "versions", "latest", "programs")
    print_table(rows, {name: name for name in shown})


@questionnaire.command()
@click.argument("name")
@as_json
def versions(name: str, as_json: bool) -> None:
    """List the versions of NAME, the newest first, with the programs that use them."""
    with house(), reading() as session:
        lines = versions_of(session, name)
    if as_json:
        print_json({"rows": [asdict(line) for line in lines]})
    elif lines:
        rows = [
            {
                "number": line.number,
                "version": line.short,
                "published": line.published_at,
                "programs": ", ".join(line.programs),
            }
            for line in lines
        ]
        print_table(rows, {name: name for name in ("number", "version", "published", "programs")})
    else:
        click.echo(f"{name} was never published. Publish it: surveyd questionnaire publish FILE")


@questionnaire.command()
@click.option("--schema", is_flag=True, help="Print the JSON Schema, for an editor to complete by.")
def reference(schema: bool) -> None:
    """Print every key that a questionnaire's file may have."""
    click.echo(schema_written() if schema else reference_page(), nl=not schema)


questionnaire.add_command(export)
questionnaire.add_command(translate)


def _print_check(found: Questionnaire, warnings: tuple[Fault, ...], table: PathTable) -> None:
    click.echo(
        f"{found.slug}: {len(found.pages)} pages, {len(found.items)} items, version {found.digest[:12]}."
    )
    for warning in warnings:
        click.echo(f"warning: {warning}")
    click.echo()
    rows = language_rows(found)
    print_table(rows, {name: name for name in ("language", "missing", "register", "reviewed by")})
    for row in rows:
        for place in row["where"]:
            click.echo(f"  {row['language']} is missing at {place}")
    click.echo()
    print_table(path_rows(table), {name: name for name in ("items", "time", "who", "pages")})
    if table.left_out:
        click.echo(f"{table.left_out} more paths are not listed.")
    if not table.is_whole:
        click.echo("There are more paths than were counted.")


def _check_as_json(
    found: Questionnaire, faults: tuple[Fault, ...], warnings: tuple[Fault, ...], table: PathTable
) -> None:
    print_json(
        {
            "questionnaire": found.slug,
            "version": found.digest,
            "faults": [asdict(fault) for fault in faults],
            "warnings": [asdict(warning) for warning in warnings],
            "languages": language_rows(found),
            "paths": asdict(table),
        }
    )
