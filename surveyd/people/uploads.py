"""Files that wait to be imported: kept, looked at, shown, then applied as a whole or not at all.

A row of the ledger says what is to be done next: `uploaded` is to be looked at, `applying` to be written.
Whoever has it in hand holds a lease in system time; a lease that ran out means that its worker is gone.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Delete, Update, and_, case, delete, or_, select, update
from sqlalchemy.orm import Session, undefer

from surveyd.base.errors import NotFound, Refused
from surveyd.people.access import Scope, scope_of
from surveyd.people.audit import record
from surveyd.people.batches import batch_of, forget_batches, parcels_of, reject_of
from surveyd.people.file_facts import count_lines, plain_name
from surveyd.people.import_models import ImportBatch, ParcelKind, UploadReading
from surveyd.people.models import Upload, UploadState, User
from surveyd.people.outlines import Outline, read_outline
from surveyd.people.sources import Wish

LEASE = timedelta(minutes=3)
BELL_TIME = timedelta(seconds=5)
"""How long a worker has to begin before the sweep does the work itself."""
KEPT = timedelta(days=7)
TRIES = 3
NO_WISH = Wish()
TO_DO = (UploadState.UPLOADED, UploadState.PLANNING, UploadState.APPLYING)
CHANGED = "The list was changed by others meanwhile. This is what the file would do now."
GAVE_UP = "The work was begun three times and never finished. Upload the file again, or in smaller parts."


@dataclass(frozen=True, slots=True)
class Taken:
    """One upload in a worker's hands, with what it takes to do its work. `kind` says what it is a list of."""

    id: int
    kind: str
    name: str
    content: bytes
    mapping: Mapping[str, str]
    is_applied: bool
    """Whether it is to be written, not only looked at."""
    scope: Scope
    by: int
    seen: Outline
    wish: Wish = NO_WISH


def keep_upload(
    session: Session,
    kind: str,
    *,
    name: str,
    content: bytes,
    by: int,
    now: datetime,
    system_now: datetime,
    mapping: Mapping[str, str] | None = None,
) -> Upload:
    """Keep a file to be looked at, flushed; old ones go. Raises Refused for an empty one.

    `mapping` is what whoever works on this kind of file has to know of it.
    """
    if not content.strip():
        raise Refused("The file is empty; its first line names the columns.")
    forget_old(session, now=now)
    upload = Upload(
        kind=str(kind),
        name=plain_name(name) or f"{kind}.csv",
        size=len(content),
        lines=count_lines(content),
        content=content,
        mapping=dict(mapping or {}),
        by_id=by,
        at=now,
        asked_at=system_now,
    )
    session.add(upload)
    session.flush()
    facts: dict[str, str | int] = {"kind": str(kind), "bytes": upload.size}
    record(session, action="upload", thing="upload", thing_id=upload.id, by=by, now=now, facts=facts)
    return upload


def map_columns(
    session: Session,
    upload: Upload,
    mapping: Mapping[str, str],
    *,
    by: int,
    now: datetime,
    system_now: datetime,
) -> None:
    """Read the headings as `mapping` says (see `plan_columns`), and look again. Raises Refused while it is
    being worked on and once it was applied."""
    mine = update(Upload).where(
        Upload.id == upload.id, Upload.state.in_([UploadState.PLANNED, UploadState.FAILED])
    )
    again = _asked(UploadState.UPLOADED, system_now) | {"mapping": dict(mapping), "result": {}}
    if not _count(session, mine.values(again)):
        raise Refused("The file is being worked on, or was imported; reload the page to see.")
    record(
        session,
        action="map",
        thing="upload",
        thing_id=upload.id,
        by=by,
        now=now,
        facts={"headings": len(mapping)},
    )


