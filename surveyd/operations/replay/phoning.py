"""What support staff do: work through the call list, note each outcome, ask the questions on the phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from numpy.random import Generator
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.distribution.cadence import Window
from surveyd.distribution.call_attempts import record
from surveyd.distribution.call_models import CallOutcome, CallState
from surveyd.distribution.calls import find_call
from surveyd.operations.company.answers import pick
from surveyd.operations.company.words import words
from surveyd.operations.replay.asking import Asked, Asking, Phase, Purpose
from surveyd.operations.replay.player import Flagged
from surveyd.operations.replay.timeline import Act
from surveyd.people.access import SYSTEM
from surveyd.responses.answers import AnswerChannel

CALL_HOURS = Window(9, 17)
LIST_DAYS = 7.0
"""In how many days the list is worked through once."""
BY_PHONE = 0.6
"""How many of those whom a call moves to answer do so at once; the others use the link."""
LINK_WAIT = timedelta(hours=30)
DAY = timedelta(days=1)
TRIES_IN_VAIN = 1.9
"""Fewer than so many attempts find nobody before one ends the matter."""
IN_VAIN = (CallOutcome.NO_ANSWER, CallOutcome.NO_ANSWER, CallOutcome.NO_ANSWER, CallOutcome.CALL_BACK)
ENDS = (
    (CallOutcome.REACHED, 0.30),
    (CallOutcome.DECLINED, 0.22),
    (CallOutcome.WRONG_NUMBER, 0.05),
    (CallOutcome.NO_ANSWER, 0.43),
)
"""How the calls to those end who never answer."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to call, decided before it is made."""

    call_id: int
    one: Asked
    outcome: CallOutcome
    note: str
    by: int
    next_at: datetime


class Phoning:
    """The call list of one wave, shared by the support staff."""

    def __init__(self, asking: Asking, staff: Sequence[int]) -> None:
        self.asking = asking
        self.staff = staff

    def plan(self, flagged: Sequence[Flagged], at: datetime) -> None:
        """Plan the attempts to call those who just came onto the list."""
        for one in flagged:
            asked = self.asking.asked.get(one.invitation_id)
            if asked is not None:
                self._plan(one.call_id, asked, at)

    def _plan(self, call_id: int, one: Asked, flagged_at: datetime) -> None:
        rng = self.asking.rng(one, Purpose.CALLS)
        by = self.staff[int(rng.integers(len(self.staff)))]
        at = self._on_duty(flagged_at + DAY * LIST_DAYS * float(rng.random()), one)
        for outcome in self._outcomes(one, rng):
            following = self._on_duty(at + DAY * (0.8 + float(rng.random())), one)
            note = pick(rng, words()["calls"][outcome.value])
            attempt = Attempt(call_id, one, outcome, note, by, following)
            self.asking.player.timeline.add(at, self._calling(attempt))
            at = following

    def _outcomes(self, one: Asked, rng: Generator) -> list[CallOutcome]:
        vain = [IN_VAIN[rng.integers(len(IN_VAIN))] for _ in range(int(TRIES_IN_VAIN * rng.random()))]
        if self.asking.phases[one.invitation_id] is Phase.CALL:
            return [*vain, CallOutcome.COMPLETED if rng.random() < BY_PHONE else CallOutcome.REACHED]
        end = ENDS[rng.choice(len(ENDS), p=[share for _, share in ENDS])][0]
        return [*vain, end]

    def _calling(self, attempt: Attempt) -> Act:
        return lambda session, at: self._call(session, at, attempt)

    def _call(self, session: Session, at: datetime, attempt: Attempt) -> None:
        call = find_call(session, attempt.call_id, scope=SYSTEM)
        if call.state is not CallState.OPEN:
            return
        back = attempt.outcome is CallOutcome.CALL_BACK
        record(
            session,
            call,
            attempt.outcome,
            now=at,
            system_now=at,
            by=attempt.by,
            note=attempt.note,
            call_back_at=attempt.next_at if back else None,
        )
        if attempt.outcome is CallOutcome.COMPLETED:
            self.asking.answer(session, at, attempt.one, channel=AnswerChannel.PHONE, by=attempt.by)
        elif (
            attempt.outcome is CallOutcome.REACHED
            and self.asking.phases[attempt.one.invitation_id] is Phase.CALL
        ):
            self._plan_answer(at, attempt.one)

    def _plan_answer(self, at: datetime, one: Asked) -> None:
        wait = LINK_WAIT * (0.01 + float(self.asking.rng(one, Purpose.LINK).random()))
        latest = max(at, self.asking.closes_at - timedelta(hours=1))
        answers_at = min((at + wait).replace(microsecond=0), latest)
        self.asking.player.timeline.add(answers_at, lambda session, at: self.asking.answer(session, at, one))

    def _on_duty(self, at: datetime, one: Asked) -> datetime:
        return CALL_HOURS.opens(at.replace(microsecond=0), zone_named(one.time_zone))
