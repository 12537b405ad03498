"""`surveyd rates`: what sums are converted into, and by which rates of which day."""

from datetime import date, datetime

import click

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.people import rates as exchange

COLUMNS = {"currency": "currency", "rate": "rate", "into": "into", "day": "day", "in_force": "in force"}


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def rates(context: click.Context, as_json: bool) -> None:
    """The rates of exchange that were entered, the latest first."""
    if context.invoked_subcommand:
        return
    with house(), reading() as session:
        reporting = exchange.reporting_currency(session)
        rows = [_row(line) for line in exchange.rate_history(session)]
    if as_json:
        print_json({"reporting": reporting, "count": len(rows), "rows": rows})
        return
    click.echo(f"Sums are told in {reporting}." if reporting else "Sums of different currencies stand apart.")
    if rows:
        print_table(rows, COLUMNS)


@rates.command()
@click.argument("currency")
def into(currency: str) -> None:
    """Convert sums into CURRENCY, such as EUR, from now on."""
    with house() as services, writing() as session:
        changed = exchange.set_reporting(session, currency, by=None, now=services.clock.now())
    click.echo(f"Sums are told in {currency.upper()}{'' if changed else ' already'}.")


@rates.command("set")
@click.argument("currency")
@click.argument("rate")
@click.option(
    "--date",
    "day",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which the rate was published.",
)
def set_(currency: str, rate: str, day: datetime) -> None:
    """Enter what one unit of CURRENCY is worth: surveyd rates set CHF 1.0823 --date 2026-03-09."""
    try:
        trillionths = exchange.read_rate(rate)
    except ValueError as error:
        raise Refused(f"{rate!r} {error}.") from error
    on = date(day.year, day.month, day.day)
    with house() as services, writing() as session:
        entered = exchange.add_rate(session, currency, trillionths, day=on, by=None, now=services.clock.now())
    click.echo("The rate is kept." if entered else "The rate stands so already.")


def _row(line: exchange.RateLine) -> dict[str, object]:
    return {
        "currency": line.currency,
        "rate": f"{float(line.worth):.12g}",
        "into": line.reporting,
        "day": line.day.isoformat(),
        "in_force": "yes" if line.in_force else "",
    }
