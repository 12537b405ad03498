"""Pairs that are probably one, as lists show them, and kept away once somebody says that they are two."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.people.access import Scope
from surveyd.people.audit import record
from surveyd.people.duplicate_models import DuplicatePair, PairState, SameKind
from surveyd.people.duplicates import LEAST, LIKELY
from surveyd.people.models import Account, Contact

SORTS = ("score",)
LIKELY_ONLY, POSSIBLE_ONLY = "likely", "possible"


@dataclass(frozen=True, slots=True)
class Shown:
    """One of a pair, as a list names it: `beside` is a contact's account or an account's country."""

    id: int
    name: str
    address: str
    beside: str
    external_id: str


@dataclass(frozen=True, slots=True)
class PairLine:
    """One pair; `reasons` are words of `duplicates.REASONS`."""

    id: int
    kind: SameKind
    score: int
    reasons: tuple[str, ...]
    low: Shown
    high: Shown

    @property
    def is_likely(self) -> bool:
        return self.score >= LIKELY


@dataclass(frozen=True, slots=True)
class PairPage:
    """Some pairs, the surest first; `after` is the key of the next page, `total` counts all of them."""

    lines: tuple[PairLine, ...]
    after: str
    total: int


def list_pairs(session: Session, wish: Wanted, *, scope: Scope) -> PairPage:
    """A page of the pairs that nobody has decided on; nothing for who does not see all accounts.

    The filters are `kind` and `surety` ("likely", "possible"). Raises Refused for a broken key. The number of
    statements is the same however many there are.
    """
    if not scope.sees_all:
        return PairPage((), "", 0)
    which = [DuplicatePair.state == PairState.FOUND]
    if wish.filters.get("kind") in list(SameKind):
        which.append(DuplicatePair.kind == SameKind(wish.filters["kind"]))
    if wish.filters.get("surety") in (LIKELY_ONLY, POSSIBLE_ONLY):
        is_likely = DuplicatePair.score >= LIKELY
        which.append(is_likely if wish.filters["surety"] == LIKELY_ONLY else ~is_likely)
    order = Order(DuplicatePair.score.expression, DuplicatePair.id.expression, wish.descends)
    page = slice_of(session, select(DuplicatePair).where(*which), order, after=wish.after)
    pairs = [row.DuplicatePair for row in page.rows]
    total = session.execute(select(func.count()).select_from(DuplicatePair).where(*which)).scalar_one()
    return PairPage(tuple(_lines(session, pairs)), page.after, total)


def count_pairs(session: Session, *, scope: Scope) -> int:
    """How many pairs wait for somebody to look."""
    waiting = select(func.count()).where(DuplicatePair.state == PairState.FOUND)
    return session.execute(waiting).scalar_one() if scope.sees_all else 0


def find_pair(
    session: Session, kind: SameKind, ids: tuple[int, int], *, scope: Scope
) -> DuplicatePair | None:
    """What is kept of two, decided or not; None where nobody has found them alike, or may not see them."""
    low, high = sorted(ids)
    which = (DuplicatePair.kind == kind, DuplicatePair.low_id == low, DuplicatePair.high_id == high)
    return session.scalars(select(DuplicatePair).where(*which)).one_or_none() if scope.sees_all else None


def say_apart(
    session: Session, kind: SameKind, ids: tuple[int, int], *, by: int | None, now: datetime
) -> bool:
    """Say that they are two: the pair stays away for good. True for who said so first."""
    low, high = sorted(ids)
    row = {"kind": kind, "low_id": low, "high_id": high, "state": PairState.FOUND, "found_at": now}
    row |= {"score": LEAST, "reasons": []}
    insert_new(session, DuplicatePair, [row], unique=["kind", "low_id", "high_id"])
    waits = update(DuplicatePair).where(
        DuplicatePair.kind == kind,
        DuplicatePair.low_id == low,
        DuplicatePair.high_id == high,
        DuplicatePair.state == PairState.FOUND,
    )
    values = {"state": PairState.APART, "decided_at": now, "decided_by_id": by}
    first = session.execute(waits.values(**values).returning(DuplicatePair.id))
    if first.scalar_one_or_none() is None:
        return False
    facts = {"other": high}
    record(session, action="apart", thing=kind.value, thing_id=low, by=by, now=now, facts=facts)
    return True


def follow_pairs(session: Session, kind: SameKind, *, gone_id: int, kept_id: int) -> None:
    """After a merge: what was said to be two of the one who went holds for the one who stays."""
    theirs = (
        DuplicatePair.kind == kind,
        or_(DuplicatePair.low_id == gone_id, DuplicatePair.high_id == gone_id),
    )
    session.execute(delete(DuplicatePair).where(*theirs, DuplicatePair.state == PairState.FOUND))
    for pair in session.scalars(select(DuplicatePair).where(*theirs)).all():
        other = pair.high_id if pair.low_id == gone_id else pair.low_id
        low, high = sorted((other, kept_id))
        there = select(DuplicatePair).where(
            DuplicatePair.kind == kind, DuplicatePair.low_id == low, DuplicatePair.high_id == high
        )
        known = session.scalars(there).one_or_none()
        if known is not None:
            known.state, known.decided_at, known.decided_by_id = (
                pair.state,
                pair.decided_at,
                pair.decided_by_id,
            )
        if known is not None or low == high:
            session.delete(pair)
        else:
            pair.low_id, pair.high_id = low, high
    session.flush()


def _lines(session: Session, pairs: Sequence[DuplicatePair]) -> Iterable[PairLine]:
    shown = {kind: _shown(session, kind, pairs) for kind in SameKind}
    for pair in pairs:
        names = shown[pair.kind]
        # Who was merged or deleted since the search is no pair any more.
        if pair.low_id in names and pair.high_id in names:
            sides = (names[pair.low_id], names[pair.high_id])
            yield PairLine(pair.id, pair.kind, pair.score, tuple(pair.reasons), *sides)


def _shown(session: Session, kind: SameKind, pairs: Sequence[DuplicatePair]) -> dict[int, Shown]:
    ids = {key for pair in pairs if pair.kind is kind for key in (pair.low_id, pair.high_id)}
    contacts = (
        select(Contact.id, Contact.name, Contact.email, Account.name, Contact.external_id)
        .join(Account, Account.id == Contact.account_id)
        .where(Contact.id.in_(ids), Contact.merged_into_id.is_(None))
    )
    accounts = select(Account.id, Account.name, Account.region, Account.country, Account.external_id).where(
        Account.id.in_(ids), Account.merged_into_id.is_(None)
    )
    rows = session.execute(contacts if kind is SameKind.CONTACT else accounts)
    return {row[0]: Shown(*row) for row in rows}
