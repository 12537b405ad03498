"""`surveyd preflight`: everything that is looked at before a launch, and an admin's word against it."""

from collections.abc import Sequence

import click
from sqlalchemy.orm import Session

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.cli.house import as_json, house, print_json
from surveyd.distribution.launching import gate
from surveyd.distribution.launching.findings import Finding, Level, Report
from surveyd.distribution.launching.jobs import look_at, probe
from surveyd.distribution.models import Wave
from surveyd.distribution.waves import find_wave
from surveyd.people.models import StaffRole, User
from surveyd.people.users import find_user
from surveyd.web.staff.finding_words import words_of

MARKS = {Level.RED: "red", Level.YELLOW: "yellow", Level.GREEN: "ok"}


@click.command()
@click.argument("wave")
@click.option("--override", metavar="REASON", help="Let the wave go in spite of what is red.")
@click.option("--confirm", is_flag=True, help="Confirm another admin's override, as the second person.")
@click.option("--as", "email", metavar="EMAIL", help="The admin who overrides, confirms or probes.")
@click.option("--probe", "is_probed", is_flag=True, help="First send a probe to the seed boxes.")
@as_json
def preflight(
    wave: str, override: str | None, *, confirm: bool, email: str | None, is_probed: bool, as_json: bool
) -> None:
    """Look at all that a launch of WAVE needs. Exit code 1 when something forbids it."""
    if (override is not None or confirm) and not email:
        raise click.UsageError("Say with --as EMAIL which admin overrides or confirms.")
    with house():
        with reading() as session:
            wave_id = find_wave(session, wave).id
            by = _admin(session, email).id if email and is_probed else None
        if is_probed:
            probe(wave_id, by=by)
        report = look_at(wave_id)
        if override is not None or confirm:
            _decide(wave_id, override, email or "")
        with reading() as session:
            latest, in_force = (
                gate.latest_override(session, wave_id),
                gate.override_in_force(session, wave_id, report),
            )
        may_launch = not report.red or in_force is not None
        if as_json:
            print_json(_shown(wave, report, may_launch=may_launch, override=latest))
        else:
            _tell(report, may_launch=may_launch, override=latest)
    click.get_current_context().exit(0 if may_launch else 1)


def look_before_launch(wave_id: int) -> None:
    """Look at a wave unless that was done a moment ago; say on standard error what is red."""
    report = look_at(wave_id, again=False)
    with reading() as session:
        in_force = gate.override_in_force(session, wave_id, report)
    if in_force is None:
        for line in _lines(report.red):
            click.echo(line, err=True)


def _decide(wave_id: int, reason: str | None, email: str) -> None:
    house, now = services(), services().clock.now()
    most = house.config.sending_domain.second_person_above
    with writing() as session:
        wave, admin = session.get_one(Wave, wave_id), _admin(session, email)
        if reason is not None:
            gate.ask_override(session, wave, reason=reason, second_person_above=most, by=admin.id, now=now)
            return
        latest = gate.latest_override(session, wave_id)
        if latest is None:
            raise Refused("Nobody has overridden anything for this wave.")
        gate.confirm_override(session, wave, latest.id, by=admin.id, now=now)


def _admin(session: Session, email: str) -> User:
    user = find_user(session, email)
    if user is None or user.role is not StaffRole.ADMIN or not user.active:
        raise Refused(f"{email} is no active admin.")
    return user


def _tell(report: Report, *, may_launch: bool, override: gate.Override | None) -> None:
    for line in _lines(report.findings):
        click.echo(line)
    if override is not None and override.covers(report):
        waits = "" if override.is_confirmed else ", another admin has to confirm it"
        click.echo(f"Overridden by {override.by}: {override.reason}{waits}")
    click.echo("The wave may be launched." if may_launch else "The wave cannot be launched.")


def _lines(findings: Sequence[Finding]) -> list[str]:
    said = [(MARKS[finding.level], words_of(finding)) for finding in findings]
    return [f"{mark:<7} {words.code:<24} {words.sentence} {words.advice}".rstrip() for mark, words in said]


def _shown(
    wave: str, report: Report, *, may_launch: bool, override: gate.Override | None
) -> dict[str, object]:
    findings = [
        {
            "code": finding.code,
            "level": finding.level,
            "thing": finding.thing,
            "facts": dict(finding.facts),
            "sentence": words_of(finding).sentence,
            "advice": words_of(finding).advice,
        }
        for finding in report.findings
    ]
    standing = override if override is not None and override.covers(report) else None
    return {
        "wave": wave,
        "level": report.level,
        "may_launch": may_launch,
        "contacts": report.contacts,
        "checked_at": report.made_at,
        "findings": findings,
        "override": standing
        and {
            "by": standing.by,
            "reason": standing.reason,
            "confirmed_by": standing.confirmed_by,
            "in_force": standing.is_confirmed,
        },
    }
