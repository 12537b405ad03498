"""`surveyd wave watch`: how a wave's mails get on, as a bar, or as lines where there is no terminal."""

import time
from dataclasses import dataclass

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from surveyd.base.database import reading
from surveyd.base.services import Services
from surveyd.cli.house import as_json, house, print_json
from surveyd.distribution import waves
from surveyd.distribution.progress import progress

PAUSE = 1.0
OVER = ("closed", "cancelled")


@dataclass(frozen=True, slots=True)
class Look:
    """A wave at one moment: `done` of `total` mails of the step, and the pace of the last minute."""

    wave: str
    state: str
    step: str
    done: int
    total: int
    due: int
    held: int
    per_minute: int
    owed: int
    answered: int

    @property
    def is_over(self) -> bool:
        """Whether nothing moves any more before another step falls due."""
        return self.state in OVER or (self.state not in ("preparing", "paused") and not self.due)

    @property
    def line(self) -> str:
        """The same in words."""
        held = f", {self.held} held" if self.held else ""
        return (
            f"{self.wave} {self.state}: {self.step or 'mails'} {self.done} of {self.total}"
            f", {self.per_minute} a minute, {self.owed} owed{held}, {self.answered} answered"
        )


@click.command()
@click.argument("wave")
@click.option("--once", is_flag=True, help="Say how it stands and end.")
@as_json
def watch(wave: str, once: bool, as_json: bool) -> None:
    """Watch a wave's mails go out until none is due; Ctrl-C ends the watching, never the sending."""
    with house() as services:
        look = _look(services, wave)
        if as_json:
            print_json(look)
        elif once or look.is_over:
            click.echo(look.line)
        elif Console(stderr=True).is_terminal:
            _draw(services, wave, look)
        else:
            _say(services, wave, look)


def _draw(services: Services, wave: str, look: Look) -> None:
    """A bar that is drawn over itself."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(wave, total=max(look.total, 1), said="")
        while True:
            said = f"{look.per_minute} a minute, {look.owed} owed"
            title = f"{wave} {look.state} {look.step}".rstrip()
            bar.update(task, description=title, completed=look.done, total=max(look.total, 1), said=said)
            if look.is_over:
                break
            time.sleep(PAUSE)
            look = _look(services, wave)
    click.echo(look.line)


def _say(services: Services, wave: str, look: Look) -> None:
    """A line for each change."""
    said = ""
    while True:
        if look.line != said:
            said = look.line
            click.echo(said)
        if look.is_over:
            break
        time.sleep(PAUSE)
        look = _look(services, wave)


def _look(services: Services, slug: str) -> Look:
    with reading() as session:
        wave = waves.find_wave(session, slug)
        status = waves.status(session, wave)
        found = progress(session, wave, status=status, now=services.clock.now())
    step = found.step
    preparing = status.state == "preparing"
    return Look(
        wave=slug,
        # A wave that is over may have been paused before.
        state="paused" if status.paused and status.state not in OVER else status.state,
        step="looked at" if preparing else step.name if step else "",
        done=found.prepared if preparing else step.done if step else 0,
        total=found.contacts if preparing else step.total if step else 0,
        due=step.due if step else 0,
        held=step.held if step else 0,
        per_minute=found.per_minute,
        owed=status.owed,
        answered=status.answered,
    )
