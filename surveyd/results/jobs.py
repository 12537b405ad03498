"""Jobs of results: what is to be done stands in the table of policies; the bell only says "look now"."""

import time
from datetime import datetime

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.services import Services, services
from surveyd.results import comparisons, rescoring
from surveyd.results.proposals import find_policy

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
    # A comparison is no work for a pass; without a queue it is done here all the same.
    done = sum(compare(one) for one in waiting if not ring_for_policy(house, COMPARE, one))
    if accepted is not None:
        done += rescore(accepted, seconds=SWEEP_SECONDS)
        ring_for_policy(house, RESCORE, accepted)
    return done + fill_stragglers(now, seconds=SWEEP_SECONDS)


def rescore(policy_id: int, rung_at: int = 0, *, seconds: float = SECONDS_AT_MOST) -> int:
    """Rescore history by an accepted version and put it in force; returns how many responses were scored.

    May run twice, be killed and be begun again: it goes on where it was.
    """
    with writing() as session:
        if not rescoring.take(session, policy_id, system_now=system_now()):
            return 0
    end, done, more = time.monotonic() + seconds, 0, True
    try:
        while more and time.monotonic() < end:
            scored, more = _step(policy_id, services().clock.now())
            done += scored
    finally:
        with writing() as session:
            rescoring.let_go(session, policy_id)
    return done


def fill_stragglers(now: datetime, *, seconds: float = SECONDS_AT_MOST) -> int:
    """Score by the version in force what was scored by the one before around its switch; returns how many."""
    with reading() as session:
        if not rescoring.is_look_due(session, now=now, system_now=system_now()):
            return 0
    with writing() as session:
        policy = rescoring.take_look(session, now=now, system_now=system_now())
    end, done = time.monotonic() + seconds, 0
    while policy is not None and time.monotonic() < end:
        with reading() as session:
            ids = rescoring.missing(session, policy.version)
        if not ids:
            break
        with writing() as session:
            rescoring.score_these(session, ids, policy, now=now)
        done += len(ids)
    return done


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
        comparisons.keep(session, policy_id, found)
    return True


def _step(policy_id: int, now: datetime) -> tuple[int, bool]:
    """One batch: how many were scored, and whether there may be more to do."""
    with writing() as session:
        work = rescoring.work_on(session, policy_id)
        if work is None:
            return 0, False
        scored = rescoring.rescore_next(session, work, now=now, system_now=system_now())
    if scored:
        return scored, True
    with reading() as session:
        ids = rescoring.missing(session, work.policy.version)
    with writing() as session:
        if ids:
            rescoring.score_these(session, ids, work.policy, now=now)
            return len(ids), True
        rescoring.put_in_force(session, work, now=now)
    return 0, True
