"""`surveyd wave`: schedule, audience, confirm, launch, pause, resume, cancel, rate, status; statements."""

from collections.abc import Callable
from datetime import datetime

import click
from sqlalchemy.orm import Session

from surveyd.base.clock import parse_instant, zone_named
from surveyd.base.database import reading, writing
from surveyd.cli.audiences import audience
from surveyd.cli.confirmations import confirm, confirmation
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.cli.preflight import look_before_launch
from surveyd.cli.rehearsals import rehearse
from surveyd.cli.seals import seal, statement, verify
from surveyd.cli.wave_watch import watch
from surveyd.distribution import waves
from surveyd.distribution.audience import count_audience
from surveyd.distribution.jobs import PREPARE_WAVE
from surveyd.distribution.languages import asked_languages, warnings_of
from surveyd.distribution.last_waves import same_as_last
from surveyd.distribution.models import Wave
from surveyd.distribution.programs import find_program
from surveyd.distribution.recurring import propose_waves


@click.group()
def wave() -> None:
    """One running of a program: who is asked, when, and how far it is."""


for command in (audience, confirm, confirmation, statement, seal, verify):
    wave.add_command(command)


@wave.command()
@click.argument("program")
@click.argument("wave")
@click.option(
    "--at", required=True, metavar="INSTANT", help="Not before this instant: 2026-03-02T10:00+01:00, or now."
)
@as_json
def schedule(program: str, wave: str, at: str, as_json: bool) -> None:
    """Schedule the wave WAVE of PROGRAM; it goes out when it is launched, and not before --at."""
    with house() as services, writing() as session:
        now = services.clock.now()
        owner = find_program(session, program)
        try:
            instant = now if at == "now" else parse_instant(at, zone_named(owner.time_zone))
        except ValueError as error:
            raise click.UsageError(
                f"--at {at!r} is no instant; write one such as 2026-03-02T10:00+01:00."
            ) from error
        made = waves.schedule_wave(session, owner, wave, at=instant, now=now)
        propose_waves(session, now=now)
        same_as = same_as_last(session, made, now=now)
        shown = {"wave": made.slug, "program": program, "state": made.state, "at": instant}
        shown["audience_from"] = same_as
    if as_json:
        print_json(shown)
    else:
        click.echo(
            f"The wave {wave} may go out from {instant.isoformat()} on. Next: surveyd wave audience {wave}"
        )
        if same_as:
            click.echo(f"It starts from the audience of {same_as}: the same filters and sample.")


@wave.command()
@click.argument("wave")
@click.option("--yes", is_flag=True, help="Launch; without it you see what would happen.")
@as_json
def launch(wave: str, yes: bool, as_json: bool) -> None:
    """Let the wave go. What has gone out cannot be called back."""
    with house() as services:
        now = services.clock.now()
        with reading() as session:
            found = waves.find_wave(session, wave)
            program = waves.program_of(session, found)
            counts = count_audience(session, found, program, now=now)
            asked = asked_languages(
                waves.questionnaire_of(session, found), counts.wishes, fallback=program.language
            )
            count, state, found_id = counts.invited, found.state, found.id
        if not yes:
            for warning in warnings_of(asked):
                click.echo(f"warning: {warning}", err=True)
            raise click.UsageError(
                f"This would ask {count} contacts (the wave is {state.value}); add --yes to launch."
            )
        look_before_launch(found_id)
        with writing() as session:
            found = waves.find_wave(session, wave)
            waves.launch(session, found, now=now, by=None)
            wave_id, day_zero = found.id, found.day_zero
        rung = services.bell.ring(PREPARE_WAVE, wave_id)
    if as_json:
        print_json({"wave": wave, "contacts": count, "day_zero": day_zero, "queue": rung})
        return
    when = f"from {day_zero.isoformat()} on" if day_zero and day_zero > now else "now"
    click.echo(f"The wave {wave} goes out to {count} contacts {when}, each inside their send window.")
    if not rung:
        click.echo("The queue does not answer; the schedule process takes the wave up by itself.")


wave.add_command(rehearse)
wave.add_command(watch)


@wave.command()
@click.argument("wave")
def pause(wave: str) -> None:
    """Stop sending within moments."""
    _change(wave, lambda session, found, now: waves.pause(session, found, now=now), "The wave {} is paused.")


@wave.command()
@click.argument("wave")
def resume(wave: str) -> None:
    """Go on after a pause."""
    _change(wave, lambda session, found, now: waves.resume(session, found), "The wave {} goes on.")


@wave.command()
@click.argument("wave")
@click.option("--yes", is_flag=True, help="Cancel for good.")
def cancel(wave: str, yes: bool) -> None:
    """End the wave for good: what has not gone out never will."""
    if not yes:
        raise click.UsageError("A cancelled wave cannot be taken up again; add --yes to cancel it.")
    _change(
        wave, lambda session, found, now: waves.cancel(session, found, now=now), "The wave {} is cancelled."
    )


@wave.command()
@click.argument("wave")
@click.argument("n", type=click.IntRange(0))
def rate(wave: str, n: int) -> None:
    """Send at most N mails a second; 0 takes the limit away."""
    _change(
        wave, lambda session, found, now: waves.set_rate(session, found, n), "The wave {} has its new rate."
    )


@wave.command()
@click.argument("wave")
@as_json
def status(wave: str, as_json: bool) -> None:
    """How far the wave is, in numbers."""
    with house(), reading() as session:
        found = waves.status(session, waves.find_wave(session, wave))
    if as_json:
        print_json({**{name: getattr(found, name) for name in found.__slots__}, "owed": found.owed})
        return
    click.echo(
        f"{found.wave} of {found.program}: {found.state}{', paused: ' + found.paused if found.paused else ''}"
    )
    click.echo(
        f"{found.invited} invited, {found.reached} reached, {found.started} started,"
        f" {found.answered} answered;"
        f" {found.owed} mails owed"
    )
    rows = [{"step": step, **states} for step, states in found.messages.items()]
    states = sorted({state for counts in found.messages.values() for state in counts})
    if rows:
        print_table(rows, {"step": "step", **{state: state for state in states}})


def _change(wave: str, change: Callable[[Session, Wave, datetime], object], sentence: str) -> None:
    with house() as services, writing() as session:
        change(session, waves.find_wave(session, wave), services.clock.now())
    click.echo(sentence.format(wave))
