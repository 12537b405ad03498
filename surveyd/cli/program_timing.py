"""`surveyd program cadence`, `recur`, `per-day`: in which steps a program asks, how often, how many a day."""

from datetime import date, datetime

import click
from sqlalchemy.orm import Session

from surveyd.base.database import reading, writing
from surveyd.cli.house import as_json, house, print_json
from surveyd.distribution.cadence import Cadence, cadence_of_program
from surveyd.distribution.cadences import FORM, KINDS, read_steps, set_cadence, step_text
from surveyd.distribution.crowds import daily_limit, set_daily_limit
from surveyd.distribution.models import Program
from surveyd.distribution.programs import find_program
from surveyd.distribution.recurring import Rhythm, rhythm_of, set_rhythm

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("slug")
@click.option(
    "--step",
    "steps",
    multiple=True,
    metavar=FORM,
    help=f"One step; say all of them, by day. Kinds: {', '.join(KINDS)}. Example: last-call:call:28:09-12",
)
@click.option("--close", type=click.IntRange(1), metavar="DAY", help="The day on which a wave closes.")
@as_json
def cadence(slug: str, steps: tuple[str, ...], close: int | None, as_json: bool) -> None:
    """Show the steps of the program SLUG, or give its next waves others."""
    with house() as services:
        if steps or close:
            with writing() as session:
                found = find_program(session, slug)
                kept = cadence_of_program(session, found)
                texts = steps or tuple(map(step_text, kept.steps))
                wanted = read_steps(texts, close_day=close or kept.close_day)
                set_cadence(session, found, wanted, by=None, now=services.clock.now())
        with reading() as session:
            shown = cadence_of_program(session, find_program(session, slug))
    _show(slug, shown, as_json=as_json)


def _show(slug: str, shown: Cadence, *, as_json: bool) -> None:
    steps = [step_text(step) for step in shown.steps]
    if as_json:
        print_json({"program": slug, "steps": steps, "close_day": shown.close_day})
        return
    for step in steps:
        click.echo(step)
    click.echo(f"A wave closes on day {shown.close_day}. Waves that are launched keep their own steps.")


@click.command()
@click.argument("slug")
@click.option("--first", type=DAY, metavar="YYYY-MM-DD", help="The day of the first wave.")
@click.option("--per-year", type=int, default=2, show_default=True, help="Waves a year: 1, 2, 3, 4, 6 or 12.")
@click.option("--hour", type=int, default=9, show_default=True, help="The hour at which a wave begins.")
@click.option("--off", is_flag=True, help="Propose no waves any more.")
@as_json
def recur(  # noqa: PLR0917  # click hands each option over by name
    slug: str, first: datetime | None, per_year: int, hour: int, off: bool, as_json: bool
) -> None:
    """Let the next waves of the program SLUG propose themselves, or say how often they do."""
    with house() as services:
        if first or off:
            wanted = None if off or first is None else Rhythm(first.date(), per_year, hour)
            with writing() as session:
                found = find_program(session, slug)
                set_rhythm(session, found, wanted, by=None, now=services.clock.now())
        with reading() as session:
            rhythm = rhythm_of(session, find_program(session, slug).id)
    first_day: date | None = rhythm.first_day if rhythm else None
    if as_json:
        facts = (
            {"per_year": rhythm.per_year, "hour": rhythm.hour} if rhythm else {"per_year": 0, "hour": None}
        )
        print_json({"program": slug, "first_day": first_day, **facts})
    elif rhythm is None:
        click.echo(f"The waves of {slug} do not propose themselves. Example: --first 2027-03-02 --per-year 2")
    else:
        click.echo(f"{rhythm.per_year} waves a year from {first_day} on. See them: surveyd calendar show")


@click.command("per-day")
@click.argument("slug")
@click.argument("people", required=False, metavar="[PEOPLE|none]")
@as_json
def per_day(slug: str, people: str | None, as_json: bool) -> None:
    """Show or say how many people of one account the program SLUG touches on one day."""
    with house() as services:
        if people is not None:
            if people != "none" and not people.isdecimal():
                raise click.UsageError(f"{people!r} is no number; write one such as 2, or none.")
            with writing() as session:
                _limit(session, find_program(session, slug), people, now=services.clock.now())
        with reading() as session:
            limit = daily_limit(session, find_program(session, slug).id)
    if as_json:
        print_json({"program": slug, "people_per_day": limit})
    else:
        click.echo(f"At most {limit} people of one account a day." if limit else "No limit for one account.")


def _limit(session: Session, program: Program, people: str, *, now: datetime) -> None:
    set_daily_limit(session, program, None if people == "none" else int(people), by=None, now=now)
