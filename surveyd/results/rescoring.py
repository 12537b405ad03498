"""History scored anew beside the old scores, batch by batch, until the new version can be put in force.

Each batch is one small write transaction, so that submits come in between. A cursor by id and a lease in
system time say how far it is and who has it in hand: a kill in the middle costs one batch. What was answered
or corrected meanwhile has a score by the version in force only; it is filled in before the switch, and after
it until a quiet time has passed, since a process may commit what it had begun by the old version. That this
is over stands on the version's row: whatever stops in between, and for how long, the look is made.

A batch locks its responses against corrections (PostgreSQL; on SQLite there is one writer): a correction
drops the scores of both versions, so what it overtakes is missing, never stale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from surveyd.base.database import insert_new
from surveyd.distribution.models import QuestionnaireVersion
from surveyd.people.audit import record
from surveyd.responses.models import Response
from surveyd.results import scores
from surveyd.results.models import Score
from surveyd.results.policies import with_digest
from surveyd.results.policy_models import PolicyState, ScoringPolicy
from surveyd.results.proposals import THING, changed
from surveyd.results.scores import ScoredResponse
from surveyd.scoring.policy import Policy

BATCH = 100
LEASE = timedelta(seconds=60)
QUIET = timedelta(minutes=10)
"""How long, in system time, nothing by the version before has come when the last look is made."""
LOOK_AGAIN = timedelta(seconds=20)
OPEN_IDS = 10_000
"""So many ids of scores before the switch are looked at again each time: their transactions may end later."""


@dataclass(frozen=True, slots=True)
class Work:
    """A rescoring in somebody's hands: the version, and how far it is by the responses' ids."""

    policy_id: int
    policy: Policy
    cursor: int


@dataclass(frozen=True, slots=True)
class Look:
    """A look for stragglers in somebody's hands; the last one looks at all history."""

    policy_id: int
    policy: Policy
    looked_from: int
    is_last: bool


def unfinished(session: Session, *, system_now: datetime) -> int | None:
    """The id of the version that history is to be rescored by and nobody has in hand; None without one."""
    mine = select(ScoringPolicy.id).where(ScoringPolicy.state == PolicyState.RESCORING, _free(system_now))
    return session.scalar(mine)


def take(session: Session, policy_id: int, *, system_now: datetime) -> bool:
    """Take the rescoring in hand; False when somebody else has it, or there is nothing to do."""
    mine = update(ScoringPolicy).where(_is_rescoring(policy_id), _free(system_now))
    return bool(changed(session, mine.values(leased_until=system_now + LEASE)))


def let_go(session: Session, policy_id: int, *, taken_at: datetime) -> bool:
    """Let the next one take it at once; False when by now it is not held as it was at `taken_at`."""
    mine = _is_rescoring(policy_id) & (ScoringPolicy.leased_until == taken_at + LEASE)
    return bool(changed(session, update(ScoringPolicy).where(mine).values(leased_until=None)))


def work_on(session: Session, policy_id: int) -> Work | None:
    """Where the rescoring stands; None when it is done or was withdrawn."""
    row = session.scalar(select(ScoringPolicy).where(_is_rescoring(policy_id)))
    return Work(row.id, with_digest(session, row.digest), row.rescored_to) if row else None


def rescore_next(
    session: Session, work: Work, *, now: datetime, system_now: datetime, most: int = BATCH
) -> int:
    """Score the responses behind the cursor by the new version and move it on; returns how many.

    0 at the end, and when another worker has moved the cursor: look with `work_on` how things stand. A score
    is written once, whoever comes first.
    """
    chosen = select(Response.id).where(Response.id > work.cursor).order_by(Response.id).limit(most)
    ids = list(session.scalars(chosen))
    if not ids:
        return 0
    mine = update(ScoringPolicy).where(
        _is_rescoring(work.policy_id), ScoringPolicy.rescored_to == work.cursor
    )
    moved = {"rescored_to": ids[-1], "rescored": ScoringPolicy.rescored + len(ids)}
    if not changed(session, mine.values(moved | {"leased_until": system_now + LEASE})):
        return 0
    score_these(session, ids, work.policy, now=now)
    return len(ids)


def missing(session: Session, version: str, *, most: int = BATCH) -> list[int]:
    """Responses without a score by this version, by id. Reads all history: not for a write transaction."""
    there = exists().where(Score.response_id == Response.id, Score.rule_version == version)
    return list(session.scalars(select(Response.id).where(~there).order_by(Response.id).limit(most)))


