"""`surveyd wave statement|seal|verify`: what a wave came to, frozen, and whether it still is that."""

from collections.abc import Mapping

import click

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.distribution import waves
from surveyd.distribution.standing import reconcile
from surveyd.people.audit import record
from surveyd.results import seals

COLUMNS = {"contacts": "contacts", "what": ""}


@click.command()
@click.argument("wave")
@as_json
def statement(wave: str, as_json: bool) -> None:
    """Everybody of a launched wave, each in one state: the lines add up."""
    with house(), reading() as session:
        found = waves.find_wave(session, wave)
        if found.launched_at is None:
            raise Refused(f"The wave {wave} is not launched; surveyd wave audience says who would be in.")
        stood, sealed = reconcile(session, found), seals.find_seal(session, found)
        late = seals.count_late(session, sealed) if sealed else 0
        check_value = sealed.check_value if sealed else ""
    if as_json:
        sums = {"invited": stood.invited, "total": stood.total}
        parts = {"standings": stood.standings, "left_out": stood.left_out}
        print_json({"wave": wave, **parts, **sums, "late_answers": late, "check_value": check_value})
        return
    print_table(_lines(stood.standings, "invited in all", stood.invited), COLUMNS | {"what": "state"})
    print_table(_lines(stood.left_out, "all in all", stood.total), COLUMNS | {"what": "left out by"})
    if check_value:
        click.echo(f"Sealed; the check value is {check_value}. Answers since then: {late}.")


@click.command()
@click.argument("wave")
def seal(wave: str) -> None:
    """Freeze a closed wave: what comes later is kept beside it."""
    with house() as services, writing() as session:
        now, found = services.clock.now(), waves.find_wave(session, wave)
        made = seals.seal(session, found, now=now, by=None)
        record(session, action="seal", thing="wave", thing_id=found.id, by=None, now=now)
        check_value, contacts, responses = made.check_value, made.contacts, made.responses
    click.echo(f"Sealed {wave}: {contacts} contacts, {responses} answers. The check value is {check_value}")


@click.command()
@click.argument("wave")
@as_json
def verify(wave: str, as_json: bool) -> int:
    """Work a sealed wave's check value out anew; the exit code is 1 when it has changed."""
    with house(), reading() as session:
        verdict = seals.verify(session, waves.find_wave(session, wave))
    if as_json:
        facts = {"holds": verdict.holds, "places": verdict.places_agree, "answers": verdict.answers_agree}
        values = {"sealed": verdict.seal.check_value, "now": verdict.now.check_value}
        print_json({"wave": wave, **facts, **values, "late_answers": verdict.late})
    elif verdict.holds:
        click.echo(f"{wave} is as it was sealed: {verdict.now.check_value}")
    else:
        click.echo(f"{wave} has changed since it was sealed.")
        click.echo(_compared("Contacts", verdict.places_agree, verdict.seal.contacts, verdict.now.contacts))
        click.echo(_compared("Answers", verdict.answers_agree, verdict.seal.responses, verdict.now.responses))
    return 0 if verdict.holds else 1


def _lines(counts: Mapping[str, int], in_all: str, total: int) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = [{"contacts": count, "what": name} for name, count in counts.items()]
    return [*lines, {"contacts": total, "what": in_all}]


def _compared(what: str, agree: bool, sealed: int, now: int) -> str:
    return f"{what}: {'the same' if agree else 'changed'}, {sealed} then and {now} now."
