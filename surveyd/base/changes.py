"""What is kept as a copy outside of the tables, and how a copy learns that it is stale.

Whoever changes such rows counts the change in the same transaction, as its last statement: on PostgreSQL the
count is locked from then on to the commit. An instant would not do, since transactions end in another order
than they begin.
"""

from surveyd.base.database import Rows
from surveyd.base.models import ChangeCount
from surveyd.base.statements import count_up

ACCOUNTS = "accounts"
CONTACTS = "contacts"
WAVE = "wave:"
"""What the name of a wave's answers begins with, before its id."""
INVITED = "invited:"
"""And that of its invitations."""
_COUNT_UP = count_up(ChangeCount, "number")


def wave_topic(wave_id: int) -> str:
    """The name of a wave's answers and scores."""
    return f"{WAVE}{wave_id}"


def invited_topic(wave_id: int) -> str:
    """The name of a wave's invitations, once it is prepared."""
    return f"{INVITED}{wave_id}"


def count_change(rows: Rows, topic: str) -> None:
    """Say that what is kept of `topic` is stale: ACCOUNTS, CONTACTS, a wave's answers or its invitations.

    New answers, corrections and scores by another policy are found without it, by their ids; count a change
    where answers or scores change in place or go away, and where invitations come later than the others.
    """
    _COUNT_UP.first(rows, {"topic": topic})
