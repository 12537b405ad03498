"""Who has not finished is reminded: some days before the end by the schedule, and by an admin's wish."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.confirmation_days import reminder_after
from surveyd.distribution.confirmation_mails import REMINDER, Asking
from surveyd.distribution.confirmation_models import Confirmation
from surveyd.distribution.confirmations import get_round, hold
from surveyd.distribution.gaps import REASON as FELL_IN_A_GAP
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Heartbeat, Message, MessageState, Program, Wave, WaveState
from surveyd.people.audit import record

ONE_WISH = timedelta(minutes=1)
"""Two presses of the same button within this time are one wish."""


def ask_again(
    session: Session, wave: Wave, user_id: int, *, by: int | None, now: datetime, mail_domain: str
) -> bool:
    """Mail one account manager once more, or for the first time if they came later; False within a minute.

    Raises NotFound for somebody without contacts in the wave, and Refused when the round is over, the wave is
    launched, or they have finished.
    """
    hold(session, wave)
    if not get_round(session, wave, now=now).runs:
        raise Refused("The confirmation is over; give it a later day first.")
    asking = _asking(session, session.get_one(Confirmation, wave.id), now=now, mail_domain=mail_domain)
    one = next((one for one in asking.managers(session) if one.id == user_id), None)
    if one is None:
        raise NotFound("account manager", user_id)
    if one.finished_at is not None:
        raise Refused("They have finished already.")
    if one.mailed_at is None:
        asking.ask_newcomers(session, [one])
    elif one.mailed_at > now - ONE_WISH:
        return False
    else:
        asking.mail(session, [one], name=REMINDER, key=f"again-{one.mails}")
    facts = {"manager": user_id}
    record(session, action="ask_manager", thing="wave", thing_id=wave.id, by=by, now=now, facts=facts)
    return True


def remind_due(session: Session, *, now: datetime, mail_domain: str) -> int | None:
    """Remind, in one round whose reminder is due, all who have not finished; how many mails, None if none is.

    Who has come since is asked for the first time. Of two processes one wins: the statement that claims the
    reminder moves it on to the next. What fell due while nothing was running is written and held.
    """
    due = select(Confirmation).join(Wave, Wave.id == Confirmation.wave_id)
    due = due.where(Confirmation.remind_at <= now, Wave.state == WaveState.SCHEDULED)
    row = session.scalars(due.order_by(Confirmation.wave_id).limit(1)).one_or_none()
    if row is None or row.remind_at is None:
        return None
    fell_due, asking = row.remind_at, _asking(session, row, now=now, mail_domain=mail_domain)
    following = reminder_after(asking.program, row.until, row.remind_days, now)
    mine = (Confirmation.wave_id == row.wave_id, Confirmation.remind_at == fell_due)
    won = run(session, update(Confirmation).where(*mine).values(remind_at=following))
    if not won or row.ends_at <= now:
        return 0
    last = session.execute(select(func.max(Message.id))).scalar() or 0
    managers = asking.managers(session)
    made = asking.ask_newcomers(session, managers)
    late = [one for one in managers if one.asked_at is not None and one.finished_at is None]
    made += asking.mail(session, late, name=REMINDER, key=f"{fell_due:%Y-%m-%dT%H:%M}")
    if _fell_in_a_gap(session, fell_due):
        _hold_mails(session, [one.id for one in managers], after=last)
    return made


def next_reminder(session: Session) -> datetime | None:
    """The next instant at which a reminder falls due."""
    waiting = select(func.min(Confirmation.remind_at)).join(Wave, Wave.id == Confirmation.wave_id)
    return session.scalar(waiting.where(Wave.state == WaveState.SCHEDULED))


def _asking(session: Session, row: Confirmation, *, now: datetime, mail_domain: str) -> Asking:
    wave = session.get_one(Wave, row.wave_id)
    return Asking(wave, session.get_one(Program, wave.program_id), row, now, mail_domain)


def _fell_in_a_gap(session: Session, fell_due: datetime) -> bool:
    noticed = session.scalar(select(Heartbeat.program_at).where(Heartbeat.name == "gap"))
    return noticed is not None and fell_due <= noticed


def _hold_mails(session: Session, user_ids: list[int], *, after: int) -> None:
    theirs = (Message.id > after, Message.user_id.in_(user_ids), Message.state == MessageState.QUEUED)
    run(session, update(Message).where(*theirs).values(state=MessageState.HELD, reason=FELL_IN_A_GAP))
