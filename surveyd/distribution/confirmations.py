"""Rounds of contact confirmation: before a wave, account managers are asked to look through their contacts.

A round is begun by a program admin for a scheduled wave. It lasts until a day is over, or until the launch.
Whoever says nothing changes nothing: their contacts stay in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.confirmation_days import check_days, reminder_after
from surveyd.distribution.confirmation_mails import Asking
from surveyd.distribution.confirmation_models import Confirmation, ConfirmationAsk
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Program, Wave, WaveState
from surveyd.people.audit import record


class Phase(StrEnum):
    """Where a round stands; something can be said only while it runs."""

    RUNS = "runs"
    OVER = "over"
    LAUNCHED = "launched"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Round:
    """One round as it stands. `until` is its last day, `ends_at` the end of that by the program's clock."""

    wave_id: int
    until: date
    ends_at: datetime
    remind_days: tuple[int, ...]
    remind_at: datetime | None
    begun_at: datetime
    phase: Phase

    @property
    def runs(self) -> bool:
        return self.phase is Phase.RUNS


def find_round(session: Session, wave: Wave, *, now: datetime) -> Round | None:
    """The round of a wave; None as long as nobody has begun one."""
    row = session.get(Confirmation, wave.id)
    if row is None:
        return None
    days, phase = tuple(row.remind_days), _phase(row, wave, now)
    return Round(wave.id, row.until, row.ends_at, days, row.remind_at, row.begun_at, phase)


def get_round(session: Session, wave: Wave, *, now: datetime) -> Round:
    """The round of a wave. Raises NotFound as long as nobody has begun one."""
    found = find_round(session, wave, now=now)
    if found is None:
        raise NotFound("confirmation", wave.id)
    return found


@dataclass(frozen=True, slots=True)
class Invited:
    """A round in which somebody is asked to say something: until when, and whether they are done."""

    wave_id: int
    wave: str
    until: date
    is_done: bool


def open_rounds(session: Session, user_id: int, *, now: datetime) -> tuple[Invited, ...]:
    """The rounds that run and in which this user is asked, the first to end first."""
    rows = session.execute(
        select(Wave.id, Wave.slug, Confirmation.until, ConfirmationAsk.finished_at)
        .join(Confirmation, Confirmation.wave_id == Wave.id)
        .join(ConfirmationAsk, ConfirmationAsk.wave_id == Wave.id)
        .where(ConfirmationAsk.user_id == user_id)
        .where(Wave.state == WaveState.SCHEDULED, Confirmation.ends_at > now)
        .order_by(Confirmation.ends_at, Wave.id)
    )
    return tuple(Invited(row.id, row.slug, row.until, row.finished_at is not None) for row in rows)


def begin(
    session: Session,
    wave: Wave,
    *,
    until: date,
    remind_days: Sequence[int],
    by: int | None,
    now: datetime,
    mail_domain: str,
) -> int:
    """Begin the round of a scheduled wave and mail each account manager of its audience, once; how many.

    Raises Refused for a wave that is not scheduled or has a round, for a day that does not do, and when no
    account manager could be asked.
    """
    hold(session, wave)
    program = session.get_one(Program, wave.program_id)
    ends_at = check_days(program, until, remind_days, now=now)
    if session.get(Confirmation, wave.id) is not None:
        raise Refused("The contacts of this wave are being confirmed already; change the day instead.")
    days = sorted(set(remind_days), reverse=True)
    row = Confirmation(
        wave_id=wave.id,
        until=until,
        ends_at=ends_at,
        remind_days=days,
        remind_at=reminder_after(program, until, days, now),
        begun_at=now,
        begun_by_id=by,
    )
    session.add(row)
    session.flush()
    asking = Asking(wave, program, row, now, mail_domain)
    asked = asking.ask_newcomers(session, asking.managers(session))
    if not asked:
        raise Refused("No account manager has contacts in this wave; give the accounts their managers first.")
    facts = {"managers": asked}
    record(session, action="begin_confirmation", thing="wave", thing_id=wave.id, by=by, now=now, facts=facts)
    return asked


def change_round(
    session: Session, wave: Wave, *, until: date, remind_days: Sequence[int], by: int | None, now: datetime
) -> None:
    """Give a round another last day and other reminders; one that was over runs again. Mails nobody.

    Raises Refused for a launched wave and for a day that does not do, NotFound for a wave without a round.
    """
    hold(session, wave)
    row = session.get(Confirmation, wave.id)
    if row is None:
        raise NotFound("confirmation", wave.id)
    program = session.get_one(Program, wave.program_id)
    row.ends_at = check_days(program, until, remind_days, now=now)
    row.until, row.remind_days = until, sorted(set(remind_days), reverse=True)
    row.remind_at = reminder_after(program, until, row.remind_days, now)
    session.flush()
    record(session, action="change_confirmation", thing="wave", thing_id=wave.id, by=by, now=now)


def hold(session: Session, wave: Wave) -> None:
    """Keep a scheduled wave from being launched until this transaction ends, or raise Refused."""
    mine = update(Wave).where(Wave.id == wave.id, Wave.state == WaveState.SCHEDULED)
    if not run(session, mine.values(scheduled_at=Wave.scheduled_at)):
        raise Refused("The wave is launched or cancelled: who is in it is fixed.")


def _phase(row: Confirmation, wave: Wave, now: datetime) -> Phase:
    if wave.state is WaveState.CANCELLED:
        return Phase.CANCELLED
    if wave.state is not WaveState.SCHEDULED:
        return Phase.LAUNCHED
    return Phase.RUNS if now < row.ends_at else Phase.OVER
