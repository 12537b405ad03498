"""What an import lays ready: parcels of a batch, written one by one once the batch is decided.

A long write would keep respondents waiting. So what a file does is worked out and laid beside the tables
first, in parcels; one short statement decides that it is done; then each parcel is written and deleted in a
short transaction of its own. A stop in the middle costs nothing: whoever finds the batch goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, select, update
from sqlalchemy.orm import Session

from surveyd.base.changes import ACCOUNTS, count_change
from surveyd.base.errors import NotFound
from surveyd.people.account_rows import set_parents
from surveyd.people.audit import record
from surveyd.people.columns import ImportKind, Plan
from surveyd.people.drafts import Complaints, Draft, Value
from surveyd.people.ids import Ids
from surveyd.people.import_models import ImportBatch, ImportParcel, ParcelKind
from surveyd.people.imports import ROWS, WRITE, Sorted
from surveyd.people.models import ImportRun
from surveyd.people.parcels import pack, unpack, unpack_parents, without_parents
from surveyd.people.rows import Change

TO_WRITE = (ParcelKind.ROWS, ParcelKind.PARENTS)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file is: rows looked at of all, parcels written of all."""

    rows: int = 0
    looked_at: int = 0
    parcels: int = 0
    written: int = 0


def begin_batch(
    session: Session,
    kind: ImportKind,
    *,
    file: str,
    digest: str,
    rows: int,
    upload_id: int | None,
    by: int | None,
    now: datetime,
    system_now: datetime,
) -> int:
    """Begin to lay a file of `rows` rows ready; the batch that its upload may have had before goes."""
    if upload_id is not None:
        forget_batches(session, ImportBatch.upload_id == upload_id)
    batch = ImportBatch(
        kind=kind.value,
        upload_id=upload_id,
        file_name=file.rpartition("/")[2][:255],
        digest=digest,
        rows=rows,
        by_id=by,
        made_at=now,
        touched_at=system_now,
    )
    session.add(batch)
    session.flush()
    return batch.id


def lay_ready(
    session: Session, batch_id: int, found: Sorted, *, rejects: bytes, looked_at: int, system_now: datetime
) -> None:
    """Lay the next rows of a file ready, and its rejected ones as CSV; `looked_at`: how many were seen."""
    rows, parents = pack(found)
    contents = {ParcelKind.ROWS: rows, ParcelKind.PARENTS: parents, ParcelKind.REJECTS: rejects}
    for kind, content in contents.items():
        if content:
            session.add(ImportParcel(batch_id=batch_id, kind=kind, content=content))
    session.flush()
    counted = {
        "looked_at": looked_at,
        "touched_at": system_now,
        "added": ImportBatch.added + len(found.added),
        "changed": ImportBatch.changed + len(found.changed),
        "unchanged": ImportBatch.unchanged + found.unchanged,
        "parcels": ImportBatch.parcels + int(bool(rows)) + int(bool(parents)),
    }
    _count(session, update(ImportBatch).where(ImportBatch.id == batch_id).values(counted))


def batch_of(session: Session, upload_id: int) -> ImportBatch | None:
    """The batch of an upload, if its file was looked at."""
    return session.scalars(select(ImportBatch).where(ImportBatch.upload_id == upload_id)).one_or_none()


def parcels_of(session: Session, batch_id: int, kind: ParcelKind) -> list[int]:
    """The ids of the parcels of a kind that are there, in the order of the file."""
    mine = (ImportParcel.batch_id == batch_id, ImportParcel.kind == kind)
    return list(session.scalars(select(ImportParcel.id).where(*mine).order_by(ImportParcel.id)))


def still_stands(session: Session, parcel_id: int) -> bool:
    """Whether what a parcel adds is not there, and what it changes holds what it held then."""
    kind, content = _parcel(session, parcel_id)
    added, changed = unpack(content)
    now = _stored(session, kind, [*added, *(change.draft for change in changed)])
    if any(draft.external_id in now for draft in added):
        return False
    return all(_is_as_before(now.get(change.draft.external_id), change) for change in changed)


def decide(session: Session, batch_id: int, *, by: int | None, now: datetime) -> bool:
    """Let the batch be written, all of it: from here on there is no way back. True for who decided it."""
    mine = update(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.decided_at.is_(None))
    return _count(session, mine.values(decided_at=now, by_id=by)) == 1


def write_parcel(session: Session, parcel_id: int, *, now: datetime, system_now: datetime) -> None:
    """Write one parcel of a decided batch, once, however many try. What was added meanwhile is changed."""
    parcel = session.get(ImportParcel, parcel_id)
    if parcel is None:
        return
    batch = session.get_one(ImportBatch, parcel.batch_id)
    content = parcel.content
    if not _count(session, delete(ImportParcel).where(ImportParcel.id == parcel_id)):
        return
    session.expunge(parcel)
    batch.touched_at = system_now
    session.flush()
    if parcel.kind is ParcelKind.PARENTS:
        set_parents(session, unpack_parents(content), now=now)
        count_change(session, ACCOUNTS)
        return
    added, changed = without_parents(*unpack(content))
    kind = ImportKind(batch.kind)
    there = _stored(session, kind, added)
    late = [
        Change(int(str(there[one.external_id]["id"])), one, one.values)
        for one in added
        if one.external_id in there
    ]
    new = [one for one in added if one.external_id not in there]
    WRITE[kind](session, new, [*changed, *late], now=now)


