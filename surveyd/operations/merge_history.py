"""Whose history goes along in a merge: every table that names a contact or an account, and how it follows.

A test walks all tables: whoever adds one that names a contact or an account says here what becomes of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Table, and_, exists, select, update
from sqlalchemy.orm import Session

from surveyd.base.changes import count_change, invited_topic, wave_topic
from surveyd.base.database import Base
from surveyd.distribution.models import Invitation
from surveyd.people.models import Account
from surveyd.responses.models import Response


class Follows(StrEnum):
    """What becomes of a row that names who is merged."""

    MOVES = "moves"
    """It names the one who stays."""
    FILLS = "fills"
    """It moves where the one who stays has none; else both stay as they are."""
    BY_HAND = "by_hand"
    """Code of its own sees to it: `merge_waves`, `merge`."""
    STAYS = "stays"
    """It tells what was, by ids alone."""


CONTACTS: Mapping[str, Follows] = {
    "cases.contact_id": Follows.MOVES,
    "case_surveys.contact_id": Follows.MOVES,
    "triggers.contact_id": Follows.MOVES,
    "nominations.contact_id": Follows.MOVES,
    "nominations.added_id": Follows.MOVES,
    "stop_changes.contact_id": Follows.MOVES,
    "address_opt_outs.contact_id": Follows.MOVES,
    "messages.contact_id": Follows.MOVES,
    "audience_draws.contact_id": Follows.FILLS,
    "contact_marks.contact_id": Follows.FILLS,
    "wrong_numbers.contact_id": Follows.FILLS,
    "program_opt_outs.contact_id": Follows.FILLS,
    "exclusions.contact_id": Follows.BY_HAND,
    "invitations.contact_id": Follows.BY_HAND,
    "responses.contact_id": Follows.BY_HAND,
    "contacts.merged_into_id": Follows.BY_HAND,
    "sealed_places.contact_id": Follows.STAYS,
}
ACCOUNTS: Mapping[str, Follows] = {
    "contacts.account_id": Follows.MOVES,
    "invitations.account_id": Follows.MOVES,
    "responses.account_id": Follows.MOVES,
    "scores.account_id": Follows.MOVES,
    "cases.account_id": Follows.MOVES,
    "nominations.account_id": Follows.MOVES,
    "papers.account_id": Follows.MOVES,
    "accounts.parent_id": Follows.BY_HAND,
    "accounts.merged_into_id": Follows.BY_HAND,
    "sealed_places.account_id": Follows.STAYS,
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Who goes on and who goes on as them, by id."""

    kept: int
    gone: int


def move_history(session: Session, follows: Mapping[str, Follows], pair: Pair) -> dict[str, int]:
    """Move what moves and fill what is filled; how many rows went along, by table."""
    moved: dict[str, int] = {}
    for name, how in follows.items():
        if how in (Follows.MOVES, Follows.FILLS):
            table_name, _, column = name.partition(".")
            table = Base.metadata.tables[table_name]
            free = [] if how is Follows.MOVES else [_is_free(table, column, pair.kept)]
            which = (table.c[column] == pair.gone, *free)
            count = changed(session, update(table).where(*which).values({column: pair.kept}))
            moved[table_name] = moved.get(table_name, 0) + count
    return {table_name: count for table_name, count in moved.items() if count}


def adopt_children(session: Session, pair: Pair) -> int:
    """Put the accounts below the one that goes under the one that stays; parents never lead in a circle."""
    kept, gone = session.get_one(Account, pair.kept), session.get_one(Account, pair.gone)
    if pair.gone in _above(session, kept):
        kept.parent_id = gone.parent_id
        session.flush()
    children = update(Account).where(Account.parent_id == pair.gone, Account.id != pair.kept)
    return changed(session, children.values(parent_id=pair.kept))


def count_waves(session: Session, column: str, ids: Sequence[int]) -> None:
    """Say that what is kept of the waves is stale in which `column` names one of these."""
    topics: set[str] = set()
    for model, topic in ((Invitation, invited_topic), (Response, wave_topic)):
        columns = model.__table__.c
        theirs = select(columns.wave_id).where(columns[column].in_(ids)).distinct()
        topics |= {topic(wave_id) for wave_id in session.scalars(theirs)}
    for name in sorted(topics):
        count_change(session, name)


def changed(session: Session, statement: Any) -> int:
    """Run a statement and say how many rows it changed."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def _is_free(table: Table, column: str, kept: int) -> ColumnElement[bool]:
    """Whether the one who stays has no row with the rest of this row's key."""
    there = table.alias("there")
    rest = [there.c[key.name] == table.c[key.name] for key in table.primary_key if key.name != column]
    return ~exists(select(there.c[column]).where(and_(there.c[column] == kept, *rest)))


def _above(session: Session, account: Account) -> set[int]:
    """The accounts above one; parents that lead back to themselves end the search."""
    found: set[int] = set()
    parent_id = account.parent_id
    while parent_id is not None and parent_id not in found:
        found.add(parent_id)
        parent_id = session.scalar(select(Account.parent_id).where(Account.id == parent_id))
    return found
