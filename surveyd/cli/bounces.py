"""`surveyd bounce < MAIL`: take a returned mail from a pipe, as a mail server hands it over."""

import logging
import sys

import click

from surveyd.base.database import writing
from surveyd.base.log import mask
from surveyd.cli.house import as_json, house, print_json
from surveyd.distribution.launching.probe_checks import receive
from surveyd.distribution.launching.probes import Arrival
from surveyd.distribution.return_models import Door
from surveyd.distribution.returned_mail import READ_AT_MOST
from surveyd.distribution.returns import Taken, take_return
from surveyd.distribution.stationery import PROBE

log = logging.getLogger("surveyd.returns")

NOTHING_THERE = 65
TRY_AGAIN = 75
"""What mail servers understand (sysexits.h): hand the mail over again later."""


@click.command()
@click.option("--to", "envelope_to", default="", metavar="ADDRESS", help="The address that the mail came to.")
@as_json
def bounce(envelope_to: str, as_json: bool) -> None:
    """Read one returned mail from standard input: a bounce, a complaint or an automatic reply.

    Exit code 0: it is taken, understood or not. 75: it could not be kept, hand it over again. 65: there was
    no mail.
    """
    raw = sys.stdin.buffer.read(READ_AT_MOST)
    while sys.stdin.buffer.read(READ_AT_MOST):
        pass  # whoever pipes a huge mail shall not see the pipe break
    if not raw.strip():
        click.echo("There is no mail on standard input.", err=True)
        sys.exit(NOTHING_THERE)
    taken = _take(raw, envelope_to)
    if isinstance(taken, Arrival):
        tell_arrival(taken, as_json=as_json)
        return
    if as_json:
        print_json(
            {
                "kind": taken.kind,
                "message": taken.message_id,
                "detail": taken.detail,
                "effect": taken.effect,
                "state": taken.state,
                "why": taken.why,
                "new": taken.is_new,
            }
        )
        return
    outcome = "applied" if taken.effect else "waits for a person" if taken.why else "no effect"
    click.echo(mask(f"{taken.kind.value}, message {taken.message_id or 'not named'}, {outcome}"))


def _take(raw: bytes, envelope_to: str) -> Taken | Arrival:
    try:
        with house() as services, writing() as session:
            now, seeds = services.clock.now(), services.config.sending_domain.seeds
            arrival = receive(session, raw, keys=services.keys, seeds=seeds, now=now)
            return arrival or take_return(
                session, raw, keys=services.keys, door=Door.PIPE, envelope_to=envelope_to, now=now
            )
    except Exception as error:  # whatever it is, the mail must not be lost: its server keeps it
        log.exception("a returned mail could not be taken")
        click.echo(f"The mail could not be taken ({type(error).__name__}); hand it over again.", err=True)
        sys.exit(TRY_AGAIN)


def tell_arrival(arrival: Arrival | None, *, as_json: bool) -> None:
    """Say what became of a mail from a seed box; None is one that says of itself that it is no probe."""
    genuine = arrival is not None and arrival.wave_id is not None
    is_new = arrival is not None and arrival.is_new
    if as_json:
        print_json({"kind": PROBE, "genuine": genuine, "new": is_new})
        return
    known = "a probe that arrived before" if genuine else "no probe of ours"
    click.echo("a probe, noted" if is_new else f"{known}, nothing changed")