def finish_batch(session: Session, batch_id: int, *, now: datetime) -> ImportRun | None:
    """Note a batch of which all is written as an import that was done; None when somebody else has."""
    batch = session.get(ImportBatch, batch_id)
    left = select(func.count()).where(ImportParcel.batch_id == batch_id, ImportParcel.kind.in_(TO_WRITE))
    if batch is None or batch.decided_at is None or session.execute(left).scalar_one():
        return None
    counts = {"added": batch.added, "changed": batch.changed, "unchanged": batch.unchanged}
    facts = {"kind": batch.kind, "file_name": batch.file_name, "digest": batch.digest, "by_id": batch.by_id}
    session.expunge(batch)
    session.execute(delete(ImportParcel).where(ImportParcel.batch_id == batch_id))
    if not _count(session, delete(ImportBatch).where(ImportBatch.id == batch_id)):
        return None
    run = ImportRun(at=now, **facts, **counts)
    session.add(run)
    session.flush()
    record(session, action="import", thing=run.kind, thing_id=run.id, by=run.by_id, now=now, facts=counts)
    return run


def progress_of(session: Session, upload_id: int) -> Progress:
    """How far the work on an upload is; all zeros before anybody began."""
    batch = batch_of(session, upload_id)
    if batch is None:
        return Progress()
    left = select(func.count()).where(ImportParcel.batch_id == batch.id, ImportParcel.kind.in_(TO_WRITE))
    written = batch.parcels - session.execute(left).scalar_one() if batch.decided_at else 0
    return Progress(batch.rows, batch.looked_at, batch.parcels, written)


def is_writing(session: Session) -> bool:
    """Whether an import is being written at this moment: lists are whole again in a few seconds."""
    return (
        session.scalar(select(ImportBatch.id).where(ImportBatch.decided_at.is_not(None)).limit(1)) is not None
    )


def reject_of(session: Session, parcel_id: int) -> bytes:
    """One piece of a file's rejected rows as CSV. Raises NotFound when the file is gone."""
    content = session.scalar(select(ImportParcel.content).where(ImportParcel.id == parcel_id))
    if content is None:
        raise NotFound("file of rejected rows", parcel_id)
    return content


def lost_batches(session: Session, *, before: datetime) -> list[int]:
    """The decided batches of commands that ended before all was written: nobody touched them since."""
    mine = (ImportBatch.upload_id.is_(None), ImportBatch.decided_at.is_not(None))
    return list(session.scalars(select(ImportBatch.id).where(*mine, ImportBatch.touched_at < before)))


def has_stale(session: Session, *, before: datetime) -> bool:
    """Whether commands that ended in the middle left anything that was never decided."""
    return session.scalar(select(ImportBatch.id).where(_is_stale(before)).limit(1)) is not None


def forget_stale(session: Session, *, before: datetime) -> None:
    """Delete what commands laid ready and never decided, and nobody touched since."""
    forget_batches(session, _is_stale(before))


def forget_batches(session: Session, which: ColumnElement[bool]) -> None:
    """Delete the batches that `which` names and nobody has decided, with their parcels."""
    mine = select(ImportBatch.id).where(which, ImportBatch.decided_at.is_(None)).scalar_subquery()
    _count(session, delete(ImportParcel).where(ImportParcel.batch_id.in_(mine)))
    _count(session, delete(ImportBatch).where(which, ImportBatch.decided_at.is_(None)))


def _is_stale(before: datetime) -> ColumnElement[bool]:
    mine = (ImportBatch.upload_id.is_(None), ImportBatch.decided_at.is_(None))
    return and_(*mine, ImportBatch.touched_at < before)


def _parcel(session: Session, parcel_id: int) -> tuple[str, bytes]:
    """A parcel's kind of row, and what it holds, packed."""
    query = select(ImportBatch.kind, ImportParcel.content).join(
        ImportParcel, ImportParcel.batch_id == ImportBatch.id
    )
    kind, content = session.execute(query.where(ImportParcel.id == parcel_id)).one()
    return kind, content


def _stored(session: Session, kind: str, drafts: Sequence[Draft]) -> Mapping[str, Mapping[str, Value]]:
    rows = ROWS[ImportKind(kind)](Complaints("", Plan((), (), ())), Ids())
    return rows.stored(session, drafts)


def _is_as_before(now: Mapping[str, Value] | None, change: Change) -> bool:
    return now is not None and all(now[field] == value for field, value in change.before.items())


def _count(session: Session, statement: Any) -> int:
    """Run a conditional statement and say how many rows it changed: that is how races are decided here."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
