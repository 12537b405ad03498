"""`surveyd wave rehearse`: a scheduled wave played on a copy, from its launch to its close."""

from pathlib import Path

import click

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.distribution.launch_models import RehearsalState
from surveyd.distribution.rehearsing.jobs import rehearse_wave
from surveyd.distribution.rehearsing.rehearsals import (
    LONGEST_CALL,
    MINUTES_A_CALL,
    ask_rehearsal,
    find_rehearsal,
)
from surveyd.distribution.rehearsing.results import Sums, read_sums, unpacked
from surveyd.distribution.waves import find_wave

MAILS = {"day": "day", "of": "language", "step": "step", "count": "mails", "first": "from", "last": "to"}
CALLS = {"day": "day", "of": "time zone", "step": "step", "count": "calls", "first": "from", "last": "to"}
WORK = {"day": "day", "attempts": "attempts", "hours": "hours"}


@click.command()
@click.argument("wave")
@click.option(
    "--csv", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write all touches to it."
)
@click.option("--seed", type=int, help="Play as an earlier rehearsal did; without it, one is drawn.")
@click.option(
    "--minutes",
    type=click.IntRange(1, LONGEST_CALL),
    default=MINUTES_A_CALL,
    show_default=True,
    help="How long one attempt to call takes.",
)
@as_json
def rehearse(wave: str, *, file: Path | None, seed: int | None, minutes: int, as_json: bool) -> None:
    """Play WAVE on a copy: who would get what and when, and the calls to expect. Nothing is sent."""
    with house() as services:
        with writing() as session:
            found = find_wave(session, wave)
            asked = ask_rehearsal(
                session,
                found,
                minutes=minutes,
                seed=seed,
                by=None,
                now=services.clock.now(),
                system_now=system_now(),
            )
            wave_id, rehearsal_id = found.id, asked.id
        rehearse_wave(rehearsal_id)
        with reading() as session:
            done = find_rehearsal(session, wave_id, rehearsal_id)
            if done.state is not RehearsalState.DONE:
                raise Refused(done.note or "A worker plays this rehearsal already; look at the wave's page.")
            sums, played_by = read_sums(done.result), done.seed
            if file is not None:
                file.write_text(unpacked(done.touches or b""), encoding="utf-8", newline="")
    if as_json:
        print_json({"wave": wave, "seed": played_by, "minutes_a_call": minutes, "sums": sums})
    else:
        _tell(sums, played_by, minutes)


def _tell(sums: Sums, seed: int, minutes: int) -> None:
    source = (
        f"as in {sums.based_on}" if sums.based_on else "as is usual, since no wave of the program is over"
    )
    mails, calls = (sum(line.count for line in lines) for lines in (sums.mails, sums.calls))
    attempts = sum(work.attempts for work in sums.work)
    click.echo(
        f"{sums.contacts} contacts, {mails} mails and {calls} calls; people answer {source}; seed {seed}."
    )
    click.echo(f"{sums.answered} answer, {sums.opted_out} opt out, mail comes back from {sums.bounced}.")
    click.echo(f"{attempts} attempts to call of {minutes} minutes each take {sums.hours} hours.")
    for rows, columns in ((sums.mails, MAILS), (sums.calls, CALLS), (sums.work, WORK)):
        if rows:
            click.echo()
            print_table([{name: getattr(row, name) for name in columns} for row in rows], columns)
