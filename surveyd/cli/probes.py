"""`surveyd probe < MAIL`: take a probe as it arrived in a seed box, from that box's mail server."""

import logging
import sys

import click

from surveyd.base.database import writing
from surveyd.cli.bounces import NOTHING_THERE, TRY_AGAIN, tell_arrival
from surveyd.cli.house import as_json, house
from surveyd.distribution.launching.arrivals import READ_AT_MOST
from surveyd.distribution.launching.probe_checks import receive
from surveyd.distribution.launching.probes import Arrival

log = logging.getLogger("surveyd.launching")


@click.command()
@as_json
def probe(as_json: bool) -> None:
    """Read one mail from standard input that arrived in a seed box. Only its head is looked at.

    Exit code 0: it is read, a probe of ours or not. 75: it could not be noted, hand it over again. 65: there
    was no mail.
    """
    raw = sys.stdin.buffer.read(READ_AT_MOST)
    while sys.stdin.buffer.read(READ_AT_MOST):
        pass  # whoever pipes a huge mail shall not see the pipe break
    if not raw.strip():
        click.echo("There is no mail on standard input.", err=True)
        sys.exit(NOTHING_THERE)
    tell_arrival(_take(raw), as_json=as_json)


def _take(raw: bytes) -> Arrival | None:
    try:
        with house() as services, writing() as session:
            seeds = services.config.sending_domain.seeds
            return receive(session, raw, keys=services.keys, seeds=seeds, now=services.clock.now())
    except Exception as error:  # whatever it is, the mail's server keeps it
        log.exception("a probe could not be noted")
        click.echo(f"The mail could not be taken ({type(error).__name__}); hand it over again.", err=True)
        sys.exit(TRY_AGAIN)
