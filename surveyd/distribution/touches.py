"""Touches that are due become messages and calls; those that have become pointless are cancelled.

One sweep for every step of the cadence: an invitation, a reminder and a phone flag differ in
their row only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.distribution import outbox
from surveyd.distribution.address_wishes import RULE as ADDRESS_STOPPED
from surveyd.distribution.address_wishes import stopped_address
from surveyd.distribution.cadence import WISHED_INVITATION, WISHED_REMINDER, Cadence, plain_step
from surveyd.distribution.call_entries import put_on_list
from surveyd.distribution.call_models import BarredNumber, Call, CallState, WrongNumber
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
from surveyd.distribution.opt_outs import RULE as OPTED_OUT_OF_PROGRAM
from surveyd.distribution.opt_outs import has_opted_out_of
from surveyd.distribution.outbox import NewMessage
from surveyd.distribution.timing import Timing
from surveyd.people.models import Account, Contact

CHUNK = 500
BOUNCED = "bounced"
OF_CONTACT = (
    Contact.name,
    Contact.email,
    Contact.phone,
    Contact.active,
    Contact.opted_out_at,
    Contact.do_not_phone,
)
CALL_GOES_FIRST = timedelta(days=1)
"""After so long it is looked again whether the call is over that a reminder waits for."""


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
    calls: dict[int, int] = field(default_factory=dict)
    released: list[int] = field(default_factory=list)
    deferred: dict[datetime, list[int]] = field(default_factory=dict)
    cancelled: dict[str, list[int]] = field(default_factory=dict)


def release_due(session: Session, *, now: datetime, system_now: datetime, mail_domain: str) -> Released:
    """Deal with the next few hundred touches that are due at `now`; none left gives a total of 0.

    `system_now` turns the end of the send window into system time, for the sender.
    """
    sorting = _Sorting()
    rows = session.execute(_due(now)).all()
    if not rows:
        return Released()
    timing = Timing(session, rows, now=now)
    for row in rows:
        _sort(row, timing, sorting, now, system_now)
    outbox.queue(session, sorting.messages, mail_domain=mail_domain)
    put_on_list(session, sorting.calls, now=now)
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
            *OF_CONTACT,
            Account.id.label("account_id"),
            Account.name.label("account"),
            Account.country,
            has_opted_out_of(Program.id, Contact.id).label("no_more"),
            stopped_address(Program.id, Contact.email.expression).label("no_more_at"),
            Suppression.reason.label("suppressed"),
            *_phoning(),
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


def _sort(
    row: Row[*tuple[Any, ...]], timing: Timing, sorting: _Sorting, now: datetime, system_now: datetime
) -> None:
    zone, window = zone_named(row.time_zone), timing.window(row)
    if reason := _pointless(row):
        sorting.cancelled.setdefault(reason, []).append(row.id)
    elif (opens := timing.opens(row)) > now:
        sorting.deferred.setdefault(opens, []).append(row.id)
    elif _waits_for_call(row):
        sorting.deferred.setdefault(window.opens(now + CALL_GOES_FIRST, zone), []).append(row.id)
    else:
        sorting.released.append(row.id)
        timing.went(row)
        if row.channel is Channel.PHONE:
            sorting.calls[row.id] = row.invitation_id
        else:
            sorting.messages.append(
                _message(row, timing.cadence(row), now, system_now + (window.shuts(now, zone) - now))
            )


def _phoning() -> tuple[ColumnElement[bool], ...]:
    """Whether nobody phones the number, whether it is not theirs, and whether they are on the call list."""
    wrong = and_(WrongNumber.contact_id == Contact.id, WrongNumber.phone == Contact.phone)
    is_open = and_(Call.invitation_id == Invitation.id, Call.state == CallState.OPEN)
    return (
        exists().where(BarredNumber.phone == Contact.phone).correlate(Contact).label("barred"),
        exists().where(wrong).correlate(Contact).label("wrong"),
        exists().where(is_open).correlate(Invitation).label("is_called"),
    )


def _waits_for_call(row: Row[*tuple[Any, ...]]) -> bool:
    """Whether a mail lets a call go first; a reminder that they asked for comes on its day."""
    wished = plain_step(row.step) in (WISHED_INVITATION, WISHED_REMINDER)
    return row.channel is Channel.MAIL and bool(row.is_called) and not wished


def _pointless(row: Row[*tuple[Any, ...]]) -> str:
    if row.state is not InvitationState.WAITING:
        return str(row.state.value)
    if not row.active:
        return "contact_inactive"
    if row.opted_out_at is not None:
        return "opted_out"
    if row.no_more:
        return OPTED_OUT_OF_PROGRAM
    if row.no_more_at:
        return ADDRESS_STOPPED
    if row.channel is Channel.PHONE:
        barred = "do_not_phone" if row.do_not_phone or row.barred else ""
        return "no_phone" if not row.phone else barred or ("wrong_number" if row.wrong else "")
    if not row.email:
        return "no_address"
    return "" if row.suppressed is None else BOUNCED if row.suppressed == BOUNCED else "suppressed"


def _message(row: Row[*tuple[Any, ...]], cadence: Cadence, now: datetime, stale_at: datetime) -> NewMessage:
    own = cadence.step(row.step)
    return NewMessage(
        dedup_key=f"touch:{row.id}",
        name=cadence.mail_of(row.step),
        language=own.language if own and own.language else row.language,
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


def _mark(session: Session, ids: list[int], values: Mapping[str, object]) -> None:
    if ids:
        run(
            session,
            update(Touch).where(Touch.id.in_(ids), Touch.state == TouchState.PLANNED).values(**values),
        )
