"""Imports of accounts and contacts: first shown, then applied as a whole or not at all.

A row is known by its external id: new ids are added, known ones changed where the file says otherwise, so
that the same file twice changes nothing. A column that the file does not have leaves what is there; an
empty cell of a column that it has clears it. Rows that the file does not name stay as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveyd.base.errors import BadFile, Fault, Refused
from surveyd.people.access import Scope
from surveyd.people.account_rows import AccountRows, write_accounts
from surveyd.people.audit import record
from surveyd.people.columns import ImportKind, Plan, plan_columns
from surveyd.people.contact_rows import ContactRows, write_contacts
from surveyd.people.drafts import Complaints, Draft, Value, draft_rows, ids_in
from surveyd.people.ids import Ids
from surveyd.people.models import ImportRun
from surveyd.people.rows import Change
from surveyd.people.tables import Row, Table


class Rows(Protocol):
    """What an import asks of its kind of row, some rows at a time."""

    def look_up(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Put ids in the place of names, complaining of names that nothing has."""

    def stored(self, session: Session, drafts: Sequence[Draft]) -> Mapping[str, Mapping[str, Value]]:
        """The rows that are there now, by external id."""

    def settle(self, draft: Draft, now: Mapping[str, Value] | None) -> None:
        """Complete a draft from its row, complaining where both together break a rule."""

    def settle_all(self, session: Session) -> None:
        """Complain where all rows together break a rule."""


class Write(Protocol):
    """Writes what a preview holds."""

    def __call__(
        self, session: Session, added: Sequence[Draft], changed: Sequence[Change], *, now: datetime
    ) -> None: ...


ROWS: dict[ImportKind, Callable[[Complaints, Ids], Rows]] = {
    ImportKind.ACCOUNTS: AccountRows,
    ImportKind.CONTACTS: ContactRows,
}
WRITE: dict[ImportKind, Write] = {ImportKind.ACCOUNTS: write_accounts, ImportKind.CONTACTS: write_contacts}


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do. `notes` names the headings that are left out; with faults it does nothing."""

    kind: ImportKind
    file: str
    digest: str
    plan: Plan
    added: tuple[Draft, ...] = ()
    changed: tuple[Change, ...] = ()
    unchanged: int = 0
    rejected: int = 0
    faults: tuple[Fault, ...] = ()

    @property
    def notes(self) -> tuple[Fault, ...]:
        return self.plan.notes

    @property
    def does_nothing(self) -> bool:
        """Whether there is nothing to add and nothing to change."""
        return not (self.added or self.changed)


def preview(
    session: Session, kind: ImportKind, table: Table, mapping: Mapping[str, str], *, scope: Scope
) -> Preview:
    """What importing `table` would add, change, leave and reject; reads only.

    `mapping` is their heading -> our column, see `plan_columns`. Every fault is in the preview, with its
    line and heading. Raises Refused for a scope that does not see all accounts.
    """
    if not scope.sees_all:
        raise Refused("An import may touch every account; ask someone who may see them all.")
    plan = plan_columns(kind, table, mapping)
    empty = Preview(kind, table.file, table.digest, plan)
    if plan.faults:
        faults = (*plan.faults, *table.faults)
        return replace(empty, rejected=len(table.rows) + len(table.faults), faults=faults)
    sorting = Sorting(kind, table.file, plan, Ids(ids_in(table.rows, plan)))
    found = sorting.sort(session, table.rows)
    faults = tuple(sorted((*table.faults, *found.faults, *sorting.rest(session)), key=lambda one: one.line))
    lines = {fault.line for fault in faults}
    added = tuple(draft for draft in found.added if draft.line not in lines)
    changed = tuple(change for change in found.changed if change.draft.line not in lines)
    unchanged = len(table.rows) + len(table.faults) - len(lines) - len(added) - len(changed)
    return replace(
        empty, added=added, changed=changed, unchanged=unchanged, rejected=len(lines), faults=faults
    )


@dataclass(frozen=True, slots=True)
class Sorted:
    """Some rows of a file, sorted out; a row of `faults` is in none of the others."""

    added: Sequence[Draft]
    changed: Sequence[Change]
    unchanged: int
    faults: Sequence[Fault]


class Sorting:
    """A file's rows sorted out, as many at a time as one likes, against what is there at that moment."""

    def __init__(self, kind: ImportKind, file: str, plan: Plan, ids: Ids) -> None:
        self.complaints, self.ids = Complaints(file, plan), ids
        self.rows = ROWS[kind](self.complaints, ids)

    def sort(self, session: Session, rows: Sequence[Row]) -> Sorted:
        """The next rows of the file; reads only, a few statements for all of them."""
        drafts = draft_rows(rows, self.complaints, self.ids)
        self.rows.look_up(session, drafts)
        stored = self.rows.stored(session, drafts)
        for draft in drafts:
            self.rows.settle(draft, stored.get(draft.external_id))
        faults = self.complaints.take()
        faulty = {fault.line for fault in faults}
        return _sorted_out([draft for draft in drafts if draft.line not in faulty], stored, faults)

    def rest(self, session: Session) -> Sequence[Fault]:
        """What is wrong with all rows together, when the last one was sorted."""
        self.rows.settle_all(session)
        return self.complaints.take()


def unreadable(kind: ImportKind, file: str, error: BadFile) -> Preview:
    """The preview of a file that is no table: every fault, and nothing else."""
    lines = {fault.line for fault in error.faults}
    return Preview(kind, file, "", Plan((), (), ()), rejected=len(lines), faults=error.faults)


def apply(session: Session, preview: Preview, *, now: datetime, by: int | None) -> ImportRun | None:
    """Do what `preview` shows, all of it; None when there was nothing to do.

    Raises BadFile when the preview has faults, and Refused when others added or removed the same rows since
    it was made; the caller's transaction is then to be rolled back.
    """
    if preview.faults:
        raise BadFile(preview.faults)
    if preview.does_nothing:
        return None
    try:
        WRITE[preview.kind](session, preview.added, preview.changed, now=now)
    except IntegrityError as error:
        raise Refused("The list was changed by someone else meanwhile; start the import again.") from error
    counts = {"added": len(preview.added), "changed": len(preview.changed), "unchanged": preview.unchanged}
    run = ImportRun(
        kind=preview.kind.value,
        file_name=preview.file.rpartition("/")[2][:255],
        digest=preview.digest,
        by_id=by,
        at=now,
        **counts,
    )
    session.add(run)
    session.flush()
    record(session, action="import", thing=preview.kind.value, thing_id=run.id, by=by, now=now, facts=counts)
    return run


def _sorted_out(
    drafts: Sequence[Draft], stored: Mapping[str, Mapping[str, Value]], faults: Sequence[Fault]
) -> Sorted:
    added: list[Draft] = []
    changed: list[Change] = []
    for draft in drafts:
        now = stored.get(draft.external_id)
        if now is None:
            added.append(draft)
            continue
        before = {field: now[field] for field, value in draft.values.items() if now[field] != value}
        if before:
            changed.append(Change(int(str(now["id"])), draft, before))
    return Sorted(added, changed, len(drafts) - len(added) - len(changed), faults)
