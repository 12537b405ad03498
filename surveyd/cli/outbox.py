"""`surveyd outbox` and `surveyd tick`: what is owed, what becomes of what is held, and one pass over all."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from surveyd.base.database import reading, writing
from surveyd.base.errors import Unavailable
from surveyd.base.keyset import Wanted
from surveyd.cli.house import as_json, house, open_app, print_json, print_table
from surveyd.distribution import holds, tallies
from surveyd.distribution.hold_lists import count_held, held_groups, list_held
from surveyd.distribution.outbox import OutboxSummary, list_messages, summary
from surveyd.people.audit import record
from surveyd.schedule import tick as run_tick

COLUMNS = {
    "id": "id",
    "contact": "contact",
    "step": "step",
    "state": "state",
    "copies": "copies",
    "reason": "reason",
}
GROUP_COLUMNS = {"count": "held", "wave": "wave", "step": "step", "reason": "reason", "oldest": "due since"}
LINE_COLUMNS = {"key": "key", "wave": "wave", "step": "step", "due_at": "due since", "reason": "reason"}
SUM_COLUMNS = {"kind": "of", "wave_id": "wave id", "state": "state", "step": "step", "number": "too few by"}
SHOWN = 50
Verb = Callable[[Session, dict[str, str], datetime], int]


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


def _chosen(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which held mails and touches are meant."""
    for option in (
        click.option("--yes", is_flag=True, help="Do it; without it you see how many are meant."),
        click.option("--all", "everything", is_flag=True, help="All that is held."),
        click.option("--reason", default="", help="Only what is held for this reason."),
        click.option("--step", default="", help="Only of this step."),
        click.option("--wave", default="", help="Only of this wave."),
        click.argument("id", required=False, default=""),
    ):
        command = option(command)
    return command


@outbox.command()
@click.option("--wave", default="", help="Only of this wave.")
@click.option("--step", default="", help="Only of this step.")
@click.option("--reason", default="", help="Only what is held for this reason.")
@click.option("--each", is_flag=True, help="One by one, with keys, the oldest first.")
@as_json
def held(wave: str, step: str, reason: str, each: bool, as_json: bool) -> None:
    """What waits for your word, mails and planned touches: in groups, or one by one."""
    filters = {"wave": wave, "step": step, "reason": reason}
    with house(), reading() as session:
        groups = [
            {name: getattr(group, name) for name in GROUP_COLUMNS}
            for group in held_groups(session)
            if all(not word or getattr(group, name) == word for name, word in filters.items())
        ]
        lines = list_held(session, Wanted(filters=filters)).lines if each else ()
    if as_json:
        print_json({"groups": groups, "rows": lines})
    elif not groups:
        click.echo("Nothing is held.")
    elif each:
        print_table([{name: getattr(line, name) for name in LINE_COLUMNS} for line in lines], LINE_COLUMNS)
    else:
        print_table(groups, GROUP_COLUMNS)


@outbox.command()
@as_json
def recount(as_json: bool) -> None:
    """Count the ledger row by row, and mend the sums that pages show. Safe while everything runs."""
    with house(), writing() as session:
        mended = tallies.recount(session)
    if as_json:
        print_json({"mended": mended})
        return
    click.echo(f"Sums that were wrong and are mended: {len(mended)}." if mended else "All sums are right.")
    print_table([{name: getattr(one, name) for name in SUM_COLUMNS} for one in mended], SUM_COLUMNS)


@outbox.command()
@_chosen
def release(**which: Any) -> None:
    """Let held mails and touches go: one by its id or key, those of a group, or all."""

    def verb(session: Session, chosen: dict[str, str], now: datetime) -> int:
        return holds.let_go(session, chosen, now=now)

    _decide("release", which, "{} released.", verb)


@outbox.command()
@_chosen
def skip(**which: Any) -> None:
    """Never send held mails and touches; later steps go on as planned."""
    _decide("skip", which, "{} skipped.", lambda session, chosen, now: holds.skip(session, chosen))


@outbox.command()
@_chosen
@click.option("--to", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="2026-03-02.")
def shift(to: datetime, **which: Any) -> None:
    """Let held mails and touches go on a day, when sending hours begin where each person is."""
    day = to.date()

    def verb(session: Session, chosen: dict[str, str], now: datetime) -> int:
        return holds.shift(session, chosen, to=day, now=now)

    _decide("shift", which, "{} shifted.", verb)


def _decide(name: str, which: dict[str, Any], sentence: str, verb: Verb) -> None:
    one, everything, yes = which.pop("id"), which.pop("everything"), which.pop("yes")
    # A bare number is a mail's, as `surveyd outbox` shows it.
    chosen = {**which, "one": f"{holds.MAIL}{one}" if one.isdigit() else one}
    if sum((bool(one), everything, any(which.values()))) != 1:
        raise click.UsageError("Name one id, or --all, or --wave, --step and --reason.")
    with house() as services, writing() as session:
        now = services.clock.now()
        if not (one or yes):
            count = count_held(session, chosen)
            raise click.UsageError(f"This would {name} {count}; add --yes to do it.")
        done = verb(session, chosen, now)
        if done:
            facts: dict[str, str | int] = {"count": done, "wave": which["wave"], "step": which["step"]}
            record(
                session, action=f"held_{name}", thing="outbox", thing_id=None, by=None, now=now, facts=facts
            )
    click.echo(sentence.format(done))


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
