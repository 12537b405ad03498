"""Touches that are due become messages and calls; those that have become pointless are cancelled.

One sweep for every step of the cadence: an invitation, a reminder and a phone flag differ in
their row only.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.distribution import outbox
from surveyd.distribution.cadence import Cadence, Window, cadences_of, plain_step
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.invitations import run
from surveyd.distribution.mails import wave_context
from surveyd.distribution.models import (
    Channel,
    Invitation,
    InvitationState,
    Program,
    QuestionnaireVersion,
    Suppression,
    Touch,
    TouchState,
    Wave,
    WaveState,
)
from surveyd.distribution.outbox import NewMessage
from surveyd.people.models import Account, Contact

CHUNK = 500


@dataclass(slots=True)
class Released:
    """What one run of the sweep did."""

    messages: int = 0
    calls: int = 0
    deferred: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        return self.messages + self.calls + self.deferred + self.cancelled


@dataclass(slots=True)
class _Sorting:
    """The touches of one chunk by what becomes of them."""

    messages: list[NewMessage] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    released: list[int] = field(default_factory=list)
    deferred: dict[datetime, list[int]] = field(default_factory=dict)
    cancelled: dict[str, list[int]] = field(default_factory=dict)


def release_due(session: Session, *, now: datetime, system_now: datetime, mail_domain: str) -> Released:
    """Deal with the next few hundred touches that are due at `now`; none left gives a total of 0.

    `system_now` turns the end of the send window into system time, for the sender.
    """
    sorting = _Sorting()
    rows = session.execute(_due(now)).all()
    cadences = _cadences(session, {row.wave_id for row in rows})
    for row in rows:
        _sort(row, cadences[row.wave_id], sorting, now, system_now)
    outbox.queue(session, sorting.messages, mail_domain=mail_domain)
    if sorting.calls:
        session.execute(insert(Call), sorting.calls)
    _mark(session, sorting.released, {"state": TouchState.RELEASED, "released_at": now})
    for due_at, ids in sorting.deferred.items():
        _mark(session, ids, {"due_at": due_at})
    for reason, ids in sorting.cancelled.items():
        _mark(session, ids, {"state": TouchState.CANCELLED, "reason": reason})
    return Released(
        messages=len(sorting.messages),
        calls=len(sorting.calls),
        deferred=sum(map(len, sorting.deferred.values())),
        cancelled=sum(map(len, sorting.cancelled.values())),
    )


def next_due(session: Session) -> datetime | None:
    """When the earliest planned touch of a running wave is due, in program time."""
    return session.execute(
        select(func.min(Touch.due_at))
        .join(Wave, Wave.id == Touch.wave_id)
        .where(Touch.state == TouchState.PLANNED, Wave.state == WaveState.OPEN, Wave.paused_at.is_(None))
    ).scalar()


def _due(now: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Touch.id,
            Touch.step,
            Touch.channel,
            Touch.due_at,
            Touch.wave_id,
            Invitation.id.label("invitation_id"),
            Invitation.state,
            Invitation.language,
            Invitation.time_zone,
            Wave.closes_at,
            Program.id.label("program_id"),
            Program.company,
            Program.sender_name,
            Program.window_start,
            Program.window_end,
            Program.workdays_only,
            Contact.id.label("contact_id"),
            Contact.name,
            Contact.email,
            Contact.phone,
            Contact.active,
            Contact.opted_out_at,
            Contact.do_not_phone,
            Account.name.label("account"),
            Suppression.reason.label("suppressed"),
            QuestionnaireVersion.seconds,
        )
        .join(Invitation, Invitation.id == Touch.invitation_id)
        .join(Wave, Wave.id == Touch.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Contact.account_id)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == Invitation.version_id)
        .outerjoin(Suppression, Suppression.address == func.lower(Contact.email))
        .where(
            Touch.state == TouchState.PLANNED,
            Touch.due_at <= now,
            Wave.state == WaveState.OPEN,
            Wave.paused_at.is_(None),
        )
        .order_by(Touch.due_at, Touch.id)
        .limit(CHUNK)
        .with_for_update(of=Touch, skip_locked=True)
    )


def _cadences(session: Session, wave_ids: Collection[int]) -> dict[int, Cadence]:
    return cadences_of(session, session.scalars(select(Wave).where(Wave.id.in_(wave_ids))).all())


def _sort(
    row: Row[*tuple[Any, ...]], cadence: Cadence, sorting: _Sorting, now: datetime, system_now: datetime
) -> None:
    zone = zone_named(row.time_zone)
    step = cadence.step(row.step)
    own = step.window if step else None
    window = own or Window(row.window_start, row.window_end, row.workdays_only)
    opens = window.opens(now, zone)
    if reason := _pointless(row):
        sorting.cancelled.setdefault(reason, []).append(row.id)
    elif opens > now:
        sorting.deferred.setdefault(opens, []).append(row.id)
    else:
        sorting.released.append(row.id)
        if row.channel is Channel.PHONE:
            sorting.calls.append(_call(row, now))
        else:
            sorting.messages.append(_message(row, cadence, now, system_now + (window.shuts(now, zone) - now)))


def _pointless(row: Row[*tuple[Any, ...]]) -> str:
    if row.state is not InvitationState.WAITING:
        return str(row.state.value)
    if not row.active:
        return "contact_inactive"
    if row.opted_out_at is not None:
        return "opted_out"
    if row.channel is Channel.PHONE:
        return "no_phone" if not row.phone else "do_not_phone" if row.do_not_phone else ""
    return "no_address" if not row.email else "suppressed" if row.suppressed is not None else ""


def _message(row: Row[*tuple[Any, ...]], cadence: Cadence, now: datetime, stale_at: datetime) -> NewMessage:
    return NewMessage(
        dedup_key=f"touch:{row.id}",
        name=cadence.mail_of(row.step),
        language=row.language,
        recipient=row.email,
        recipient_name=row.name,
        due_at=now,
        created_at=now,
        stale_at=stale_at,
        context=wave_context(
            company=row.company,
            sender_name=row.sender_name,
            contact=row.name,
            account=row.account,
            closes_at=row.closes_at or now + timedelta(days=1),
            time_zone=row.time_zone,
            takes=row.seconds,
        ),
        program_id=row.program_id,
        wave_id=row.wave_id,
        invitation_id=row.invitation_id,
        touch_id=row.id,
        contact_id=row.contact_id,
        step=plain_step(row.step),
        priority=outbox.WAVE,
    )


def _call(row: Row[*tuple[Any, ...]], now: datetime) -> dict[str, Any]:
    return {
        "touch_id": row.id,
        "invitation_id": row.invitation_id,
        "state": CallState.OPEN,
        "flagged_at": now,
        "not_before": now,
        "attempts": 0,
        "reason": "",
    }


def _mark(session: Session, ids: list[int], values: Mapping[str, object]) -> None:
    if ids:
        run(
            session,
            update(Touch).where(Touch.id.in_(ids), Touch.state == TouchState.PLANNED).values(**values),
        )
