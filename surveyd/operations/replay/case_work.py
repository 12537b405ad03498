"""What case owners do: reach the person, find out what was behind it, see to it, close the case."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from numpy.random import Generator
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.closed_loop import cases
from surveyd.closed_loop.cases import AttemptResult
from surveyd.closed_loop.models import Case, Ending, RootCause
from surveyd.distribution.cadence import Window
from surveyd.operations.company.answers import Reply, pick
from surveyd.operations.company.words import words
from surveyd.operations.replay.timeline import Act, Timeline

OFFICE_HOURS = Window(9, 17)
PROMPT, LATE, LEFT_OPEN = 0.82, 0.985, 0.03
"""Shares: reached in time, reached within a week more; of those reached, not closed by themselves."""
CLEARED = timedelta(days=40)
"""What was forgotten, or left open, is found when the wave is over."""
TRIED_IN_VAIN, NOTED = 0.30, 0.30
SOON_RESOLVED, RESOLVED_AT_LAST = 0.80, 0.93
"""Shares of the cases that are closed as resolved, and as resolved or to be resolved later."""
CAUSES = {
    "support": RootCause.SUPPORT,
    "easy": RootCause.COMMUNICATION,
    "onboarding": RootCause.ONBOARDING,
    "delivery": RootCause.DELIVERY,
    "promises": RootCause.PROMISE,
    "worth": RootCause.PRICE,
    "billing": RootCause.BILLING,
    "renewal": RootCause.COMMUNICATION,
    "evaluating": RootCause.PROMISE,
}
"""What a complaint about a topic is sorted under; of the others something else was the cause."""
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
        """Plan what the owner of a fresh case does; of the many some are late, a few forgotten for long."""
        owner, due_at = session.execute(
            select(Case.owner_id, Case.due_at).where(Case.id == heard.case_id)
        ).one()
        draw, share = rng.random(), float(rng.random())
        if owner is None:
            return
        left = due_at - at
        wait = left * (0.1 + 0.8 * share) if draw < PROMPT else left + DAY * (0.2 + 6 * share)
        if draw > LATE:
            wait += CLEARED
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
        if rng.random() < LEFT_OPEN:
            closed_at = self._at_work(closed_at + CLEARED, heard)
        ending = _how_it_ends(in_time=draw < PROMPT, share=share)
        self.timeline.add(closed_at, _close(heard, owner, _closing(heard.said, ending, rng)))

    def _at_work(self, at: datetime, heard: Heard) -> datetime:
        return OFFICE_HOURS.opens(at.replace(microsecond=0), zone_named(heard.time_zone))


@dataclass(frozen=True, slots=True)
class Closing:
    """What was behind a case and what came of it, in words and sorted."""

    root_cause: str
    outcome: str
    kinds: cases.Kinds


def _closing(said: Reply, ending: Ending, rng: Generator) -> Closing:
    topic = words()["topics"][said.topic]
    if said.is_praise:
        praise, thanked = pick(rng, words()["cases"]["praise"]), pick(rng, words()["cases"]["thanked"])
        return Closing(praise, thanked, cases.Kinds(RootCause.PRAISE, Ending.RESOLVED))
    kinds = cases.Kinds(CAUSES.get(said.topic, RootCause.OTHER), ending)
    return Closing(topic["cause"], topic["outcome"], kinds)


def _how_it_ends(*, in_time: bool, share: float) -> Ending:
    if share > SOON_RESOLVED or not in_time:
        return Ending.UNRESOLVED if share > RESOLVED_AT_LAST else Ending.RESOLVED_LATER
    return Ending.RESOLVED


def _attempt(heard: Heard, by: int, result: AttemptResult, text: str) -> Act:
    return lambda session, at: cases.record_attempt(
        session, heard.case_id, result=result, text=text, by=by, now=at
    )


def _note(heard: Heard, by: int, text: str) -> Act:
    return lambda session, at: cases.note(session, heard.case_id, text=text, by=by, now=at)


def _close(heard: Heard, by: int, closing: Closing) -> Act:
    return lambda session, at: cases.close_case(
        session,
        heard.case_id,
        root_cause=closing.root_cause,
        outcome=closing.outcome,
        kinds=closing.kinds,
        by=by,
        now=at,
    )
