"""The search for duplicates, kept: new pairs are added, changed ones told anew, others dropped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from surveyd.base.changes import ACCOUNTS, CONTACTS
from surveyd.base.database import insert_new
from surveyd.base.models import ChangeCount
from surveyd.people.duplicate_models import DuplicatePair, DuplicateSearch, PairState, SameKind
from surveyd.people.duplicates import Found

PAUSE = timedelta(minutes=1)
"""Between two searches, however often lists change."""
CHUNK = 500
ONLY = 1
Key = tuple[SameKind, int, int]


@dataclass(frozen=True, slots=True)
class News:
    """What a search changes: pairs that are new, pairs told anew by id, and ids of those that are none."""

    added: Sequence[Found]
    changed: Sequence[tuple[int, Found]]
    vanished: Sequence[int]


def is_wanted(session: Session, *, system_now: datetime) -> bool:
    """Whether contacts or accounts have changed since the last search, and that was a while ago."""
    last = session.get(DuplicateSearch, ONLY)
    return last is None or (last.seen != seen_now(session) and last.at <= system_now - PAUSE)


def seen_now(session: Session) -> str:
    """How often accounts and contacts have changed so far, as a text to compare."""
    counted = select(ChangeCount.topic, ChangeCount.number).where(ChangeCount.topic.in_([ACCOUNTS, CONTACTS]))
    counts = {row.topic: row.number for row in session.execute(counted)}
    return f"{counts.get(ACCOUNTS, 0)}:{counts.get(CONTACTS, 0)}"


def take_search(session: Session, *, system_now: datetime) -> bool:
    """Take the search into one's hands for a minute: true for one caller of several at once."""
    first = {"id": ONLY, "seen": "", "at": datetime(1970, 1, 1, tzinfo=UTC)}
    insert_new(session, DuplicateSearch, [first], unique=["id"])
    free = update(DuplicateSearch).where(
        DuplicateSearch.id == ONLY, or_(DuplicateSearch.at <= system_now - PAUSE, DuplicateSearch.seen == "")
    )
    taken = session.execute(free.values(at=system_now), execution_options={"synchronize_session": False})
    assert isinstance(taken, CursorResult)
    return bool(taken.rowcount)


def note_search(session: Session, seen: str) -> None:
    """Note what the search has seen, once all of it is kept."""
    session.execute(update(DuplicateSearch).where(DuplicateSearch.id == ONLY).values(seen=seen))


def news_of(session: Session, found: Iterable[Found]) -> News:
    """What is new in a search; a pair that was said to be two is no news."""
    known: dict[Key, DuplicatePair] = {
        (pair.kind, pair.low_id, pair.high_id): pair for pair in session.scalars(select(DuplicatePair))
    }
    added, changed, there = [], [], set()
    for one in found:
        key = (one.kind, one.low_id, one.high_id)
        there.add(key)
        pair = known.get(key)
        if pair is None:
            added.append(one)
        elif pair.state is PairState.FOUND and (pair.score, tuple(pair.reasons)) != (one.score, one.reasons):
            changed.append((pair.id, one))
    waiting = ((key, pair) for key, pair in known.items() if pair.state is PairState.FOUND)
    return News(added, changed, [pair.id for key, pair in waiting if key not in there])


def keep_added(session: Session, added: Sequence[Found], *, now: datetime) -> None:
    """Keep new pairs; one that somebody else has kept meanwhile stays as it is."""
    rows = [
        {
            "kind": one.kind,
            "low_id": one.low_id,
            "high_id": one.high_id,
            "state": PairState.FOUND,
            "score": one.score,
            "reasons": list(one.reasons),
            "found_at": now,
        }
        for one in added
    ]
    insert_new(session, DuplicatePair, rows, unique=["kind", "low_id", "high_id"])


def keep_changed(session: Session, changed: Sequence[tuple[int, Found]]) -> None:
    """Tell pairs anew that nobody has decided on."""
    for pair_id, one in changed:
        waits = (DuplicatePair.id == pair_id, DuplicatePair.state == PairState.FOUND)
        values = {"score": one.score, "reasons": list(one.reasons)}
        session.execute(update(DuplicatePair).where(*waits).values(**values))


def drop_vanished(session: Session, ids: Sequence[int]) -> None:
    """Drop pairs that are none any more, and that nobody has decided on."""
    session.execute(
        delete(DuplicatePair).where(DuplicatePair.id.in_(ids), DuplicatePair.state == PairState.FOUND)
    )
