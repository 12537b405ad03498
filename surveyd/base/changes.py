"""What is kept as a copy outside of the tables, and how a copy learns that it is stale.

Whoever changes such rows counts the change in the same transaction, as its last statement: on PostgreSQL the
count is locked from then on to the commit. An instant would not do, since transactions end in another order
than they begin.
"""

from collections.abc import Collection

from sqlalchemy import bindparam, select

from surveyd.base.database import Rows
from surveyd.base.models import ChangeCount
from surveyd.base.statements import count_up, table_of

ACCOUNTS = "accounts"
CONTACTS = "contacts"
WAVE = "wave:"
"""What the name of a wave's answers and invitations begins with, before its id."""

_count = table_of(ChangeCount)
_COUNT_UP = count_up(ChangeCount, "number")
_COUNTS = select(_count.c.topic, _count.c.number).where(
    _count.c.topic.in_(bindparam("topics", expanding=True))
)


def wave_topic(wave_id: int) -> str:
    """The name of a wave's answers and invitations."""
    return f"{WAVE}{wave_id}"


def count_change(rows: Rows, topic: str) -> None:
    """Say that what is kept of `topic` is stale: ACCOUNTS, CONTACTS or a wave's.

    Of a wave that is open new answers are found by their ids; count a change of it where answers, scores or
    invitations change or go, and where any come once it is over.
    """
    _COUNT_UP.first(rows, {"topic": topic})


def change_counts(rows: Rows, topics: Collection[str]) -> dict[str, int]:
    """How often each of these has changed; what never did is 0. One statement."""
    found = rows.execute(_COUNTS, {"topics": list(topics)}).tuples()
    return dict.fromkeys(topics, 0) | dict(found)
