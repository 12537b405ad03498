"""Jobs of results: what is to be done stands in the table of policies; the bell only says "look now"."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.services import Services, services
from surveyd.results import comparisons, rescoring
from surveyd.results.proposals import find_policy

log = logging.getLogger("surveyd.results")

RESCORE = "surveyd.results.jobs.rescore"
COMPARE = "surveyd.results.jobs.compare"
SECONDS_AT_MOST = 120.0
"""A job ends well before its queue would end it; the sweep goes on with what is left."""
SWEEP_SECONDS = 0.5
"""How long a sweep works itself where no worker does: its pass has a second."""


def ring_for_policy(house: Services, job: str, policy_id: int) -> bool:
    """Ask a worker to see to a policy; returns whether the queue took it.

    The minute stands in the job's name: the bell of a worker that died in the middle is dumb for no longer.
    """
    return house.bell.ring(job, policy_id, int(system_now().timestamp() // 60))


def work_on_policies(house: Services, now: datetime) -> int:
    """Have proposals compared and history rescored by a worker, and fill what a switch has left: a sweep.

    Where no worker comes, rescoring goes on here, half a second a pass. Returns how much was done here.
    """
    with reading() as session:
        waiting = comparisons.uncompared(session, system_now=system_now())
        accepted = rescoring.unfinished(session, system_now=system_now())
    unheard = [one for one in waiting if not ring_for_policy(house, COMPARE, one)]
    # A comparison is no work for a pass; without a queue one is done here all the same.
    done = sum(_tried(compare, one) for one in unheard[:1])
    if accepted is not None:
        done += _tried(partial(rescore, seconds=SWEEP_SECONDS), accepted)
        ring_for_policy(house, RESCORE, accepted)
    return done + fill_stragglers(now, seconds=SWEEP_SECONDS)


def _tried(work: Callable[[int], int], policy_id: int) -> int:
    """What was done; what fails is logged and stops nothing else. Its lease keeps it from the next pass."""
    try:
        return work(policy_id)
    except Exception:
        log.exception("a policy's work failed", extra={"facts": {"id": policy_id}})
        return 0


def rescore(policy_id: int, rung_at: int = 0, *, seconds: float = SECONDS_AT_MOST) -> int:
    """Rescore history by an accepted version and put it in force; returns how many responses were scored.

    May run twice, be killed and be begun again: it goes on where it was.
    """
    taken_at = system_now()
    with writing() as session:
        if not rescoring.take(session, policy_id, system_now=taken_at):
            return 0
    end, done, more = time.monotonic() + seconds, 0, True
    while more and time.monotonic() < end:
        at = system_now()
        step = _step(policy_id, services().clock.now(), at)
        done, more, taken_at = done + step.scored, step.more, at if step.is_held else taken_at
    # Not after a fault: until its lease runs out, what fails is not tried again.
    with writing() as session:
        rescoring.let_go(session, policy_id, taken_at=taken_at)
    return done


def fill_stragglers(now: datetime, *, seconds: float = SECONDS_AT_MOST) -> int:
    """Score by the version in force what was scored by the one before around its switch; returns how many."""
    with reading() as session:
        if not rescoring.is_look_due(session, system_now=system_now()):
            return 0
    with writing() as session:
        look = rescoring.take_look(session, system_now=system_now())
    if look is None:
        return 0
    end, done = time.monotonic() + seconds, 0
    while ids := _stragglers(look):
        with writing() as session:
            rescoring.score_these(session, ids, look.policy, now=now)
        done += len(ids)
        if time.monotonic() > end:
            break
    with writing() as session:
        rescoring.note_look(session, look, found=done)
    return done


def _stragglers(look: rescoring.Look) -> list[int]:
    with reading() as session:
        return rescoring.stragglers(session, look)


def compare(policy_id: int, rung_at: int = 0) -> bool:
    """Work out what a proposal would move and keep it beside it; returns whether it was done here."""
    with writing() as session:
        if not comparisons.take(session, policy_id, system_now=system_now()):
            return False

    def tell(done: int, of: int) -> None:
        with writing() as telling:
            comparisons.tell(telling, policy_id, done=done, of=of, system_now=system_now())

    with reading() as session:
        policy = find_policy(session, policy_id).policy
    found = comparisons.compare_with_current(policy, now=services().clock.now(), tell=tell)
    with writing() as session:
        return comparisons.keep(session, policy_id, found)


@dataclass(frozen=True, slots=True)
class _Step:
    """One batch: how many were scored, whether there may be more to do, and whether it renewed the lease."""

    scored: int
    more: bool = True
    is_held: bool = False


def _step(policy_id: int, now: datetime, at: datetime) -> _Step:
    with writing() as session:
        work = rescoring.work_on(session, policy_id)
        if work is None:
            return _Step(0, more=False)
        scored = rescoring.rescore_next(session, work, now=now, system_now=at)
    if scored:
        return _Step(scored, is_held=True)
    with reading() as session:
        ids = rescoring.missing(session, work.policy.version)
    with writing() as session:
        if ids:
            rescoring.score_these(session, ids, work.policy, now=now)
            return _Step(len(ids))
        rescoring.put_in_force(session, work, now=now)
    return _Step(0)
