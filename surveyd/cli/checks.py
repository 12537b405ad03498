"""`surveyd check`: configuration, database, queue, relay and pango, one line each."""

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta

import click
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from surveyd.base.clock import Clock, system_now
from surveyd.base.config import Relay
from surveyd.base.database import Instant, dialect_of, reading
from surveyd.base.errors import Finding, Refused, Unavailable
from surveyd.base.mailer import open_smtp
from surveyd.base.migrations import is_current
from surveyd.base.pdf import check_pdf
from surveyd.cli.house import as_json, house, print_json

OK = "ok"
CLOCKS_APART = timedelta(seconds=10)


@click.command()
@as_json
@click.pass_context
def check(context: click.Context, as_json: bool) -> None:
    """Is everything there that surveyd needs? Exit code 1 when something is wrong."""
    with house() as services:
        findings = [
            Finding("config", "The configuration is complete.", severity=OK),
            check_clock(services.clock),
            check_database(system_now()),
            check_queue(services.bell.check),
            check_relay(services.config.relay),
            check_paper(),
        ]
    if as_json:
        print_json({"findings": findings})
    else:
        for finding in findings:
            mark = "ok  " if finding.severity == OK else finding.severity
            click.echo(f"{mark:<5} {finding.code:<8} {finding.sentence} {finding.hint}".rstrip())
    context.exit(1 if any(finding.severity == "error" for finding in findings) else 0)


def check_clock(clock: Clock) -> Finding:
    """Does the clock tell a time?"""
    try:
        return Finding("clock", f"It is {clock.now():%Y-%m-%d %H:%M} UTC.", severity=OK)
    except Refused as error:
        return Finding("clock", str(error))


def check_database(at: datetime) -> Finding:
    """Does the database answer, with all its tables, and does its clock show `at`, as this machine's does?"""
    try:
        with reading() as session:
            apart = abs(_time_of(session, at) - at)
        if not is_current():
            return Finding("database", "The tables are not up to date.", "Run surveyd migrate.")
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        return Finding(
            "database",
            f"The database does not answer: {str(cause).splitlines()[0]}.",
            "Check SURVEYD_DATABASE_URL.",
        )
    if apart > CLOCKS_APART:
        seconds = round(apart.total_seconds())
        return Finding(
            "database",
            f"Its clock and this machine's are {seconds} seconds apart.",
            "Set both by NTP: hosts whose clocks differ take mails out of each other's hands.",
        )
    return Finding("database", "The database answers and its tables are up to date.", severity=OK)


def _time_of(session: Session, at: datetime) -> datetime:
    """What time it is where the database runs; SQLite has the clock of this machine."""
    if dialect_of(session) == "sqlite":
        session.execute(text("SELECT 1"))
        return at
    return session.execute(select(func.clock_timestamp(type_=Instant))).scalar_one()


def check_queue(ping: Callable[[], None]) -> Finding:
    """Does Redis answer? Without it everything goes on, a few seconds later."""
    try:
        ping()
    except Unavailable as error:
        return Finding(
            "queue", str(error), "Sweeps find all work meanwhile. Check SURVEYD_REDIS_URL.", "error"
        )
    return Finding("queue", "The queue answers.", severity=OK)


def check_relay(relay: Relay) -> Finding:
    """Does the relay take our sign-in?"""
    try:
        open_smtp(relay).quit()
    except (OSError, smtplib.SMTPException) as error:
        return Finding(
            "relay",
            f"The relay at {relay.host}:{relay.port} does not answer: {type(error).__name__}.",
            "Check SURVEYD_SMTP_URL; mails wait in the outbox meanwhile.",
        )
    return Finding("relay", f"The relay at {relay.host}:{relay.port} takes our mail.", severity=OK)


def check_paper() -> Finding:
    """Can this machine make PDFs?"""
    try:
        check_pdf()
    except Unavailable as error:
        return Finding("pdf", f"{error.what}.", f"Run: {error.reason}", "warn")
    return Finding("pdf", "PDFs can be made.", severity=OK)
