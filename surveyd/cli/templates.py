"""`surveyd template`: list, show, check, set, test."""

import click
from sqlalchemy.orm import Session

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, NotFound
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.cli.template_files import read_template, written
from surveyd.distribution.letterheads import seeds_of
from surveyd.distribution.mail_checks import Draft
from surveyd.distribution.mail_starters import mjml_starter, starter
from surveyd.distribution.mail_templates import (
    SHIPPED,
    Place,
    bring_back,
    get_version,
    mails_of,
    missing,
    newest,
    newest_lines,
    newest_number,
    place_of,
    save,
)
from surveyd.distribution.mail_tests import EXAMPLE, find_addressee, send_test
from surveyd.distribution.program_lists import view_program
from surveyd.distribution.programs import find_program
from surveyd.distribution.template_models import TemplateKind
from surveyd.people.access import SYSTEM

in_language = click.option("--language", default="en", show_default=True, help="The language of the words.")


@click.group()
def template() -> None:
    """The words of a program's mails: shipped until it has its own, in versions."""


@template.command("list")
@click.argument("program")
@as_json
def list_(program: str, as_json: bool) -> None:
    """List the mails of PROGRAM by language, and whose words each has."""
    with house(), reading() as session:
        found = find_program(session, program)
        languages = view_program(session, found.id).languages
        lines = newest_lines(session, found.id)
        lacking = {(one.mail, one.language) for one in missing(session, found, languages)}
        rows = []
        for mail in mails_of(session, found):
            for code in languages:
                line = lines.get((mail, code))
                own = line is not None and line.kind is not TemplateKind.SHIPPED
                words = "own" if own else "missing" if (mail, code) in lacking else "shipped"
                rows.append(
                    {
                        "mail": mail,
                        "language": code,
                        "words": words,
                        "version": line.number if line else SHIPPED,
                        "saved_at": line.saved_at if line else None,
                    }
                )
    if as_json:
        print_json({"program": program, "rows": rows})
    else:
        print_table(rows, {name: name.replace("_", " ") for name in rows[0]})


@template.command()
@click.argument("program")
@click.argument("mail")
@in_language
@click.option("--version", "number", type=click.IntRange(1), help="An earlier version.")
@click.option("--mjml", is_flag=True, help="The shipped words as MJML, to begin from.")
def show(program: str, mail: str, language: str, number: int | None, mjml: bool) -> None:
    """Print the words of MAIL as a file for `set`: the program's own, else the shipped ones."""
    with house(), reading() as session:
        place = _place(session, program, mail, language)
        found = get_version(session, place, number) if number else newest(session, place)
    shipped = starter(mail, language)
    source = mjml_starter(mail, language) if mjml else shipped.html
    draft = found.draft if found and not mjml else Draft(shipped.subject, shipped.text, source)
    click.echo(written(draft), nl=False)


@template.command()
@click.argument("mail")
@click.argument("file")
def check(mail: str, file: str) -> None:
    """Name every fault of FILE as words of MAIL; nothing is changed."""
    if faults := read_template(file).faults(mail):
        raise BadFile(faults)
    click.echo(f"{file} is without faults.")


@template.command("set")
@click.argument("program")
@click.argument("mail")
@click.argument("file", required=False)
@in_language
@click.option("--shipped", is_flag=True, help="Go back to the shipped words.")
def set_(program: str, mail: str, file: str | None, language: str, shipped: bool) -> None:
    """Make FILE the newest version of MAIL, for what is queued from now on."""
    if bool(file) == shipped:
        raise click.UsageError("Name a file, or say --shipped.")
    with house() as services, writing() as session:
        place, now = _place(session, program, mail, language), services.clock.now()
        seen = newest_number(session, place)
        if file:
            found = read_template(file)
            if faults := found.faults(mail):
                raise BadFile(faults)
            number = save(session, place, found.draft, seen=seen, by=None, now=now)
        else:
            number = bring_back(session, place, SHIPPED, seen=seen, by=None, now=now)
    click.echo(f"Version {number} of {mail} in {language} holds for mails that are queued from now on.")


@template.command()
@click.argument("program")
@click.argument("mail")
@in_language
@click.option("--to", "addresses", multiple=True, metavar="ADDRESS", help="Else the program's seed list.")
@click.option("--as", "contact", default="", metavar="NAME", help="As this contact, by name or address.")
def test(program: str, mail: str, language: str, addresses: tuple[str, ...], contact: str) -> None:
    """Send MAIL as it stands to yourself or the seed list, marked [Test]; it counts nowhere."""
    with house() as services, writing() as session:
        place = _place(session, program, mail, language)
        to = find_addressee(session, contact, scope=SYSTEM) if contact else EXAMPLE
        if to is None:
            raise NotFound("contact", contact)
        found = newest(session, place)
        count = send_test(
            session,
            place,
            found.template if found else None,
            addresses=addresses or seeds_of(session, place.program_id),
            to=to,
            by=None,
            now=services.clock.now(),
            mail_domain=services.config.mail_domain,
        )
    click.echo(f"Tests of {mail} in the outbox: {count}.")


def _place(session: Session, program: str, mail: str, language: str) -> Place:
    found = find_program(session, program)
    return place_of(session, found, mail, language, view_program(session, found.id).languages)
