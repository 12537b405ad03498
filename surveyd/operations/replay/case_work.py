"""What case owners do: reach the person, find out what was behind it, see to it, close the case."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from numpy.random import Generator
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.closed_loop import cases
from surveyd.closed_loop.cases import AttemptResult
from surveyd.closed_loop.models import Case
from surveyd.distribution.cadence import Window
from surveyd.operations.company.answers import Reply, pick
from surveyd.operations.company.words import words
from surveyd.operations.replay.timeline import Act, Timeline

OFFICE_HOURS = Window(9, 17)
PROMPT, LATE, LEFT_OPEN = 0.82, 0.985, 0.03
"""Shares: reached in time, reached at all; of those reached, not closed."""
TRIED_IN_VAIN, NOTED = 0.30, 0.30
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Heard:
    """A case, what the person said, and where they are."""

    case_id: int
    said: Reply
    time_zone: str


class CaseWork:
    """Plans the follow-up of each case at the moment when it opens."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline

    def plan(self, session: Session, heard: Heard, *, at: datetime, rng: Generator) -> None:
        """Plan what the owner of a fresh case does; of the many some are late, and a few are forgotten."""
        owner, due_at = session.execute(
            select(Case.owner_id, Case.due_at).where(Case.id == heard.case_id)
        ).one()
        draw, share = rng.random(), float(rng.random())
        if owner is None or draw > LATE:
            return
        left = due_at - at
        wait = left * (0.1 + 0.8 * share) if draw < PROMPT else left + DAY * (0.2 + 6 * share)
        reached_at = self._at_work(at + wait, heard)
        if rng.random() < TRIED_IN_VAIN:
            tried = AttemptResult.NO_ANSWER if rng.random() < 0.5 else AttemptResult.LEFT_MESSAGE
            text = pick(rng, words()["cases"]["left_message"])
            self.timeline.add(self._at_work(at + wait / 2, heard), _attempt(heard, owner, tried, text))
        text = pick(rng, words()["cases"]["reached"])
        self.timeline.add(reached_at, _attempt(heard, owner, AttemptResult.REACHED, text))
        closed_at = self._at_work(reached_at + DAY * (0.2 + 15 * float(rng.random())), heard)
        if rng.random() < NOTED:
            text = pick(rng, words()["cases"]["note"])
            noted_at = self._at_work(reached_at + (closed_at - reached_at) / 2, heard)
            self.timeline.add(noted_at, _note(heard, owner, text))
        if rng.random() > LEFT_OPEN:
            self.timeline.add(closed_at, _close(heard, owner, *_ending(heard.said, rng)))

    def _at_work(self, at: datetime, heard: Heard) -> datetime:
        return OFFICE_HOURS.opens(at.replace(microsecond=0), zone_named(heard.time_zone))


def _ending(said: Reply, rng: Generator) -> tuple[str, str]:
    topic = words()["topics"][said.topic]
    if said.is_praise:
        return pick(rng, words()["cases"]["praise"]), pick(rng, words()["cases"]["thanked"])
    return topic["cause"], topic["outcome"]


def _attempt(heard: Heard, by: int, result: AttemptResult, text: str) -> Act:
    return lambda session, at: cases.record_attempt(
        session, heard.case_id, result=result, text=text, by=by, now=at
    )


def _note(heard: Heard, by: int, text: str) -> Act:
    return lambda session, at: cases.note(session, heard.case_id, text=text, by=by, now=at)


def _close(heard: Heard, by: int, cause: str, outcome: str) -> Act:
    return lambda session, at: cases.close_case(
        session, heard.case_id, root_cause=cause, outcome=outcome, by=by, now=at
    )
