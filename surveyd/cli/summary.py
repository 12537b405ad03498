"""`surveyd summary`: how a wave went, in words, as a PDF, and by mail to all staff."""

from pathlib import Path

import click

from surveyd.base.database import reading, writing
from surveyd.base.pdf import write_pdf
from surveyd.base.services import Services
from surveyd.cli.house import as_json, house, print_json
from surveyd.distribution.waves import find_wave
from surveyd.people.audit import record
from surveyd.reports.jobs import ring_for_papers
from surveyd.reports.paper_pages import draw_summary
from surveyd.reports.summary import Summary, wave_summary
from surveyd.reports.summary_mail import reach_of, send_summary, summary_context

A_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.argument("wave")
@click.option("--pdf", "pdf", type=A_FILE, help="Write the summary as a PDF to this file.")
@click.option("--send", is_flag=True, help="Mail it to all active staff who have not had it.")
@click.option("--yes", is_flag=True, help="Send without asking.")
@as_json
def summary(wave: str, pdf: Path | None, send: bool, yes: bool, as_json: bool) -> None:
    """How a wave went: the answers, the score, the cases and what came of them, the actions."""
    with house() as services:
        with reading() as session:
            found = wave_summary(session, find_wave(session, wave).id, now=services.clock.now())
            reach = reach_of(session, found.wave_id)
        if pdf is not None:
            pdf.write_bytes(write_pdf(draw_summary(found)))
        sent = _send(services, found.wave_id, reach.untold, yes=yes) if send else 0
    if as_json:
        facts = summary_context(found, reads_pages=False)
        print_json({**facts, "told": reach.told + sent, "untold": reach.untold - sent})
        return
    _say(found)
    if pdf is not None:
        click.echo(f"Written to {pdf}.")
    if send:
        click.echo(f"{sent} mails are queued; they go out with their PDF as soon as it is made.")


def _send(services: Services, wave_id: int, untold: int, *, yes: bool) -> int:
    if not untold:
        return 0
    if not yes:
        click.confirm(f"Mail the summary to {untold} colleagues?", abort=True)
    now = services.clock.now()
    with writing() as session:
        fresh = wave_summary(session, wave_id, now=now)
        sent = send_summary(session, fresh, by=None, mail_domain=services.config.mail_domain)
        facts = {"recipients": sent}
        record(session, action="send_summary", thing="wave", thing_id=wave_id, by=None, now=now, facts=facts)
    ring_for_papers(services)
    return sent


def _say(found: Summary) -> None:
    figures, cases = found.health.figures, found.health.cases
    click.echo(f"{found.wave}: {found.title}.")
    click.echo(f"{figures.answered} of {figures.invited} people at {found.accounts} customers have answered.")
    if found.has_score:
        click.echo(f"NPS {found.health.score}, 95 % interval {found.health.interval}.")
    click.echo(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in found.health.segments) + ".")
    click.echo(
        f"{cases.in_time} of {cases.total} cases were contacted in time, {found.resolved} of"
        f" {found.closed_cases} closed ones are resolved."
    )
    for action in found.done + found.coming:
        click.echo(f"{action.status.value.replace('_', ' ')}: {' '.join(action.heard.split())}")
