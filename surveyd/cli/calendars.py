"""`surveyd calendar`: waves that propose themselves, blackout periods and holidays."""

from datetime import UTC, date, datetime

import click

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.distribution.blackouts import NewBlackout, add_blackout, list_blackouts, remove_blackout
from surveyd.distribution.calendar import waves_between
from surveyd.distribution.days_off import holidays_in
from surveyd.distribution.programs import find_program
from surveyd.distribution.proposals import list_proposals
from surveyd.distribution.recurring import accept_proposal, drop_proposal, move_proposal, propose_waves

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def calendar() -> None:
    """The year: waves, proposals of waves, and days on which nobody is asked."""


@calendar.command()
@click.argument("year", type=click.IntRange(2000, 2100), required=False)
@as_json
def show(year: int | None, as_json: bool) -> None:
    """Waves, proposals and blackout periods of a year, of this one without YEAR."""
    with house() as services, reading() as session:
        year = year or services.clock.now().year
        first, last = date(year, 1, 1), date(year, 12, 31)
        start, end = (datetime(at, 1, 1, tzinfo=UTC) for at in (year, year + 1))
        waves = [
            {"wave": one.slug, "program": one.program, "state": one.state, "begins": one.begins}
            for one in waves_between(session, start, end)
        ]
        proposals = [
            {"proposal": one.id, "program": one.program, "begins": one.begins, "nominal_day": one.nominal_day}
            for one in list_proposals(session, first=first, last=last)
        ]
        blackouts = [
            {"id": one.id, "first_day": one.first_day, "last_day": one.last_day, "program": one.program}
            | {"name": one.name, "reason": one.reason}
            for one in list_blackouts(session, first=first, last=last)
        ]
    if as_json:
        print_json({"year": year, "waves": waves, "proposals": proposals, "blackouts": blackouts})
        return
    for title, rows in (("Waves", waves), ("Proposals", proposals), ("Blackout periods", blackouts)):
        click.echo(f"{title}: {len(rows)}")
        if rows:
            print_table(rows, {name: name for name in rows[0]})


@calendar.command()
@click.argument("proposal", type=int)
@click.argument("wave")
def accept(proposal: int, wave: str) -> None:
    """Make the proposal a scheduled wave named WAVE."""
    with house() as services, writing() as session:
        accept_proposal(session, proposal, slug=wave, by=None, now=services.clock.now())
    click.echo(f"The wave {wave} is scheduled. Next: surveyd wave audience {wave}")


@calendar.command()
@click.argument("proposal", type=int)
@click.argument("day", type=DAY, metavar="YYYY-MM-DD")
def move(proposal: int, day: datetime) -> None:
    """Put the proposal on another day."""
    with house() as services, writing() as session:
        move_proposal(session, proposal, day=day.date(), by=None, now=services.clock.now())
    click.echo(f"The proposal is on {day.date()} now.")


@calendar.command()
@click.argument("proposal", type=int)
@click.option("--reason", default="", help="Why, for whoever asks later.")
def drop(proposal: int, reason: str) -> None:
    """Let the proposal go; it is not proposed again."""
    with house() as services, writing() as session:
        drop_proposal(session, proposal, reason=reason, by=None, now=services.clock.now())
    click.echo("The proposal is dropped.")


@calendar.command("black-out")
@click.argument("name")
@click.argument("first", type=DAY, metavar="FIRST-DAY")
@click.argument("last", type=DAY, metavar="LAST-DAY")
@click.option("--program", metavar="SLUG", help="For this program alone; without it for all.")
@click.option("--reason", default="", help="Why, for whoever asks later.")
def black_out(name: str, first: datetime, last: datetime, program: str | None, reason: str) -> None:
    """Ask nobody from FIRST-DAY to LAST-DAY, such as 2026-12-21 2027-01-06."""
    with house() as services, writing() as session:
        owner = find_program(session, program) if program else None
        facts = NewBlackout(first.date(), last.date(), name, reason)
        now = services.clock.now()
        made = add_blackout(session, owner, facts, by=None, now=now, system_now=system_now())
        propose_waves(session, now=now)
    click.echo(f"Nobody is asked from {first.date()} to {last.date()}. To undo: surveyd calendar lift {made}")


@calendar.command()
@click.argument("blackout", type=int)
def lift(blackout: int) -> None:
    """Remove a blackout period; what it has moved already stays where it is."""
    with house() as services, writing() as session:
        remove_blackout(session, blackout, by=None, now=services.clock.now())
    click.echo("The period is gone.")


@calendar.command()
@click.argument("country")
@click.argument("year", type=click.IntRange(2000, 2100))
@as_json
def holidays(country: str, year: int, as_json: bool) -> None:
    """The holidays of a COUNTRY, such as DE, that are kept for YEAR."""
    with house(), reading() as session:
        found = holidays_in(session, [country], first=date(year, 1, 1), last=date(year, 12, 31))
        rows = [{"day": one.day, "name": one.name} for one in found]
    if as_json:
        print_json({"country": country.upper(), "rows": rows})
    elif rows:
        print_table(rows, {"day": "day", "name": "name"})
    else:
        click.echo("None are kept: they are for this year and two more, where we have accounts.")