def ask_to_apply(
    session: Session, upload: Upload, *, seen: str, by: int, now: datetime, system_now: datetime
) -> None:
    """Have it applied as it was shown; `seen` is the digest of that outline. Asking twice is asking once.

    Raises Refused when there is nothing to apply, or when the outline is another one by now.
    """
    outline = read_outline(upload.result)
    if upload.state in (UploadState.APPLYING, UploadState.APPLIED):
        return
    if upload.state is not UploadState.PLANNED or not outline.may_be_applied or outline.digest != seen:
        raise Refused("This is not what was shown; reload the page to see how things stand.")
    mine = update(Upload).where(Upload.id == upload.id, Upload.state == UploadState.PLANNED)
    if _count(session, mine.values(_asked(UploadState.APPLYING, system_now) | {"applied_by_id": by})):
        facts = {"rows": outline.effect}
        record(
            session, action="ask_to_import", thing="upload", thing_id=upload.id, by=by, now=now, facts=facts
        )


def discard_upload(session: Session, upload: Upload, *, by: int, now: datetime) -> None:
    """Delete a file that was not applied, and its row. Raises Refused for one that is or was."""
    safe = Upload.state.not_in([UploadState.APPLYING, UploadState.APPLIED])
    if upload.state not in (UploadState.APPLYING, UploadState.APPLIED):
        _forget_rows(session, Upload.id == upload.id)
    if not _count(session, delete(Upload).where(Upload.id == upload.id, safe)):
        raise Refused("The file is being imported, or was; reload the page to see.")
    record(session, action="discard", thing="upload", thing_id=upload.id, by=by, now=now)


def take_upload(session: Session, upload_id: int, *, system_now: datetime) -> Taken | None:
    """Take the next piece of work on one upload; None when there is none or somebody else has it."""
    free = or_(Upload.leased_until.is_(None), Upload.leased_until < system_now)
    mine = update(Upload).where(Upload.id == upload_id, Upload.state.in_(TO_DO), free)
    begun = case((Upload.state == UploadState.UPLOADED, UploadState.PLANNING), else_=Upload.state)
    if not _count(
        session,
        mine.values(state=begun, leased_until=system_now + LEASE, attempts=Upload.attempts + 1),
    ):
        return None
    session.expire_all()
    upload = session.get_one(Upload, upload_id, options=[undefer(Upload.content)])
    if upload.attempts > TRIES or upload.content is None:
        fail_upload(session, upload_id, reason=GAVE_UP)
        return None
    is_applied = upload.state is UploadState.APPLYING
    by = upload.applied_by_id if is_applied and upload.applied_by_id else upload.by_id
    return Taken(
        id=upload.id,
        kind=upload.kind,
        name=upload.name,
        content=upload.content,
        mapping=upload.mapping,
        is_applied=is_applied,
        scope=scope_of(session.get_one(User, by)),
        by=by,
        seen=read_outline(upload.result),
        wish=_wish(session, upload_id),
    )


def show_upload(
    session: Session, upload_id: int, outline: Outline, *, rejects: bytes | None = None, note: str = ""
) -> None:
    """Keep what a look at it found, for a person to decide; `rejects` are its rejected rows as CSV, if they
    do not lie in the parcels of its batch."""
    at_work = Upload.state.in_([UploadState.PLANNING, UploadState.APPLYING])
    values = {"state": UploadState.PLANNED, "result": outline.as_json(), "rejects": rejects, "note": note}
    _count(
        session, update(Upload).where(Upload.id == upload_id, at_work).values(values | {"leased_until": None})
    )


def renew_lease(
    session: Session, upload_id: int, *, system_now: datetime, so_far: Outline | None = None
) -> None:
    """Keep a long piece of work in the hands that have it, and what it has found so far.

    Work that gets on was not begun in vain: its attempts are counted anew.
    """
    busy = Upload.state.in_([UploadState.PLANNING, UploadState.APPLYING])
    mine = update(Upload).where(Upload.id == upload_id, busy, Upload.leased_until.is_not(None))
    found = {"result": so_far.as_json()} if so_far else {}
    _count(session, mine.values({"leased_until": system_now + LEASE, "attempts": 1} | found))


