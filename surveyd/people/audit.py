"""The audit trail: who did what to which thing, and when."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from surveyd.people.models import AuditEntry


def record(
    session: Session,
    *,
    action: str,
    thing: str,
    thing_id: int | None,
    by: int | None,
    now: datetime,
    facts: Mapping[str, str | int] | None = None,
) -> AuditEntry:
    """Write one line of the trail into the caller's transaction, so that it stands or falls with the deed.

    `by` is the user's id, None for the program itself. `facts` are ids, counts and states, never what people
    wrote. The entry is flushed.
    """
    entry = AuditEntry(
        at=now, user_id=by, action=action, thing=thing, thing_id=thing_id, facts=dict(facts or {})
    )
    session.add(entry)
    session.flush()
    return entry
