"""Whether a wave may go: what was found keeps it back, unless an admin says why it shall go all the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.invitations import run
from surveyd.distribution.launch_models import LaunchCheck, LaunchOverride
from surveyd.distribution.launching.findings import Report, read_findings, written
from surveyd.distribution.models import Wave, WaveState
from surveyd.people.audit import record
from surveyd.people.models import User

FRESH = timedelta(minutes=5)
"""An older look is done again before the launch."""
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Override:
    """An admin's word that a wave may go in spite of red findings. `at` is in program time."""

    id: int
    plan: str
    contacts: int
    findings: frozenset[str]
    reason: str
    needs_second: bool
    by_id: int
    by: str
    at: datetime
    confirmed_by: str
    confirmed_at: datetime | None

    @property
    def is_confirmed(self) -> bool:
        """Whether nobody has to say anything more."""
        return not self.needs_second or self.confirmed_at is not None

    def covers(self, report: Report) -> bool:
        """Whether it speaks of this plan and of everything red in it."""
        return self.plan == report.plan and {finding.key for finding in report.red} <= self.findings


def keep_report(session: Session, wave_id: int, report: Report) -> None:
    """Keep a look at a wave in place of the one before."""
    findings = written(report.findings)
    facts = {"plan": report.plan, "contacts": report.contacts, "findings": findings}
    session.merge(LaunchCheck(wave_id=wave_id, made_at=report.made_at, **facts))
    session.flush()


def latest_report(session: Session, wave_id: int) -> Report | None:
    """The last look at a wave."""
    row = session.get(LaunchCheck, wave_id)
    return Report(read_findings(row.findings), row.plan, row.contacts, row.made_at) if row else None


def is_fresh(report: Report | None, *, system_now: datetime) -> bool:
    """Whether a look is so new that it need not be done again."""
    return report is not None and timedelta() <= system_now - report.made_at < FRESH


def latest_override(session: Session, wave_id: int) -> Override | None:
    """The last word of an admin about a wave's red findings, in force or not."""
    first, second = aliased(User), aliased(User)
    row = session.execute(
        select(
            LaunchOverride,
            func.coalesce(func.nullif(first.name, ""), first.email).label("by"),
            func.coalesce(func.nullif(second.name, ""), second.email, "").label("confirmed_by"),
        )
        .join(first, first.id == LaunchOverride.by_id)
        .outerjoin(second, second.id == LaunchOverride.confirmed_by_id)
        .where(LaunchOverride.wave_id == wave_id)
        .order_by(LaunchOverride.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    found: LaunchOverride = row.LaunchOverride
    return Override(
        id=found.id,
        plan=found.plan,
        contacts=found.contacts,
        findings=frozenset(found.findings),
        reason=found.reason,
        needs_second=found.needs_second,
        by_id=found.by_id,
        by=row.by,
        at=found.at,
        confirmed_by=row.confirmed_by,
        confirmed_at=found.confirmed_at,
    )


def ask_override(
    session: Session, wave: Wave, *, reason: str, second_person_above: int, by: int, now: datetime
) -> LaunchOverride:
    """Let a wave go in spite of what is red now, for a reason; flushed.

    With more recipients than `second_person_above` it holds once another admin has confirmed it. Raises
    Refused when nothing is red, when nobody would be asked, when no reason is given, and once the wave was
    launched.
    """
    report = latest_report(session, wave.id)
    reason = " ".join(reason.split())
    if wave.state is not WaveState.SCHEDULED:
        raise Refused(f"The wave {wave.slug} is {wave.state.value}; only a scheduled wave can be launched.")
    if report is None or not report.red:
        raise Refused("Nothing is red in the last check; launch the wave.")
    if report.is_for_nobody:
        raise Refused("Nobody would be invited; change whom the wave asks, and check again.")
    if not reason:
        raise Refused("Write the reason why the wave shall go all the same.")
    if len(reason) > LONGEST_REASON:
        raise Refused(f"The reason has {len(reason)} characters; write {LONGEST_REASON} at most.")
    override = LaunchOverride(
        wave_id=wave.id,
        plan=report.plan,
        contacts=report.contacts,
        findings=sorted(finding.key for finding in report.red),
        reason=reason,
        needs_second=report.contacts > second_person_above,
        by_id=by,
        at=now,
    )
    session.add(override)
    session.flush()
    _note(session, "override_launch_check", wave, override, by=by, now=now)
    return override


def confirm_override(session: Session, wave: Wave, override_id: int, *, by: int, now: datetime) -> None:
    """Confirm another admin's word; a second confirmation changes nothing.

    Raises Refused for one's own word, and when the wave's plan is another one by now.
    """
    override = session.get(LaunchOverride, override_id)
    if override is None or override.wave_id != wave.id:
        raise NotFound("override", override_id)
    if override.by_id == by:
        raise Refused("You asked for this yourself; another admin has to confirm it.")
    report, latest = latest_report(session, wave.id), latest_override(session, wave.id)
    is_last = latest is not None and latest.id == override_id
    if not is_last or latest is None or report is None or not latest.covers(report):
        raise Refused("The wave or its findings have changed since; look at them and ask again.")
    mine = update(LaunchOverride).where(
        LaunchOverride.id == override_id, LaunchOverride.confirmed_by_id.is_(None)
    )
    if run(session, mine.values(confirmed_by_id=by, confirmed_at=now)):
        session.refresh(override)
        _note(session, "confirm_launch_override", wave, override, by=by, now=now)


def override_in_force(session: Session, wave_id: int, report: Report) -> Override | None:
    """The word by which a wave with this report may go, None where there is none that holds."""
    latest = latest_override(session, wave_id)
    return latest if latest is not None and latest.is_confirmed and latest.covers(report) else None


def refuse_red(session: Session, wave: Wave) -> None:
    """Raise Refused when the last look at a wave forbids its launch and no admin's word covers that."""
    report = latest_report(session, wave.id)
    if report is None or not report.red or override_in_force(session, wave.id, report):
        return
    latest = latest_override(session, wave.id)
    if latest is not None and latest.covers(report):
        raise Refused(f"Another admin than {latest.by} has to confirm that the failed checks are overridden.")
    codes = ", ".join(dict.fromkeys(finding.code for finding in report.red))
    raise Refused(
        f"The wave {wave.slug} cannot be launched: {codes}. Mend what is red and check again, or override it"
        " with a reason."
    )


def _note(
    session: Session, action: str, wave: Wave, override: LaunchOverride, *, by: int, now: datetime
) -> None:
    facts: dict[str, str | int] = {
        "override": override.id,
        "contacts": override.contacts,
        "findings": ", ".join(dict.fromkeys(key.partition(":")[0] for key in override.findings)),
    }
    record(session, action=action, thing="wave", thing_id=wave.id, by=by, now=now, facts=facts)
