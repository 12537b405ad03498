"""A file looked at: a thousand rows in memory at a time, laid ready as soon as they are checked.

This is an edge that commits: a look at 100,000 rows takes seconds, and no transaction may be open so long.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Fault, Refused
from surveyd.people import batches, mappings
from surveyd.people.access import Scope
from surveyd.people.columns import ImportKind, Plan, plan_columns
from surveyd.people.drafts import ids_in
from surveyd.people.ids import Ids
from surveyd.people.import_models import ParcelKind
from surveyd.people.imports import Sorted, Sorting
from surveyd.people.outlines import SHOWN, Heading, Names, Outline, Place, RowChange
from surveyd.people.parcels import PARENT
from surveyd.people.rejects import Rejects
from surveyd.people.sources import Source
from surveyd.people.tables import Ragged, Row

FIRST, CHUNK = 200, 1000
"""How many rows are looked at before anybody sees anything, and then at a time."""
TOLD_EVERY = 1.5
"""Seconds between two words on how far it is."""
Tell = Callable[[Outline], None]
AfterPart = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who has a file looked at, and when: `upload_id` is None for a file that a command reads."""

    scope: Scope
    by: int | None
    now: datetime
    upload_id: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a file would do, and where it lies ready; `batch_id` is None when its headings do not fit."""

    outline: Outline
    plan: Plan
    batch_id: int | None = None


def look_at(
    source: Source,
    kind: ImportKind,
    mapping: Mapping[str, str],
    *,
    asking: Asking,
    tell: Tell = lambda outline: None,
    shown: int = SHOWN,
) -> Look:
    """Look at every row of a file and lay ready what it would do. `tell` is called with the outline so far.

    Without a `mapping` the saved one of a source with the same headings is taken. `shown` faults and changes
    are in the outline. Raises Refused for who does not see all accounts, and BadFile where a file breaks off.
    """
    if not asking.scope.sees_all:
        raise Refused("An import may touch every account; ask someone who may see them all.")
    mapping, mapped_by = _mapping(source, kind, mapping, now=asking.now)
    plan = plan_columns(kind, source, mapping)
    tally = Tally(source, plan, mapped_by=mapped_by, shown=shown)
    if plan.faults:
        tally.reject(plan.faults, rows=sum(1 for _ in source.rows()))
        return Look(tally.outline(columns_fit=False), plan)
    tell(tally.outline(is_partial=True))
    walk = _Walk(source, kind, plan, tally, asking)
    walk.go(tell)
    return Look(tally.outline(), plan, walk.batch_id)


def still_stands(batch_id: int) -> bool:
    """Whether a batch would do now what it was laid ready to do: nobody has touched its rows since."""
    with reading() as session:
        parcels = batches.parcels_of(session, batch_id, ParcelKind.ROWS)
    for parcel in parcels:
        with reading() as session:
            if not batches.still_stands(session, parcel):
                return False
    return True


def write_batch(batch_id: int, *, now: datetime, after_part: AfterPart = lambda done, of: None) -> bool:
    """Write what was decided, all of it, and note it as an import; false when somebody else has."""
    write_parcels(batch_id, now=now, after_part=after_part)
    with writing() as session:
        return batches.finish_batch(session, batch_id, now=now) is not None


def write_parcels(batch_id: int, *, now: datetime, after_part: AfterPart = lambda done, of: None) -> None:
    """Write what was decided, parcel by parcel, each committed.

    `after_part` is called with how many are done, of how many. A stop in the middle costs nothing: call it
    again.
    """
    with reading() as session:
        parcels = [one for kind in batches.TO_WRITE for one in batches.parcels_of(session, batch_id, kind)]
    for done, parcel in enumerate(parcels, 1):
        with writing() as session:
            batches.write_parcel(session, parcel, now=now, system_now=system_now())
        after_part(done, len(parcels))


class Tally:
    """What was found so far, counted, with the first of each."""

    def __init__(self, source: Source, plan: Plan, *, mapped_by: str, shown: int) -> None:
        self.source, self.plan, self.mapped_by, self.shown = source, plan, mapped_by, shown
        self.added = self.changed = self.unchanged = self.rejected = self.fault_count = 0
        self.changes: list[RowChange] = []
        self.faults: list[Fault] = []
        self.places: dict[int, str] = {}
        self.effect = hashlib.sha256(source.digest.encode())

    def take(self, session: Session, found: Sorted) -> None:
        """The next rows."""
        self.added += len(found.added)
        self.changed += len(found.changed)
        self.unchanged += found.unchanged
        first = found.changed[: self.shown - len(self.changes)]
        if first:
            names = Names(session, first)
            self.changes += [names.shown(change) for change in first]
        self._note_places(found)
        for draft in found.added:
            self.effect.update(f"+{draft.line} {draft.external_id}\n".encode())
        for change in found.changed:
            self.effect.update(f"~{change.draft.line} {change.id} {sorted(change.before.items())}\n".encode())

    def reject(self, faults: Sequence[Fault], *, rows: int | None = None) -> None:
        """Rows that cannot be taken: those that `faults` name, or as many as `rows` says."""
        self.rejected += len({fault.line for fault in faults}) if rows is None else rows
        self.fault_count += len(faults)
        self.faults += sorted(faults, key=lambda fault: fault.line)[: self.shown - len(self.faults)]

    def reject_late(self, faults: Sequence[Fault]) -> None:
        """Rows that were good by themselves: they count as rejected, and no more as what they were."""
        self.reject(faults)
        for line in {fault.line for fault in faults}:
            match self.places.get(line):
                case "added":
                    self.added -= 1
                case "changed":
                    self.changed -= 1
                case _:
                    self.unchanged -= 1

    def _note_places(self, found: Sorted) -> None:
        """Only a parent can be wrong for what another row says."""
        self.places |= {one.line: "added" for one in found.added if one.values.get(PARENT)}
        self.places |= {one.draft.line: "changed" for one in found.changed if one.draft.values.get(PARENT)}

    def outline(self, *, columns_fit: bool = True, is_partial: bool = False) -> Outline:
        """All of it, small enough to keep."""
        placed = {found.place: found.column.name for found in self.plan.placed}
        guesses = self.plan.guesses
        headings = enumerate(self.source.headings)
        return Outline(
            added=self.added,
            changed=self.changed,
            unchanged=self.unchanged,
            rejected=self.rejected,
            headings=tuple(Heading(one, placed.get(at, ""), guesses.get(one, "")) for at, one in headings),
            changes=tuple(self.changes),
            faults=tuple(Place(fault.line, fault.column, fault.reason) for fault in self.faults),
            fault_count=self.fault_count,
            columns_fit=columns_fit,
            digest=self.effect.hexdigest(),
            reading=self.source.reading,
            mapped_by=self.mapped_by,
            is_partial=is_partial,
        )


class _Walk:
    """One way through a file: twice, since what repeats an id is known only at its end."""

    def __init__(self, source: Source, kind: ImportKind, plan: Plan, tally: Tally, asking: Asking) -> None:
        self.source, self.tally = source, tally
        self.rows = 0
        ids = Ids(ids_in(self._count_rows(), plan))
        self.sorting = Sorting(kind, source.file, plan, ids)
        self.rejects = Rejects(source.headings)
        self.head = self.rejects.head()
        with writing() as session:
            self.batch_id = batches.begin_batch(
                session,
                kind,
                file=source.file,
                digest=source.digest,
                rows=self.rows,
                upload_id=asking.upload_id,
                by=asking.by,
                now=asking.now,
                system_now=system_now(),
            )

    def go(self, tell: Tell) -> None:
        """Look at all rows, then at what only all together can break."""
        told, looked_at, rows, size = time.monotonic(), 0, self.source.rows(), FIRST
        while some := list(islice(rows, size)):
            looked_at += len(some)
            self._look_at(some, looked_at)
            if size == FIRST or time.monotonic() - told > TOLD_EVERY:
                tell(self.tally.outline(is_partial=True))
                told, size = time.monotonic(), CHUNK
        with reading() as session:
            faults = self.sorting.rest(session)
        if faults:
            self._reject_late(faults, looked_at)

    def _count_rows(self) -> Iterator[Row]:
        for found in self.source.rows():
            self.rows += 1
            if isinstance(found, Row):
                yield found

    def _look_at(self, some: Sequence[Row | Ragged], looked_at: int) -> None:
        with reading() as session:
            found = self.sorting.sort(session, [row for row in some if isinstance(row, Row)])
            self.tally.take(session, found)
        faults = [*found.faults, *(row.fault for row in some if isinstance(row, Ragged))]
        self.tally.reject(faults)
        self._lay_ready(found, some if faults else (), faults, looked_at)

    def _lay_ready(
        self, found: Sorted, rows: Sequence[Row | Ragged], faults: Sequence[Fault], looked_at: int
    ) -> None:
        rejects = self.rejects.rows(((row.line, row.cells) for row in rows), faults)
        if rejects:
            rejects, self.head = self.head + rejects, b""
        with writing() as session:
            batches.lay_ready(
                session,
                self.batch_id,
                found,
                rejects=rejects,
                looked_at=looked_at,
                system_now=system_now(),
            )

    def _reject_late(self, faults: Sequence[Fault], looked_at: int) -> None:
        lines = {fault.line for fault in faults}
        self.tally.reject_late(faults)
        rows = [row for row in self.source.rows() if row.line in lines]
        self._lay_ready(Sorted((), (), 0, ()), rows, faults, looked_at)


def _mapping(
    source: Source, kind: ImportKind, mapping: Mapping[str, str], *, now: datetime
) -> tuple[Mapping[str, str], str]:
    """What was said of the columns, else what is known of their source, and its name."""
    if mapping:
        return mapping, ""
    with reading() as session:
        saved = mappings.recognise(session, kind, source.headings)
    if saved is None:
        return {}, ""
    with writing() as session:
        mappings.note_use(session, saved.id, now=now)
    return mappings.for_headings(saved, source.headings), saved.name
