"""`surveyd churn`: how many accounts have left by where they stood, and figures of a year."""

from datetime import datetime

import click

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.results import churn as figures
from surveyd.results.churn import ChurnRates
from surveyd.scoring.exposure import Churn, Outcome, State

COLUMNS = {"state": "state", "accounts": "accounts", "left": "left", "rate": "rate used"}
DAY = click.DateTime(["%Y-%m-%d"])


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def churn(context: click.Context, as_json: bool) -> None:
    """The churn that expected losses rest on, and where it comes from."""
    if context.invoked_subcommand:
        return
    with house() as services, reading() as session:
        found = figures.churn_rates(session, now=services.clock.now())
    if as_json:
        facts = {"origin": found.origin, "begins": found.begins, "ends": found.ends, "wave": found.wave}
        print_json({**facts, "rows": _rows(found)})
    elif isinstance(found.rates, Churn):
        period = f"from {found.begins} to {found.ends} ({found.origin})"
        click.echo(f"{found.churned} of {found.accounts} accounts left {period}.")
        print_table(_rows(found), COLUMNS)
    else:
        click.echo("Nothing is known about who has left: no figures were entered, and no account has lapsed.")


@churn.command()
@click.option("--from", "begins", required=True, type=DAY, help="First day of the period.")
@click.option("--to", "ends", required=True, type=DAY, help="Last day of the period.")
@click.argument("figure", nargs=-1, required=True)
def enter(begins: datetime, ends: datetime, figure: tuple[str, ...]) -> None:
    """Enter figures of a period, FIGURE being STATE=LEFT/ACCOUNTS: at_risk=6/20 secure=4/180."""
    outcomes = [_outcome(one) for one in figure]
    with house() as services, writing() as session:
        figures.enter_churn(
            session,
            outcomes,
            begins=begins.date(),
            ends=ends.date(),
            by=None,
            now=services.clock.now(),
        )
    click.echo("The figures are kept. Expected losses rest on them from now on.")


def _outcome(text: str) -> Outcome:
    state, _, counts = text.partition("=")
    left, _, accounts = counts.partition("/")
    if state not in list(State) or not all(one.isascii() and one.isdecimal() for one in (left, accounts)):
        raise Refused(f"{text!r} is no figure; write it as at_risk=6/20. States: {', '.join(State)}.")
    try:
        return Outcome(State(state), int(accounts), int(left))
    except ValueError as error:
        raise Refused(f"{text!r}: no more can have left than there were.") from error


def _rows(found: ChurnRates) -> list[dict[str, object]]:
    if not isinstance(found.rates, Churn):
        return []
    return [
        {
            "state": state.value,
            "accounts": sum(one.accounts for one in found.outcomes if one.state is state),
            "left": sum(one.churned for one in found.outcomes if one.state is state),
            "rate": round(float(found.rates.of(state)), 6),
        }
        for state in State
    ]
