"""`surveyd policy`: check, show, propose, compare, accept, withdraw, list, export, reference."""

from pathlib import Path

import click
from sqlalchemy.orm import Session

from surveyd.base.database import reading, writing
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.cli.policy_words import comparison_lines, outline, policy_row
from surveyd.results import jobs, proposals
from surveyd.results.comparisons import compare_with_current
from surveyd.results.policies import current
from surveyd.results.policy_data import data_of
from surveyd.results.policy_items import items_asked
from surveyd.results.policy_reading import PolicyFile, read_policy
from surveyd.results.policy_schema import reference as reference_page
from surveyd.results.policy_schema import written as schema_written
from surveyd.results.policy_writing import as_yaml
from surveyd.results.proposals import PolicyLine, find_version, list_policies

COLUMNS = ("version", "state", "title", "proposed", "decided", "in force", "rescored")


@click.group()
def policy() -> None:
    """How answers are scored: a policy as a YAML file, proposed, compared, and put in force."""


@policy.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def check(file: Path, as_json: bool) -> None:
    """Name every fault of FILE."""
    with house(), reading() as session:
        found = _read(session, file)
    if as_json:
        print_json({"title": found.title, "policy": data_of(found.policy), "faults": []})
    else:
        click.echo(f"{file.name} is a policy without faults: {found.title}.")


@policy.command()
@click.argument("version", required=False)
@as_json
def show(version: str | None, as_json: bool) -> None:
    """Print a VERSION in words; without one the version in force."""
    with house(), reading() as session:
        line = _line(session, version)
    if as_json:
        print_json(policy_row(line) | {"policy": data_of(line.policy)})
        return
    for said in outline(line):
        click.echo(said)


@policy.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def propose(file: Path, as_json: bool) -> None:
    """Make FILE the next version, as a proposal: nothing changes before it is accepted."""
    with house() as services:
        with writing() as session:
            found = _read(session, file)
            made = proposals.propose(session, found, now=services.clock.now(), by=None)
            line = proposals.find_policy(session, made)
        jobs.ring_for_policy(services, jobs.COMPARE, made)
    if as_json:
        print_json(policy_row(line))
    else:
        click.echo(
            f"Version {line.version} is proposed. See what it moves: surveyd policy compare {line.version}"
        )


@policy.command()
@click.argument("version")
@as_json
def compare(version: str, as_json: bool) -> None:
    """Say who would move where by a proposed VERSION, or by a file; nothing is written."""
    with house() as services:
        with reading() as session:
            path = Path(version)
            proposed = (
                _read(session, path).policy if path.is_file() else find_version(session, version).policy
            )
        found = compare_with_current(proposed, now=services.clock.now())
    if as_json:
        print_json(found)
        return
    for said in comparison_lines(found):
        click.echo(said)


@policy.command()
@click.argument("version")
@click.option("--wait", is_flag=True, help="Rescore history here and now; without it the worker does.")
@as_json
def accept(version: str, wait: bool, as_json: bool) -> None:
    """Have history rescored by a proposed VERSION, and then put it in force."""
    with house() as services:
        with writing() as session:
            line, now = find_version(session, version), services.clock.now()
            proposals.accept(session, line.id, against=current(session).version, now=now, by=None)
        if wait:
            while jobs.rescore(line.id):
                pass
        else:
            jobs.ring_for_policy(services, jobs.RESCORE, line.id)
        with reading() as session:
            line = find_version(session, version)
    if as_json:
        print_json(policy_row(line))
    else:
        click.echo(f"Version {version} is accepted: {line.rescored} of {line.to_rescore} are rescored.")


@policy.command()
@click.argument("version")
@as_json
def withdraw(version: str, as_json: bool) -> None:
    """Take a proposed VERSION back; also while history is being rescored by it."""
    with house() as services, writing() as session:
        line = find_version(session, version)
        proposals.withdraw(session, line.id, now=services.clock.now(), by=None)
        line = find_version(session, version)
    if as_json:
        print_json(policy_row(line))
    else:
        click.echo(f"Version {version} is withdrawn.")


@policy.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List all versions, the newest first."""
    with house(), reading() as session:
        rows = [policy_row(line) for line in list_policies(session)]
    if as_json:
        print_json({"rows": rows})
    else:
        print_table(rows, {name: name for name in COLUMNS})


@policy.command()
@click.argument("version", required=False)
def export(version: str | None) -> None:
    """Print a VERSION as its file, to change and propose; without one the version in force."""
    with house(), reading() as session:
        line = _line(session, version)
    click.echo(as_yaml(line.policy, line.title), nl=False)


@policy.command()
@click.option("--schema", is_flag=True, help="Print the JSON Schema, for an editor to complete by.")
def reference(schema: bool) -> None:
    """Print every key that a policy's file has."""
    click.echo(schema_written() if schema else reference_page(), nl=not schema)


def _line(session: Session, version: str | None) -> PolicyLine:
    return find_version(session, version or current(session).version)


def _read(session: Session, file: Path) -> PolicyFile:
    if not file.is_file():
        raise click.UsageError(f"There is no file {str(file)!r}.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    return read_policy(text, file.name, items=items_asked(session))
