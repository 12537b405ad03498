"""What `surveyd up --demo` shows while the demo company is made, and who may sign in."""

import sys

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from surveyd.base.services import Services
from surveyd.operations.demo import demo_sign_ins, load_demo


def load_with_progress(house: Services) -> None:
    """Make the demo company, unless it is there; a bar on a terminal, a line a step elsewhere."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        steps: list[str] = []
        load_demo(house, now=house.clock.now(), progress=lambda step, done, total: _line(steps, step))
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("the demo company", total=None)
        load_demo(
            house,
            now=house.clock.now(),
            progress=lambda step, done, total: progress.update(
                task, description=step, completed=done, total=total
            ),
        )


def say_sign_ins(url: str) -> None:
    """Print who may sign in to the demo, and where its mails are."""
    click.echo(f"sign in at {url}/staff/login as")
    for one in demo_sign_ins():
        click.echo(f"  {one.role:<16} {one.email:<34} {one.password}")
    click.echo(f"every mail is at {url}/demo/mail; Ctrl-C stops everything")


def _line(said: list[str], step: str) -> None:
    if step not in said:
        said.append(step)
        click.echo(f"demo company: {step}", err=True)