def score_these(session: Session, ids: Sequence[int], policy: Policy, *, now: datetime) -> None:
    """Write the scores that these responses lack under a version."""
    chosen = (
        select(
            Response.id,
            Response.wave_id,
            Response.account_id,
            Response.version_id,
            Response.answers,
            QuestionnaireVersion.digest,
        )
        .join(QuestionnaireVersion, QuestionnaireVersion.id == Response.version_id)
        .where(Response.id.in_(ids))
        .order_by(Response.id)
        .with_for_update(read=True, of=Response)
    )
    rows = []
    for row in session.execute(chosen).all():
        key = scores.key_of_version(session, version_id=row.version_id, digest=row.digest, policy=policy)
        of = scores.score(row.answers, key=key)
        rows.append(scores.row_of(ScoredResponse(row.id, row.wave_id, row.account_id), of=of, now=now))
    insert_new(session, Score, rows, unique=["response_id", "rule_version"])


def put_in_force(session: Session, work: Work, *, now: datetime) -> bool:
    """Put the version in force and retire the one before, at once.

    False when responses have come that the cursor has not reached, or when it was decided otherwise.
    """
    later = select(Response.id).where(Response.id > work.cursor).limit(1)
    if session.scalar(later) is not None:
        return False
    mine = update(ScoringPolicy).where(_is_rescoring(work.policy_id))
    # Its row first, so that of two workers one goes on: an index allows one version in force at a time.
    if not changed(session, mine.values(to_rescore=ScoringPolicy.rescored, leased_until=None)):
        return False
    before = update(ScoringPolicy).where(ScoringPolicy.state == PolicyState.CURRENT)
    changed(session, before.values(state=PolicyState.RETIRED, leased_until=None))
    last = session.scalar(select(func.max(Score.id))) or 0
    looking = {"looked_from": max(0, last - OPEN_IDS), "quiet_since": None}
    changed(session, mine.values(state=PolicyState.CURRENT, in_force_at=now, **looking))
    # What other proposals would move, they would move from here now.
    others = update(ScoringPolicy).where(ScoringPolicy.state == PolicyState.PROPOSED)
    changed(session, others.values(comparison=None, leased_until=None, attempts=0))
    facts: dict[str, str | int] = {"version": work.policy.version}
    record(
        session, action="put_in_force", thing=THING, thing_id=work.policy_id, by=None, now=now, facts=facts
    )
    return True


def is_look_due(session: Session, *, system_now: datetime) -> bool:
    """Whether it is time to look again for what was scored by the version before the last switch."""
    due = select(ScoringPolicy.id).where(_is_looked_for(), _free(system_now))
    return session.scalar(due) is not None


def take_look(session: Session, *, system_now: datetime) -> Look | None:
    """The look to be made now; None for all others who ask at the same time, and when no more is needed."""
    mine = update(ScoringPolicy).where(_is_looked_for(), _free(system_now))
    since = func.coalesce(ScoringPolicy.quiet_since, system_now)
    if not changed(session, mine.values(leased_until=system_now + LOOK_AGAIN, quiet_since=since)):
        return None
    row = session.scalars(select(ScoringPolicy).where(_is_looked_for())).one()
    assert row.looked_from is not None and row.quiet_since is not None
    is_last = system_now - row.quiet_since > QUIET
    return Look(row.id, with_digest(session, row.digest), row.looked_from, is_last)


def stragglers(session: Session, look: Look, *, most: int = BATCH) -> list[int]:
    """Responses that a look finds, by id: scored around its switch or since, but not by its version."""
    if look.is_last:
        return missing(session, look.policy.version, most=most)
    version, of_it = look.policy.version, aliased(Score)
    there = exists().where(of_it.response_id == Score.response_id, of_it.rule_version == version)
    others = select(Score.response_id).where(Score.id > look.looked_from, Score.rule_version != version)
    found = others.where(~there).order_by(Score.id)
    return list(dict.fromkeys(session.scalars(found.limit(most))))


def note_look(session: Session, look: Look, *, found: int) -> None:
    """Write down what a look has come to: the quiet time begins again, or the last one has found nothing."""
    if found:
        values = {"quiet_since": None}
    elif look.is_last:
        values = {"looked_from": None}
    else:
        return
    changed(session, update(ScoringPolicy).where(ScoringPolicy.id == look.policy_id).values(values))


def _is_rescoring(policy_id: int) -> ColumnElement[bool]:
    return (ScoringPolicy.id == policy_id) & (ScoringPolicy.state == PolicyState.RESCORING)


def _is_looked_for() -> ColumnElement[bool]:
    """The version in force, until what its switch has left is known to be filled in."""
    return (ScoringPolicy.state == PolicyState.CURRENT) & ScoringPolicy.looked_from.is_not(None)


def _free(system_now: datetime) -> ColumnElement[bool]:
    return or_(ScoringPolicy.leased_until.is_(None), ScoringPolicy.leased_until < system_now)
