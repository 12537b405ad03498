"""`surveyd questionnaire export|translate`: questionnaires out into files, and translations back in."""

from pathlib import Path

import click
from sqlalchemy.orm import Session

from surveyd.base.database import reading
from surveyd.base.errors import NotFound
from surveyd.cli.house import house
from surveyd.distribution.questionnaires import find_version, versions_of
from surveyd.forms.definition import Questionnaire
from surveyd.forms.loading import from_data, load, shipped, shipped_names, shipped_text
from surveyd.forms.translating import signed_by, table, translated, with_register
from surveyd.forms.writing import as_yaml


def read_source(name: str) -> tuple[str, str]:
    """The YAML of a file, or of a questionnaire that comes with surveyd, and the name that faults give it."""
    path = Path(name)
    if path.is_file():
        return _read(path), path.name
    if name in shipped_names():
        return shipped_text(name), f"{name}.yaml"
    known = ", ".join(shipped_names())
    raise click.UsageError(f"There is no file {name!r}; surveyd comes with {known}.")


@click.command()
@click.argument("name")
@click.option("--version", "digest", metavar="DIGEST", help="The version of this digest; 8 digits do.")
@click.option("--format", "shape", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
def export(name: str, digest: str | None, shape: str) -> None:
    """Print a questionnaire: the newest version of NAME, what comes with surveyd, or a file.

    Published again, what is printed is the same version. JSON is the canonical text that the digest names.
    """
    if Path(name).is_file() and not digest:
        text, label = read_source(name)
        found = load(text, label)
    else:
        with house(), reading() as session:
            found = _stored(session, name, digest)
    if shape == "json":
        click.echo(found.canonical)
        return
    comes = found.slug in shipped_names() and shipped(found.slug).digest == found.digest
    click.echo(shipped_text(found.slug) if comes else as_yaml(found), nl=False)


@click.command()
@click.argument("file")
@click.option("--to", "language", required=True, metavar="LANG", help="The language, such as fr.")
@click.option("--all", "everything", is_flag=True, help="List every text, not only what is missing.")
@click.option(
    "--from",
    "table_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A filled-in table: put its texts in.",
)
@click.option("--register", default="", help="How the language addresses the reader, such as: Formal (vous).")
@click.option("--reviewed-by", default="", metavar="NAME", help="The native speaker who has read every text.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there; its comments are lost.")
def translate(  # noqa: PLR0917  # click hands each option over by name
    file: str,
    language: str,
    everything: bool,
    table_file: Path | None,
    register: str,
    reviewed_by: str,
    output: Path | None,
    force: bool,
) -> None:
    """List what the questionnaire FILE lacks in a language as CSV, or put a filled-in list into it.

    With --from, --register or --reviewed-by the changed questionnaire is printed, or written to --output.
    """
    text, label = read_source(file)
    found = load(text, label)
    if not (table_file or register or reviewed_by):
        _put(table(found, language, everything=everything), output, force=force)
        return
    found = with_register(found, language, register)
    if table_file:
        found = translated(found, language, _read(table_file), table_file.name)
    if reviewed_by:
        found = signed_by(found, language, reviewed_by)
    _put(as_yaml(found), output, force=force)


def _stored(session: Session, name: str, digest: str | None) -> Questionnaire:
    """The version that is asked for: of this digest, else the newest, else what comes with surveyd."""
    if digest:
        version = find_version(session, digest)
        if version.slug != name:
            raise NotFound("version of it", digest)
        return from_data(version.definition)
    if name in shipped_names() and not versions_of(session, name):
        return shipped(name)
    return from_data(find_version(session, name).definition)


def _put(text: str, output: Path | None, *, force: bool) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    if output.exists() and not force:
        raise click.UsageError(f"{output} is there already; name another file, or add --force.")
    output.write_text(text, encoding="utf-8")
    click.echo(f"{output} is written.")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error
