"""A change of the scoring policy: proposed, compared, then accepted or withdrawn. Until then nothing changes.

A version never changes once it is proposed. Of several decisions about one proposal the first one holds: it
is a conditional UPDATE.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Update, delete, func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.base.errors import NotFound, Refused
from surveyd.people.audit import record
from surveyd.people.models import User
from surveyd.responses.models import Response
from surveyd.results.policies import current
from surveyd.results.policy_data import data_of, digest_of, policy_of
from surveyd.results.policy_models import PolicyState, ScoringPolicy
from surveyd.results.policy_reading import PolicyFile, same_rule
from surveyd.scoring.policy import Policy

THING = "scoring_policy"
FIRST = "1"
"""The version that the migrations lay."""
OPEN = (PolicyState.PROPOSED, PolicyState.RESCORING)
MEANWHILE = "This is not how things stand any more; reload the page to see who decided what."


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """One version with its story. `proposed_by` and `decided_by` are names, empty for the program itself."""

    id: int
    version: str
    title: str
    state: PolicyState
    policy: Policy
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    in_force_at: datetime | None
    to_rescore: int
    rescored: int
    comparison: dict[str, Any] | None

    @property
    def is_open(self) -> bool:
        """Whether it is a proposal that nobody has decided on, or history is being rescored by it."""
        return self.state in OPEN


def list_policies(session: Session) -> list[PolicyLine]:
    """All versions, the newest first. One statement."""
    return _lines(session)


def find_policy(session: Session, policy_id: int) -> PolicyLine:
    """The version with this id. Raises NotFound."""
    return _one(_lines(session, ScoringPolicy.id == policy_id), policy_id)


def find_version(session: Session, version: str) -> PolicyLine:
    """The version with this number. Raises NotFound."""
    if "\0" in version:  # PostgreSQL takes no such text
        raise NotFound("policy", version)
    return _one(_lines(session, ScoringPolicy.version == version), version)


def propose(session: Session, file: PolicyFile, *, now: datetime, by: int | None) -> int:
    """Make a file's policy the next version, as a proposal; returns its id.

    The same proposal twice is one. Raises Refused for a policy that says what the one in force says.
    """
    if same_rule(file.policy, current(session)):
        raise Refused("The policy in force says the same: change something first.")
    while True:
        versions = list_policies(session)
        for line in versions:
            if line.is_open and same_rule(line.policy, file.policy):
                return line.id
        number = 1 + max(int(line.version) for line in versions)
        found = _insert(session, str(number), file, now=now, by=by)
        if found is not None:
            record(
                session,
                action="propose",
                thing=THING,
                thing_id=found,
                by=by,
                now=now,
                facts={"version": number},
            )
            return found


def accept(session: Session, policy_id: int, *, against: str, now: datetime, by: int | None) -> None:
    """Have history rescored by a proposal, and then put it in force.

    `against` is the version that it was compared with: when another one has come into force since, nobody has
    seen what this one would change, and it is refused. Raises NotFound, and Refused for what is no proposal
    any more or while another version is being put in force.
    """
    line = find_policy(session, policy_id)
    # One decision at a time: the version in force is what each of them is about.
    session.execute(
        select(ScoringPolicy.id).where(ScoringPolicy.state == PolicyState.CURRENT).with_for_update()
    )
    if current(session).version != against:
        raise Refused("Another version is in force since this was compared; compare it again.")
    if session.scalar(select(ScoringPolicy.id).where(ScoringPolicy.state == PolicyState.RESCORING)):
        raise Refused(
            "History is being rescored by another version; wait until that is done, or withdraw it."
        )
    total = session.execute(select(func.count()).select_from(Response)).scalar_one()
    begun = {"state": PolicyState.RESCORING, "to_rescore": total, "rescored": 0, "rescored_to": 0}
    _decide(session, line, (PolicyState.PROPOSED,), begun | {"leased_until": None}, now=now, by=by)
    facts: dict[str, str | int] = {"version": line.version, "responses": total, "instead_of": against}
    record(session, action="accept", thing=THING, thing_id=policy_id, by=by, now=now, facts=facts)


def withdraw(session: Session, policy_id: int, *, now: datetime, by: int | None) -> None:
    """Take a proposal back, also while history is being rescored by it: nothing was changed by it yet.

    Raises NotFound, and Refused for what is in force or was decided already.
    """
    line = find_policy(session, policy_id)
    _decide(session, line, OPEN, {"state": PolicyState.WITHDRAWN, "leased_until": None}, now=now, by=by)
    record(
        session,
        action="withdraw",
        thing=THING,
        thing_id=policy_id,
        by=by,
        now=now,
        facts={"version": line.version, "was": line.state.value},
    )


def keep_first_policy(session: Session) -> None:
    """Forget every version but the first one, and put that in force: for an installation that begins anew."""
    session.execute(delete(ScoringPolicy).where(ScoringPolicy.version != FIRST))
    free = dict.fromkeys(("proposed_by_id", "decided_by_id", "leased_until"))
    session.execute(update(ScoringPolicy).values(state=PolicyState.CURRENT, **free))


def _decide(
    session: Session,
    line: PolicyLine,
    states: tuple[PolicyState, ...],
    values: dict[str, Any],
    *,
    now: datetime,
    by: int | None,
) -> None:
    mine = update(ScoringPolicy).where(ScoringPolicy.id == line.id, ScoringPolicy.state.in_(states))
    if not changed(session, mine.values(values | {"decided_by_id": by, "decided_at": now})):
        raise Refused(MEANWHILE)


def changed(session: Session, statement: Update) -> int:
    """Run a conditional UPDATE and say how many rows it changed: that is how races are decided here."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    session.expire_all()
    return int(result.rowcount)