def finish_upload(session: Session, upload_id: int, *, now: datetime) -> bool:
    """Note that it is applied, in the same transaction; false when another worker has done it already."""
    mine = update(Upload).where(Upload.id == upload_id, Upload.state == UploadState.APPLYING)
    freed = {"content": None, "rejects": None, "leased_until": None, "note": ""}
    return _count(session, mine.values({"state": UploadState.APPLIED, "applied_at": now} | freed)) == 1


def fail_upload(session: Session, upload_id: int, *, reason: str) -> None:
    """Note that it cannot be worked on, and why."""
    mine = update(Upload).where(Upload.id == upload_id, Upload.state.in_(TO_DO))
    _count(session, mine.values(state=UploadState.FAILED, leased_until=None, note=reason[:300]))


def forget_old(session: Session, *, now: datetime) -> int:
    """Delete what nobody has applied for a week; returns how many."""
    if not has_old(session, now=now):
        return 0
    _forget_rows(session, _is_old(now))
    return _count(session, delete(Upload).where(_is_old(now)))


def has_old(session: Session, *, now: datetime) -> bool:
    """Whether there is anything to forget."""
    return session.scalar(select(Upload.id).where(_is_old(now)).limit(1)) is not None


def lost_uploads(session: Session, *, system_now: datetime) -> list[int]:
    """The uploads that nobody works on though they should: no bell was heard, or their worker is gone."""
    unheard = and_(Upload.leased_until.is_(None), Upload.asked_at < system_now - BELL_TIME)
    gone = Upload.leased_until < system_now
    query = select(Upload.id).where(Upload.state.in_(TO_DO), or_(unheard, gone))
    return list(session.scalars(query.order_by(Upload.id)))


def find_upload(session: Session, upload_id: int, *, scope: Scope) -> Upload:
    """The upload with this id, without its content. Raises NotFound, also for who does not see all."""
    upload = session.get(Upload, upload_id) if scope.sees_all else None
    if upload is None:
        raise NotFound("upload", upload_id)
    return upload


def rejects_of(session: Session, upload_id: int, *, scope: Scope) -> bytes:
    """The rejected rows of an upload as CSV. Raises NotFound when it has none."""
    find_upload(session, upload_id, scope=scope)
    rejects = session.scalar(select(Upload.rejects).where(Upload.id == upload_id)) or b""
    if batch := batch_of(session, upload_id):
        pieces = parcels_of(session, batch.id, ParcelKind.REJECTS)
        rejects = b"".join(reject_of(session, piece) for piece in pieces)
    if not rejects:
        raise NotFound("file of rejected rows", upload_id)
    return rejects


def read_otherwise(
    session: Session, upload: Upload, wish: Wish, *, by: int, now: datetime, system_now: datetime
) -> None:
    """Read the file in another encoding, by another separator or from another sheet, and look again.

    What was said of its columns is forgotten, for they may be others. Raises Refused as `map_columns` does.
    """
    session.merge(UploadReading(upload_id=upload.id, **asdict(wish)))
    session.flush()
    map_columns(session, upload, {}, by=by, now=now, system_now=system_now)


def _wish(session: Session, upload_id: int) -> Wish:
    kept = session.get(UploadReading, upload_id)
    return Wish(kept.encoding, kept.separator, kept.sheet) if kept else Wish()


def _forget_rows(session: Session, which: ColumnElement[bool]) -> None:
    """What hangs on uploads that are about to go."""
    ids = select(Upload.id).where(which).scalar_subquery()
    forget_batches(session, ImportBatch.upload_id.in_(ids))
    _count(session, delete(UploadReading).where(UploadReading.upload_id.in_(ids)))


def _asked(state: UploadState, system_now: datetime) -> dict[str, Any]:
    return {"state": state, "asked_at": system_now, "leased_until": None, "attempts": 0, "note": ""}


def _is_old(now: datetime) -> ColumnElement[bool]:
    busy = (UploadState.APPLYING, UploadState.APPLIED)
    return and_(Upload.at < now - KEPT, Upload.state.not_in(busy))


def _count(session: Session, statement: Update | Delete) -> int:
    """Run a conditional statement and say how many rows it changed: that is how races are decided here."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
