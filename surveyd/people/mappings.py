"""What one source calls our columns, kept so that its next file maps by itself."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.people.access import Scope
from surveyd.people.audit import record
from surveyd.people.columns import SKIP, ImportKind
from surveyd.people.headings import word
from surveyd.people.import_models import ImportMapping
from surveyd.people.models import User

NAME_LIMIT = 80


@dataclass(frozen=True, slots=True)
class Saved:
    """One saved mapping: its source's name, and their heading -> our column, `skip` for those left out."""

    id: int
    kind: ImportKind
    name: str
    columns: Mapping[str, str]
    saved_at: datetime
    used_at: datetime | None
    by: str

    @property
    def read(self) -> Mapping[str, str]:
        """The headings that are read, without those that are left out."""
        return {theirs: ours for theirs, ours in self.columns.items() if ours != SKIP}


def save_mapping(
    session: Session,
    kind: ImportKind,
    columns: Mapping[str, str],
    *,
    name: str,
    by: int | None,
    now: datetime,
) -> int:
    """Keep what a source calls our columns, for all headings of its files; the last word for a name and for
    the same headings counts. Raises Refused without a name, or with one that is too long."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LIMIT:
        raise Refused(f"Name the source in up to {NAME_LIMIT} characters.")
    key = signature(list(columns))
    mine = select(ImportMapping).where(ImportMapping.kind == kind.value)
    for other in session.scalars(mine.where((ImportMapping.name == name) | (ImportMapping.signature == key))):
        session.delete(other)
    session.flush()
    kept = ImportMapping(
        kind=kind.value, name=name, signature=key, columns=dict(columns), by_id=by, saved_at=now
    )
    session.add(kept)
    session.flush()
    facts = {"headings": len(columns)}
    record(session, action="save", thing="mapping", thing_id=kept.id, by=by, now=now, facts=facts)
    return kept.id


def recognise(session: Session, kind: ImportKind, headings: Sequence[str]) -> Saved | None:
    """The mapping of the source whose files have these headings, in whatever order."""
    key = signature(headings)
    return _first(session, ImportMapping.kind == kind.value, ImportMapping.signature == key)


def mapping_named(session: Session, kind: ImportKind, name: str) -> Saved:
    """The mapping of a source. Raises NotFound."""
    found = _first(session, ImportMapping.kind == kind.value, ImportMapping.name == " ".join(name.split()))
    if found is None:
        raise NotFound("source", name)
    return found


def for_headings(saved: Saved, headings: Sequence[str]) -> dict[str, str]:
    """What a mapping says of the headings that a file has."""
    there = {word(heading) for heading in headings}
    return {theirs: ours for theirs, ours in saved.columns.items() if word(theirs) in there}


def note_use(session: Session, mapping_id: int, *, now: datetime) -> None:
    """Note that a file was read by a mapping."""
    session.get_one(ImportMapping, mapping_id).used_at = now


def all_mappings(session: Session, *, scope: Scope) -> list[Saved]:
    """All saved mappings by kind and name. Raises NotFound for who may not see all accounts."""
    if not scope.sees_all:
        raise NotFound("list of sources", "-")
    query = QUERY.order_by(ImportMapping.kind, ImportMapping.name)
    return [_saved(*row) for row in session.execute(query)]


def rename_mapping(
    session: Session, mapping_id: int, name: str, *, scope: Scope, by: int | None, now: datetime
) -> None:
    """Call a source otherwise. Raises NotFound, and Refused for a name that is empty, too long or taken."""
    kept, name = _mine(session, mapping_id, scope), " ".join(name.split())
    if not name or len(name) > NAME_LIMIT:
        raise Refused(f"Name the source in up to {NAME_LIMIT} characters.")
    same = select(ImportMapping.id).where(ImportMapping.kind == kept.kind, ImportMapping.name == name)
    if session.scalar(same.where(ImportMapping.id != mapping_id)) is not None:
        raise Refused("Another source has this name; choose a different one, or delete that one first.")
    kept.name = name
    record(session, action="rename", thing="mapping", thing_id=mapping_id, by=by, now=now)


def delete_mapping(session: Session, mapping_id: int, *, scope: Scope, by: int | None, now: datetime) -> None:
    """Forget what a source calls our columns. Raises NotFound."""
    session.delete(_mine(session, mapping_id, scope))
    record(session, action="delete", thing="mapping", thing_id=mapping_id, by=by, now=now)


def signature(headings: Sequence[str]) -> str:
    """The same for the same headings in any order, case and spelling of accents."""
    return hashlib.sha256("\n".join(sorted(map(word, headings))).encode()).hexdigest()


QUERY = select(ImportMapping, User.name, User.email).outerjoin(User, User.id == ImportMapping.by_id)


def _first(session: Session, *which: object) -> Saved | None:
    row = session.execute(QUERY.where(*which)).first()  # type: ignore[arg-type]  # conditions
    return _saved(*row) if row else None


def _saved(kept: ImportMapping, name: str | None, email: str | None) -> Saved:
    return Saved(
        id=kept.id,
        kind=ImportKind(kept.kind),
        name=kept.name,
        columns=kept.columns,
        saved_at=kept.saved_at,
        used_at=kept.used_at,
        by=name or email or "",
    )


def _mine(session: Session, mapping_id: int, scope: Scope) -> ImportMapping:
    kept = session.get(ImportMapping, mapping_id) if scope.sees_all else None
    if kept is None:
        raise NotFound("source", mapping_id)
    return kept