def _insert(session: Session, version: str, file: PolicyFile, *, now: datetime, by: int | None) -> int | None:
    """The new version's id; None when somebody else has taken its number at the same time."""
    policy = replace(file.policy, version=version)
    row = {
        "version": version,
        "title": file.title,
        "definition": data_of(policy),
        "digest": digest_of(policy),
        "state": PolicyState.PROPOSED,
        "proposed_by_id": by,
        "proposed_at": now,
    }
    insert_new(session, ScoringPolicy, [row], unique=["version"])
    mine = (ScoringPolicy.version == version, ScoringPolicy.digest == row["digest"])
    return session.scalar(select(ScoringPolicy.id).where(*mine))


def _lines(session: Session, *only: Any) -> list[PolicyLine]:
    proposer, decider = User.__table__.alias("proposer"), User.__table__.alias("decider")
    rows = session.execute(
        select(
            ScoringPolicy,
            func.coalesce(func.nullif(proposer.c.name, ""), proposer.c.email, ""),
            func.coalesce(func.nullif(decider.c.name, ""), decider.c.email, ""),
        )
        .outerjoin(proposer, proposer.c.id == ScoringPolicy.proposed_by_id)
        .outerjoin(decider, decider.c.id == ScoringPolicy.decided_by_id)
        .where(*only)
        .order_by(ScoringPolicy.id.desc())
    )
    return [_line(*row) for row in rows]


def _line(row: ScoringPolicy, proposed_by: str, decided_by: str) -> PolicyLine:
    return PolicyLine(
        id=row.id,
        version=row.version,
        title=row.title,
        state=row.state,
        policy=policy_of(row.version, row.definition),
        proposed_by=proposed_by,
        proposed_at=row.proposed_at,
        decided_by=decided_by,
        decided_at=row.decided_at,
        in_force_at=row.in_force_at,
        to_rescore=row.to_rescore,
        rescored=row.rescored,
        comparison=row.comparison,
    )


def _one(lines: list[PolicyLine], key: object) -> PolicyLine:
    if not lines:
        raise NotFound("scoring policy", key)
    return lines[0]
