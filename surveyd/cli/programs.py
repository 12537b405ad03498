"""`surveyd program`: create, list, show."""

from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.database import reading, writing
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.cli.program_timing import cadence, per_day, recur
from surveyd.distribution.cadence import read_window
from surveyd.distribution.models import AfterSending, Program, QuestionnaireVersion, Wave, WaveKind
from surveyd.distribution.programs import NewProgram, create_program, find_program, list_programs
from surveyd.distribution.questionnaires import current_questionnaire
from surveyd.forms.definition import Questionnaire
from surveyd.forms.loading import load, shipped_names


@click.group()
def program() -> None:
    """Recurring surveys: one questionnaire, one sender, a cadence and policies."""


for command in (cadence, recur, per_day):
    program.add_command(command)


@program.command()
@click.argument("slug")
@click.option(
    "--questionnaire",
    required=True,
    metavar="Q",
    help="A shipped one (relational, relational_short) or a YAML file.",
)
@click.option("--sender-name", required=True, help="Who the mails come from, as the reader sees it.")
@click.option("--sender", required=True, help="The address the mails come from.")
@click.option("--reply-to", required=True, help="Where answers to the mails go.")
@click.option("--company", help="Your company's name in mails and pages; without one, the sender's name.")
@click.option(
    "--window", default="08-18", show_default=True, metavar="HH-HH", help="Local hours for sending."
)
@click.option("--days", default="mon-fri", show_default=True, help="Days for sending: mon-fri or all.")
@click.option(
    "--rest-days", default=90, show_default=True, type=click.IntRange(0), help="Nobody is asked again within."
)
@click.option(
    "--after-sending",
    default=AfterSending.READ.value,
    show_default=True,
    type=click.Choice([choice.value for choice in AfterSending]),
    help="What respondents may do with sent answers until the wave closes.",
)
@click.option("--language", default="en", show_default=True, help="For contacts without a language.")
@click.option("--zone", default="UTC", show_default=True, help="For contacts without a time zone.")
@as_json
def create(  # noqa: PLR0917  # click hands each option over by name
    slug: str,
    questionnaire: str,
    sender_name: str,
    sender: str,
    reply_to: str,
    company: str | None,
    window: str,
    days: str,
    rest_days: int,
    after_sending: str,
    language: str,
    zone: str,
    as_json: bool,
) -> None:
    """Create the program SLUG."""
    facts = NewProgram(
        slug=slug,
        company=company or sender_name,
        sender_name=sender_name,
        sender=sender,
        reply_to=reply_to,
        window=read_window(window, days),
        rest_days=rest_days,
        after_sending=AfterSending(after_sending),
        language=language,
        time_zone=zone,
    )
    with house() as services, writing() as session:
        definition = _open_questionnaire(session, questionnaire)
        made = create_program(session, facts, questionnaire=definition, now=services.clock.now())
        shown = _facts(made, definition.slug)
    if as_json:
        print_json(shown)
    else:
        click.echo(f"The program {slug} is there. Next: surveyd wave schedule {slug} WAVE --at INSTANT")


@program.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List all programs."""
    with house(), reading() as session:
        rows = [_facts(one, _questionnaire(session, one)) for one in list_programs(session)]
    if as_json:
        print_json({"rows": rows})
    elif rows:
        print_table(
            rows,
            {"program": "program", "questionnaire": "questionnaire", "sender": "sender", "window": "window"},
        )
    else:
        click.echo("There is no program yet. Make one: surveyd program create --help")


@program.command()
@click.argument("slug")
@as_json
def show(slug: str, as_json: bool) -> None:
    """Show one program and its waves."""
    with house(), reading() as session:
        found = find_program(session, slug)
        facts = _facts(found, _questionnaire(session, found))
        own = select(Wave).where(Wave.program_id == found.id, Wave.kind == WaveKind.PROGRAM)
        waves = session.scalars(own.order_by(Wave.scheduled_at))
        rows = [{"wave": wave.slug, "state": wave.state, "at": wave.scheduled_at} for wave in waves]
    if as_json:
        print_json({**facts, "waves": rows})
        return
    for name, value in facts.items():
        click.echo(f"{name}: {value}")
    print_table(rows, {"wave": "wave", "state": "state", "at": "at"})


def _open_questionnaire(session: Session, name: str) -> Questionnaire:
    if name in shipped_names():
        return current_questionnaire(session, name)
    path = Path(name)
    if not path.is_file():
        known = ", ".join(shipped_names())
        raise click.UsageError(
            f"There is no questionnaire {name!r}; shipped are {known}, or name a YAML file."
        )
    try:
        return load(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error


def _facts(one: Program, questionnaire: str) -> dict[str, object]:
    return {
        "program": one.slug,
        "questionnaire": questionnaire,
        "company": one.company,
        "sender_name": one.sender_name,
        "sender": one.sender,
        "reply_to": one.reply_to,
        "window": f"{one.window_start:02}-{one.window_end:02}",
        "days": "mon-fri" if one.workdays_only else "all",
        "rest_days": one.rest_days,
        "after_sending": one.after_sending.value,
        "language": one.language,
        "zone": one.time_zone,
    }


def _questionnaire(session: Session, one: Program) -> str:
    return str(session.get_one(QuestionnaireVersion, one.version_id).slug)
