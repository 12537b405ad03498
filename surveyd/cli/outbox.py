"""`surveyd outbox` and `surveyd tick`: what is owed, and one pass over all of it."""

import click

from surveyd.base.database import reading, writing
from surveyd.base.errors import Unavailable
from surveyd.cli.house import as_json, house, open_app, print_json, print_table
from surveyd.distribution import gaps
from surveyd.distribution.outbox import OutboxSummary, list_messages, release_held, summary
from surveyd.schedule import tick as run_tick

COLUMNS = {
    "id": "id",
    "contact": "contact",
    "step": "step",
    "state": "state",
    "copies": "copies",
    "reason": "reason",
}
SHOWN = 50


@click.group(invoke_without_command=True)
@click.option("--state", "states", multiple=True, help="Only rows in this state; may be given several times.")
@click.option("--wave", help="Only rows of this wave.")
@as_json
@click.pass_context
def outbox(context: click.Context, states: tuple[str, ...], wave: str | None, as_json: bool) -> None:
    """Every mail as a row: owed, sent, failed, and why."""
    if context.invoked_subcommand is not None:
        return
    with house() as services, reading() as session:
        sums = summary(session, now=services.clock.now())
        rows = list_messages(session, states=states, wave=wave, limit=None if as_json else SHOWN)
    if as_json:
        print_json({"counts": sums.counts, "oldest_s": sums.oldest_s, "owed": sums.owed, "rows": rows})
        return
    click.echo(_sentence(sums))
    print_table([{name: getattr(row, name) for name in COLUMNS} for row in rows], COLUMNS)


@outbox.command()
@click.argument("id", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="Release every held mail and touch.")
def release(id: int | None, everything: bool) -> None:
    """Let a held mail go, by its id, or all of them: what was held after a long stop or in doubt."""
    if (id is None) is not everything:
        raise click.UsageError("Name one mail's id, or --all.")
    with house() as services, writing() as session:
        now = services.clock.now()
        count = release_held(session, now=now, message_id=id)
        if everything:
            count += gaps.release_touches(session, now=now)
    click.echo(f"{count} released.")


@click.command()
@as_json
def tick(as_json: bool) -> None:
    """Run every sweep once and send until nothing is due; safe beside running processes."""
    app = open_app()
    counts, trouble = run_tick(app)
    if as_json:
        print_json(counts)
    else:
        click.echo(", ".join(f"{name} {count}" for name, count in counts.items()))
    if trouble:
        raise Unavailable(trouble.what, trouble.reason)


def _sentence(sums: OutboxSummary) -> str:
    states = ", ".join(f"{count} {state}" for state, count in sums.counts.items() if count)
    if not states:
        return "The outbox is empty. Mails appear here when a wave is launched."
    return f"{states}. {sums.owed} owed" + (f", the oldest for {sums.oldest_s} s." if sums.owed else ".")
