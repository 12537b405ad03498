"""`surveyd sending`: is all well, how much is owed, and how quickly mails may go out."""

import click

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.distribution.limits import ALL, HOUSE, list_limits, set_limit
from surveyd.distribution.programs import find_program
from surveyd.distribution.watch import findings_of, read_ledger
from surveyd.people.audit import record

COLUMNS = {"program": "program", "domain": "domain", "per_second": "a second", "per_minute": "a minute"}


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def sending(context: click.Context, as_json: bool) -> None:
    """Whether mails get out, what is red, and the limits."""
    if context.invoked_subcommand is not None:
        return
    with house() as services, reading() as session:
        ledger = read_ledger(session, now=services.clock.now(), system_now=system_now())
        limits = list_limits(session)
    findings = [*findings_of(ledger, system_now=system_now())]
    if as_json:
        print_json({"owed": ledger.owed, "oldest_s": ledger.oldest_s, "findings": findings, "limits": limits})
        return
    click.echo(f"{ledger.owed} mails are owed, the oldest for {ledger.oldest_s} s.")
    for finding in findings:
        click.echo(f"{finding.severity:<5} {finding.code} {finding.sentence} {finding.hint}")
    if limits:
        rows = [{name: getattr(limit, name) or "" for name in COLUMNS} for limit in limits]
        print_table([{**row, "program": row["program"] or "(house)"} for row in rows], COLUMNS)


@sending.command()
@click.option("--program", default="", help="Of this program only; without it, of the whole house.")
@click.option("--domain", default=ALL, help="To this domain, or * for each without a limit of its own.")
@click.option("--second", "per_second", type=click.IntRange(0), default=0, help="At most so many a second.")
@click.option("--minute", "per_minute", type=click.IntRange(0), default=0, help="At most so many a minute.")
def limit(program: str, domain: str, per_second: int, per_minute: int) -> None:
    """Set a limit over all senders; without --second and --minute it is taken away."""
    with house() as services, writing() as session:
        owner = find_program(session, program).id if program else HOUSE
        set_limit(session, program_id=owner, domain=domain, per_second=per_second, per_minute=per_minute)
        record(
            session,
            action="set_limit",
            thing="sending",
            thing_id=owner or None,
            by=None,
            now=services.clock.now(),
            facts={"second": per_second, "minute": per_minute},
        )
    click.echo("Senders go by it within two seconds." if per_second or per_minute else "The limit is gone.")
