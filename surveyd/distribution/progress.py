"""How a wave's mails are getting on: what is out, what is to go, how fast. Asked every few seconds."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ScalarSelect, case, func, select
from sqlalchemy.orm import Session

from surveyd.base.statements import spelled
from surveyd.distribution.cadence import WISHED_REMINDER, cadence_of, plain_step
from surveyd.distribution.models import (
    OWED,
    Channel,
    Message,
    MessageState,
    Touch,
    TouchState,
    Wave,
    WaveState,
)
from surveyd.distribution.tallies import T, count_tallied, tallied
from surveyd.distribution.tally_models import TallyKind
from surveyd.distribution.waves import WaveStatus
from surveyd.people.models import Contact

PLANNED, HELD = TouchState.PLANNED.value, TouchState.HELD.value
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
    steps = {name: StepProgress(name) for name in names}
    for step, part in _planned_touches(session, wave, names, now=now):
        steps[step] = _with_planned(steps[step], part)
    under_way = [_with(step, status.messages.get(step.name, {})) for step in steps.values()]
    current = next((step for step in under_way if step.due or step.held or step.later), None)
    return Progress(current, _per_minute(session, wave, now))


def _planned_touches(
    session: Session, wave: Wave, names: Sequence[str], *, now: datetime
) -> Iterator[tuple[str, StepProgress]]:
    """The touches that are planned, by the steps of mails and by each of their numbers.

    How many is tallied. What is due already is counted: it stays little, since it is released at once.
    """
    states = Counter[tuple[str, str]]()
    kept = tallied(T.step, T.state, kinds=[TallyKind.TOUCH])
    for row in session.execute(kept.where(T.wave_id == wave.id, T.state.in_([PLANNED, HELD]))):
        if plain_step(row.step) in names:
            states[row.step, row.state] += row.number
    planned = [step for step, state in states if state == PLANNED]
    dates = session.execute(select(*_dates(wave, planned, now=now))).one() if planned else ()
    known = {step: dates[2 * place : 2 * place + 2] for place, step in enumerate(planned)}
    for step in sorted({step for step, _state in states}):
        due, next_at = known.get(step, (0, None))
        part = StepProgress(
            step, due=due, held=states[step, HELD], later=states[step, PLANNED] - due, next_at=next_at
        )
        yield plain_step(step), part


def _dates(wave: Wave, steps: Sequence[str], *, now: datetime) -> Iterator[ScalarSelect[Any]]:
    """For each step how many touches are due, and when the next is: each from one place of an index."""
    for step in steps:
        which = (Touch.wave_id == wave.id, Touch.step == step, Touch.state == TouchState.PLANNED)
        yield select(func.count()).where(*which, Touch.due_at <= now).scalar_subquery()
        yield select(func.min(Touch.due_at)).where(*which, Touch.due_at > now).scalar_subquery()


def _with_planned(step: StepProgress, part: StepProgress) -> StepProgress:
    """The step with the touches of one more of its numbers."""
    return StepProgress(
        step.name,
        due=step.due + part.due,
        held=step.held + part.held,
        later=step.later + part.later,
        next_at=min(filter(None, (step.next_at, part.next_at)), default=None),
    )


def _prepared(session: Session, wave: Wave) -> tuple[int, int]:
    prepared = count_tallied(session, TallyKind.INVITATION, TallyKind.EXCLUSION, which=[T.wave_id == wave.id])
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
