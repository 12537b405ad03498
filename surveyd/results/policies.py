"""The scoring policy in force: one version, the same for every program, read from its table.

Scores of other versions stay beside those in force. Every query of scores compares with `CURRENT_RULE`, so
that a new version takes effect everywhere in the moment in which its row says so.
"""

from sqlalchemy import bindparam, select

from surveyd.base.database import Rows
from surveyd.base.errors import NotFound
from surveyd.base.prepared import Prepared
from surveyd.base.statements import spelled, table_of
from surveyd.results.policy_data import policy_of
from surveyd.results.policy_models import PolicyState, ScoringPolicy
from surveyd.scoring.policy import Policy

_policy = table_of(ScoringPolicy)
_is_current = _policy.c.state == spelled(PolicyState.CURRENT)

CURRENT_RULE = select(_policy.c.version).where(_is_current).scalar_subquery()
"""The version in force, to compare a column of rule versions with."""
LIVE_RULES = select(_policy.c.version).where(
    _policy.c.state.in_((PolicyState.CURRENT, PolicyState.RESCORING))
)
"""The version in force and the one that history is being rescored by."""
CURRENT_DIGEST = select(_policy.c.digest).where(_is_current).scalar_subquery()
"""The digest of the version in force: what `with_digest` finds it by."""

_in_force = Prepared(select(_policy.c.digest).where(_is_current))
_defined = Prepared(
    select(_policy.c.version, _policy.c.definition).where(_policy.c.digest == bindparam("digest"))
)
_known: dict[str, Policy] = {}
"""What this process has read, by digest: a version never changes."""


def current(rows: Rows) -> Policy:
    """Return the policy in force. One statement, and another when the version is new to this process."""
    return with_digest(rows, _in_force.first(rows, {}).digest)


def with_digest(rows: Rows, digest: str) -> Policy:
    """Return the policy of a digest, read once a process. Raises NotFound."""
    found = _known.get(digest)
    if found is None:
        row = _defined.first(rows, {"digest": digest})
        if row is None:
            raise NotFound("scoring policy", digest)
        found = _known[digest] = policy_of(row.version, row.definition)
    return found
