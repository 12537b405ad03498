"""Comparisons of proposals: read in batches, worked out, and kept beside the proposal until it is decided on.

A lease in system time says who has one in hand; one that ran out means that its worker is gone, and the next
begins anew: nothing but time is lost.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import reading
from surveyd.distribution.models import Wave, WaveKind
from surveyd.people.models import Account
from surveyd.results.both_policies import Gathering, count_answers
from surveyd.results.comparing import Revenue, WaveFacts, comparison_of
from surveyd.results.comparison import Comparison
from surveyd.results.policies import current
from surveyd.results.policy_models import PolicyState, ScoringPolicy
from surveyd.results.proposals import changed
from surveyd.results.trend import LAUNCHED, MOST_WAVES
from surveyd.scoring.policy import Policy

LEASE = timedelta(minutes=5)
ATTEMPTS_AT_MOST = 3
"""How often one is begun that never comes to its end; asking again counts anew."""
Tell = Callable[[int, int], None]
"""Is told how many responses were looked at, of how many."""


def compare_with_current(policy: Policy, *, now: datetime, tell: Tell = lambda done, of: None) -> Comparison:
    """Compare a policy with the one in force, over all answers; batch by batch, each in a transaction.

    `tell` is called between the batches, and may write. Responses that come meanwhile are counted or not.
    """
    with reading() as session:
        in_force, total = current(session), count_answers(session)
    gathering, more = Gathering(policy), True
    while more:
        with reading() as session:
            more = gathering.read_more(session)
        tell(gathering.read, max(total, gathering.read))
    with reading() as session:
        return comparison_of(
            gathering.history(),
            policies=(in_force, policy),
            revenue=_revenue(session),
            waves=_waves(session),
            at=now,
        )


def uncompared(session: Session, *, system_now: datetime) -> list[int]:
    """The proposals, by id, that nobody has compared or has in hand, and that did not fail too often."""
    free = select(ScoringPolicy.id).where(_is_wanted(), *_free(system_now))
    return list(session.scalars(free.order_by(ScoringPolicy.id)))


def take(session: Session, policy_id: int, *, system_now: datetime) -> bool:
    """Take a comparison in hand; False when somebody else has it, none is wanted, or it failed too often."""
    mine = update(ScoringPolicy).where(ScoringPolicy.id == policy_id, _is_wanted(), *_free(system_now))
    begun = {"leased_until": system_now + LEASE, "attempts": ScoringPolicy.attempts + 1}
    return bool(changed(session, mine.values(rescored=0, to_rescore=0, **begun)))


def tell(session: Session, policy_id: int, *, done: int, of: int, system_now: datetime) -> None:
    """Note how far it is, and keep it in hand."""
    mine = update(ScoringPolicy).where(ScoringPolicy.id == policy_id, _is_wanted())
    changed(session, mine.values(leased_until=system_now + LEASE, rescored=done, to_rescore=of))


def keep(session: Session, policy_id: int, found: Comparison) -> bool:
    """Keep a comparison beside its proposal; False when it is with a version that is not in force any more.

    Then it is wanted anew, and in whose hands it is stays as it is.
    """
    # A switch goes on behind this, and drops it, or has ended before the version in force is read.
    in_force = select(ScoringPolicy.id).where(ScoringPolicy.state == PolicyState.CURRENT)
    session.execute(in_force.with_for_update())
    if current(session).version != found.against:
        return False
    mine = update(ScoringPolicy).where(ScoringPolicy.id == policy_id, _is_wanted())
    return bool(changed(session, mine.values(comparison=found.as_json(), leased_until=None, attempts=0)))


def want_again(session: Session, policy_id: int) -> None:
    """Have a proposal compared anew, with what is there by now."""
    mine = update(ScoringPolicy).where(
        ScoringPolicy.id == policy_id, ScoringPolicy.state == PolicyState.PROPOSED
    )
    changed(session, mine.values(comparison=None, leased_until=None, attempts=0, rescored=0, to_rescore=0))


def _is_wanted() -> ColumnElement[bool]:
    return (ScoringPolicy.state == PolicyState.PROPOSED) & ScoringPolicy.comparison.is_(None)


def _free(system_now: datetime) -> tuple[ColumnElement[bool], ...]:
    nobody = or_(ScoringPolicy.leased_until.is_(None), ScoringPolicy.leased_until < system_now)
    return nobody, ScoringPolicy.attempts < ATTEMPTS_AT_MOST


def _revenue(session: Session) -> dict[int, Revenue]:
    rows = session.execute(select(Account.id, Account.revenue_cents, Account.currency))
    return {account: Revenue(cents, currency) for account, cents, currency in rows}


def _waves(session: Session) -> list[WaveFacts]:
    last = (
        select(Wave.id, Wave.slug, Wave.day_zero)
        .where(Wave.kind == WaveKind.PROGRAM, Wave.state.in_(LAUNCHED))
        .order_by(Wave.day_zero.desc(), Wave.id.desc())
        .limit(MOST_WAVES)
    )
    return [WaveFacts(*row) for row in session.execute(last)][::-1]
