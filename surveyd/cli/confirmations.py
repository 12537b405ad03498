"""`surveyd wave confirm|confirmation`: account managers look through their contacts before a wave."""

from datetime import date, datetime

import click
from sqlalchemy.orm import Session

from surveyd.base.database import reading, writing
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.distribution import confirmations, waves
from surveyd.distribution.confirmation_days import USUAL_REMINDERS
from surveyd.distribution.confirmation_sums import ManagerSums, sums_of
from surveyd.distribution.models import Wave
from surveyd.people.access import SYSTEM
from surveyd.results.skews import ManagerSkew, skew_of

COLUMNS = {
    "manager": "account manager",
    "contacts": "contacts",
    "confirmed": "confirmed",
    "corrected": "corrected",
    "added": "added",
    "excluded": "left out",
    "state": "state",
    "choice": "choice",
}


@click.command()
@click.argument("wave")
@click.option("--until", required=True, metavar="DAY", help="The last day on which something can be said.")
@click.option("--remind", metavar="DAYS", default=",".join(map(str, USUAL_REMINDERS)), show_default=True,
              help="Remind so many days before the last one; an empty text for never.")  # fmt: skip
@click.option("--change", is_flag=True, help="Give a confirmation that was begun another last day.")
def confirm(wave: str, until: str, remind: str, *, change: bool) -> None:
    """Ask each account manager with contacts in WAVE to look through them, once."""
    try:
        last = date.fromisoformat(until)
        days = tuple(int(one) for one in remind.replace(",", " ").split())
    except ValueError as error:
        raise click.UsageError("Write the day as 2026-03-31, and days of reminders as 3,1.") from error
    with house() as services, writing() as session:
        found, now = waves.find_wave(session, wave), services.clock.now()
        if change:
            confirmations.change_round(session, found, until=last, remind_days=days, by=None, now=now)
            click.echo(f"Contacts for {wave} can be confirmed until {last}.")
            return
        domain = services.config.mail_domain
        asked = confirmations.begin(
            session, found, until=last, remind_days=days, by=None, now=now, mail_domain=domain
        )
    managers = "1 account manager is" if asked == 1 else f"{asked} account managers are"
    click.echo(f"{managers} asked to confirm contacts for {wave} until {last}.")


@click.command()
@click.argument("wave")
@as_json
def confirmation(wave: str, as_json: bool) -> None:
    """How far the account managers are with their contacts for WAVE, and whom they leave out."""
    with house() as services, reading() as session:
        found, now = waves.find_wave(session, wave), services.clock.now()
        begun = confirmations.get_round(session, found, now=now)
        program = waves.program_of(session, found)
        skew = skew_of(session, found, program, scope=SYSTEM, now=now)
        lines = _lines(session, found, {one.user_id: one for one in skew.managers}, now)
        left_out = [
            {
                "contact": one.external_id,
                "account": one.account,
                "last_segment": one.segment,
                "last_score": one.recommendation,
                "why": one.why,
                "by": one.by,
            }
            for one in skew.excluded
        ]
    if as_json:
        facts = {"wave": wave, "until": begun.until.isoformat(), "phase": begun.phase}
        print_json({**facts, "remind_at": begun.remind_at, "managers": lines, "left_out": left_out})
        return
    click.echo(f"Contacts for {wave} can be confirmed until {begun.until} ({begun.phase.value}).")
    print_table(lines, COLUMNS)


def _lines(
    session: Session, wave: Wave, skews: dict[int, ManagerSkew], now: datetime
) -> list[dict[str, object]]:
    return [
        {
            "manager": one.email or "nobody",
            "contacts": one.planned,
            "confirmed": one.confirmed,
            "corrected": one.corrected,
            "added": one.added,
            "excluded": one.excluded,
            "state": _state(one),
            "choice": skews[one.user_id].skew.verdict if one.user_id in skews else "",
        }
        for one in sums_of(session, wave, waves.program_of(session, wave), scope=SYSTEM, now=now)
    ]


def _state(one: ManagerSums) -> str:
    if one.finished_at is not None:
        return "done"
    if one.began_at is not None:
        return "began"
    return "asked" if one.asked_at is not None else "not asked"
