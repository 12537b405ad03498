"""How a wave's mails are getting on: what is out, what is to go, how fast. Asked every few seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, case, func, or_, select
from sqlalchemy.orm import Session

from surveyd.base.statements import spelled
from surveyd.distribution.cadence import WISHED_REMINDER, cadence_of, plain_step
from surveyd.distribution.models import (
    OWED,
    Channel,
    Exclusion,
    Invitation,
    Message,
    MessageState,
    Touch,
    TouchState,
    Wave,
    WaveState,
)
from surveyd.distribution.waves import WaveStatus
from surveyd.people.models import Contact

LOOK_BACK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StepProgress:
    """One mailed step. Its mails are `sent`, `stopped` (failed or withdrawn), to go now or to go later.

    `held` wait for a person. `next_at` is when the first of the later ones is due.
    """

    name: str
    sent: int = 0
    stopped: int = 0
    due: int = 0
    held: int = 0
    later: int = 0
    next_at: datetime | None = None

    @property
    def done(self) -> int:
        return self.sent + self.stopped

    @property
    def total(self) -> int:
        return self.done + self.due + self.held + self.later


@dataclass(frozen=True, slots=True)
class Progress:
    """The step that is under way, or the next one; None when no mail is left to go.

    `per_minute` is what went out in the last minute. While the ledger is being written, `prepared` of
    `contacts` have been dealt with.
    """

    step: StepProgress | None
    per_minute: int
    prepared: int = 0
    contacts: int = 0

    @property
    def left(self) -> timedelta | None:
        """How long the mails that are due now will take at this pace; None while there is no pace."""
        if self.step is None or not self.per_minute:
            return None
        return timedelta(minutes=self.step.due / self.per_minute)


def progress(session: Session, wave: Wave, *, status: WaveStatus, now: datetime) -> Progress:
    """How far the wave's mails are at program time `now`; `status` has counted them already."""
    if wave.state is WaveState.PREPARING:
        return Progress(None, 0, *_prepared(session, wave))
    names = (*cadence_of(session, wave).names(Channel.MAIL), WISHED_REMINDER)
    planned = select(
        Touch.step,
        func.count(case((and_(Touch.state == TouchState.PLANNED, Touch.due_at <= now), 1))).label("due"),
        func.count(case((Touch.state == TouchState.HELD, 1))).label("held"),
        func.count(case((and_(Touch.state == TouchState.PLANNED, Touch.due_at > now), 1))).label("later"),
        func.min(Touch.due_at).label("next_at"),
    ).where(
        Touch.wave_id == wave.id,
        or_(Touch.step.in_(names), Touch.step.startswith(WISHED_REMINDER, autoescape=True)),
        Touch.state.in_([TouchState.PLANNED, TouchState.HELD]),
    )
    steps = {name: StepProgress(name) for name in names}
    for row in session.execute(planned.group_by(Touch.step)):
        steps[plain_step(row.step)] = _planned(steps[plain_step(row.step)], row)
    under_way = [_with(step, status.messages.get(step.name, {})) for step in steps.values()]
    current = next((step for step in under_way if step.due or step.held or step.later), None)
    return Progress(current, _per_minute(session, wave, now))


def _planned(step: StepProgress, row: Row[*tuple[Any, ...]]) -> StepProgress:
    """The step with the touches of one more of its numbers."""
    return StepProgress(
        step.name,
        due=step.due + row.due,
        held=step.held + row.held,
        later=step.later + row.later,
        next_at=min(filter(None, (step.next_at, row.next_at)), default=None),
    )


def _prepared(session: Session, wave: Wave) -> tuple[int, int]:
    rows = (select(func.count()).where(table.wave_id == wave.id) for table in (Invitation, Exclusion))
    prepared = sum(session.execute(count).scalar_one() for count in rows)
    return prepared, session.execute(select(func.count(Contact.id))).scalar_one()


def _with(step: StepProgress, messages: Mapping[str, int]) -> StepProgress:
    sent, held = messages.get(MessageState.SENT, 0), messages.get(MessageState.HELD, 0)
    owed = sum(messages.get(state, 0) for state in OWED) - held
    return StepProgress(
        step.name,
        sent=sent,
        stopped=sum(messages.values()) - sent - held - owed,
        due=step.due + owed,
        held=step.held + held,
        later=step.later,
        next_at=step.next_at if step.later else None,
    )


def _per_minute(session: Session, wave: Wave, now: datetime) -> int:
    """The pace of the last minute, or of the shorter time since its first mail."""
    # Not narrowed by the wave: an index has what went out lately, of all waves, and that is little.
    its_own = Message.wave_id == wave.id
    row = session.execute(
        select(
            func.count(case((its_own, 1))).label("mails"),
            func.min(case((its_own, Message.sent_at))).label("since"),
        ).where(Message.state == spelled(MessageState.SENT), Message.sent_at > now - LOOK_BACK)
    ).one()
    if not row.mails:
        return 0
    span = max((now - row.since).total_seconds(), 1.0)
    return int(row.mails * 60 / span)
