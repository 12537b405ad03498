"""How people behave in a rehearsal: as they did in the program's last wave, or as is usual."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.distribution.cadence import plain_step
from surveyd.distribution.call_models import Call, CallAttempt
from surveyd.distribution.models import (
    Channel,
    Invitation,
    InvitationState,
    Message,
    Suppression,
    Touch,
    Wave,
    WaveKind,
)

MOST_DELAYS = 200
LEAST_PEOPLE = 20
"""Of fewer people nothing is learned."""


@dataclass(frozen=True, slots=True)
class Answering:
    """After one step: which share of those touched by it answer, and after how many minutes, ascending."""

    share: float
    delays: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Shares of people, and how often a call is tried; `wave` has shown them, empty for what is usual."""

    wave: str
    steps: dict[str, Answering]
    bounced: float
    opted_out: float
    attempts: float

    def after(self, step: str, channel: Channel, *, is_first: bool) -> Answering:
        """How people answer after a step; one that is new is like the usual ones of its channel."""
        if known := self.steps.get(step):
            return known
        return BY_PHONE if channel is Channel.PHONE else FIRST_MAIL if is_first else LATER_MAIL


_HOURS = (1, 2, 3, 5, 8, 20, 24, 27, 32, 48, 54, 72, 96, 120, 168)
FIRST_MAIL = Answering(0.20, tuple(60 * hours for hours in _HOURS))
LATER_MAIL = Answering(0.10, tuple(60 * hours for hours in _HOURS))
BY_PHONE = Answering(0.25, (5, 10, 15, 20, 30))
USUAL = Behaviour(wave="", steps={}, bounced=0.02, opted_out=0.01, attempts=1.9)
"""What is taken where no wave has shown it: of a hundred 20 answer the first mail, 10 each later one, and 25
a call; 2 mails come back, 1 person opts out, and a call takes 1.9 attempts."""


def behaviour_of(session: Session, wave: Wave, *, now: datetime) -> Behaviour:
    """How people behaved in the last wave of the program that is over; the usual without one."""
    own = (Wave.program_id == wave.program_id, Wave.kind == WaveKind.PROGRAM, Wave.id != wave.id)
    over = select(Wave).where(*own, Wave.launched_at.is_not(None), Wave.closes_at <= now)
    last = session.scalars(over.order_by(Wave.closes_at.desc(), Wave.id.desc()).limit(1)).first()
    if last is None:
        return USUAL
    invited, opted_out = _states(session, last.id)
    if invited < LEAST_PEOPLE:
        return USUAL
    bounced = select(func.count(func.distinct(Message.contact_id))).join(
        Suppression, Suppression.message_id == Message.id
    )
    return Behaviour(
        wave=last.slug,
        steps=_steps(session, last.id),
        bounced=session.execute(bounced.where(Message.wave_id == last.id)).scalar_one() / invited,
        opted_out=opted_out / invited,
        attempts=_attempts(session, last.id),
    )


def _states(session: Session, wave_id: int) -> tuple[int, int]:
    counted = select(Invitation.state, func.count()).where(Invitation.wave_id == wave_id)
    rows = session.execute(counted.group_by(Invitation.state)).all()
    states = {state: count for state, count in rows}  # noqa: C416  # says what the two are
    return sum(states.values()), states.get(InvitationState.OPTED_OUT, 0)


def _steps(session: Session, wave_id: int) -> dict[str, Answering]:
    """The answers of a wave, each behind the last touch before it."""
    touched = select(Touch.invitation_id, Touch.step, Touch.released_at, Invitation.answered_at).join(
        Invitation, Invitation.id == Touch.invitation_id
    )
    touched = touched.where(Touch.wave_id == wave_id, Touch.released_at.is_not(None))
    people: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    answers: dict[int, datetime] = {}
    counts: dict[str, int] = defaultdict(int)
    for invitation_id, step, released_at, answered_at in session.execute(touched):
        counts[plain_step(step)] += 1
        if released_at is not None:
            people[invitation_id].append((released_at, plain_step(step)))
        if answered_at is not None:
            answers[invitation_id] = answered_at
    delays: dict[str, list[int]] = defaultdict(list)
    for invitation_id, answered_at in answers.items():
        before = sorted(one for one in people[invitation_id] if one[0] <= answered_at)
        if before:
            at, step = before[-1]
            delays[step].append(int((answered_at - at) / timedelta(minutes=1)))
    return {
        step: Answering(len(delays[step]) / count, _few(sorted(delays[step])))
        for step, count in counts.items()
        if count >= LEAST_PEOPLE
    }


def _few(delays: Sequence[int]) -> tuple[int, ...]:
    if len(delays) <= MOST_DELAYS:
        return tuple(delays)
    return tuple(delays[place * len(delays) // MOST_DELAYS] for place in range(MOST_DELAYS))


def _attempts(session: Session, wave_id: int) -> float:
    tried = select(func.count(CallAttempt.id), func.count(func.distinct(CallAttempt.call_id)))
    tried = tried.join(Call, Call.id == CallAttempt.call_id)
    tried = tried.join(Invitation, Invitation.id == Call.invitation_id)
    attempts, calls = session.execute(tried.where(Invitation.wave_id == wave_id)).one()
    return attempts / calls if calls >= LEAST_PEOPLE else USUAL.attempts


@dataclass(frozen=True, slots=True)
class Dice:
    """Chance that is the same each time: by the seed, the person and what it is thrown for."""

    seed: int

    def throw(self, contact_id: int, purpose: str) -> float:
        """A number from 0 to 1, without 1."""
        text = f"{self.seed}.{contact_id}.{purpose}".encode()
        return int.from_bytes(blake2b(text, digest_size=7).digest()) / (1 << 56)

    def delay(self, contact_id: int, purpose: str, delays: Sequence[int]) -> timedelta:
        """One of the delays, which are in minutes."""
        return timedelta(minutes=delays[int(self.throw(contact_id, purpose) * len(delays))] if delays else 60)

    def attempts(self, contact_id: int, purpose: str, mean: float) -> int:
        """How often one call is tried, so that the mean is about right: at least once."""
        whole = max(1, int(mean))
        more = self.throw(contact_id, purpose) < mean - whole
        return whole + more
