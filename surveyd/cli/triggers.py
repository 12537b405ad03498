"""`surveyd trigger`: invitations that an event asks for."""

from uuid import uuid4

import click
from sqlalchemy.orm import Session

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound
from surveyd.cli.house import as_json, house, print_json
from surveyd.distribution import triggers
from surveyd.distribution.audience import RULES
from surveyd.distribution.programs import find_program
from surveyd.distribution.trigger_models import TriggerSource
from surveyd.people.audit import record
from surveyd.people.merged import contact_called

ALSO = {
    "asked_already": "they are asked already this month",
    "not_open": "no day is left before the close on which they could be asked",
}


@click.group()
def trigger() -> None:
    """Invite people when something happens, under the rules of every wave."""


@trigger.command()
@click.argument("program")
@click.argument("contact")
@click.option("--key", default="", help="Names the request: the same key a second time changes nothing.")
@as_json
def ask(program: str, contact: str, key: str, as_json: bool) -> None:
    """Invite the contact with the external id CONTACT into PROGRAM, now."""
    with house() as services, writing() as session:
        now, owner = services.clock.now(), find_program(session, program)
        asked = triggers.ask(
            session,
            owner,
            _contact(session, contact),
            source=TriggerSource.COMMAND,
            key=key or uuid4().hex,
            keys=services.keys,
            now=now,
        )
    if as_json:
        facts = {"invited": not asked.rule, "rule": asked.rule, "is_first": asked.is_first}
        print_json({"contact": contact, "wave": asked.wave, **facts})
        return
    again = "" if asked.is_first else " That was decided when the key came first."
    if asked.rule:
        why = ALSO.get(asked.rule) or RULES.get(asked.rule, asked.rule)
        click.echo(f"{contact} is not invited: {why}.{again}")
    else:
        click.echo(f"{contact} is invited in {asked.wave}.{again}")


@trigger.command()
@click.argument("program")
@click.argument("days", metavar="DAYS|off", default="")
def renewals(program: str, days: str) -> None:
    """Ask people DAYS days before their account's renewal date, or not any more; without DAYS, what holds."""
    if days and days != "off" and not days.isdecimal():
        raise click.UsageError(f"{days!r} is no number of days; write one such as 60, or off.")
    if not days:
        with house(), reading() as session:
            holds = triggers.renewal_of(session, find_program(session, program))
        click.echo(_said(program, holds))
        return
    wanted = None if days == "off" else int(days)
    with house() as services, writing() as session:
        now, owner = services.clock.now(), find_program(session, program)
        triggers.set_renewal(session, owner, wanted, now=now, by=None)
        record(session, action="set_renewal", thing="program", thing_id=owner.id, by=None, now=now)
    click.echo(_said(program, wanted))


def _said(program: str, days: int | None) -> str:
    if days is None:
        return f"{program} asks nobody because of a renewal date."
    return f"{program} asks people {days} days before their account's renewal date."


def _contact(session: Session, external_id: str) -> int:
    found = contact_called(session, external_id)
    if found is None:
        raise NotFound("contact", external_id)
    return found
