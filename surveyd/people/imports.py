"""Imports of accounts and contacts: first shown, then applied as a whole or not at all.

A row is known by its external id: new ids are added, known ones changed where the file says otherwise, so
that the same file twice changes nothing. A column that the file does not have leaves what is there; an
empty cell of a column that it has clears it. Rows that the file does not name stay as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
from surveyd.people.drafts import Complaints, Draft, Value, draft_rows
from surveyd.people.models import ImportRun
from surveyd.people.rows import Change
from surveyd.people.tables import Table


class Rows(Protocol):
    """What an import asks of its kind of row."""

    def look_up(self, drafts: Sequence[Draft]) -> None:
        """Put ids in the place of names, complaining of names that nothing has."""

    def stored(self, drafts: Sequence[Draft]) -> Mapping[str, Mapping[str, Value]]:
        """The rows that are there now, by external id."""

    def settle(self, draft: Draft, now: Mapping[str, Value] | None) -> None:
        """Complete a draft from its row, complaining where both together break a rule."""

    def settle_all(self, drafts: Sequence[Draft]) -> None:
        """Complain where all drafts together break a rule."""


class Write(Protocol):
    """Writes what a preview holds."""

    def __call__(
        self, session: Session, added: Sequence[Draft], changed: Sequence[Change], *, now: datetime
    ) -> None: ...


ROWS: dict[ImportKind, Callable[[Session, Complaints], Rows]] = {
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
    complaints = Complaints(table.file, plan, [*plan.faults, *table.faults])
    if plan.faults:
        rejected = len(table.rows) + len(table.faults)
        return Preview(
            kind, table.file, table.digest, plan, rejected=rejected, faults=tuple(complaints.faults)
        )
    drafts = draft_rows(table, complaints)
    rows = ROWS[kind](session, complaints)
    rows.look_up(drafts)
    stored = rows.stored(drafts)
    for draft in drafts:
        rows.settle(draft, stored.get(draft.external_id))
    rows.settle_all(drafts)
    return _sorted_out(Preview(kind, table.file, table.digest, plan), drafts, stored, complaints)


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
    empty: Preview, drafts: Sequence[Draft], stored: Mapping[str, Mapping[str, Value]], complaints: Complaints
) -> Preview:
    faulty = complaints.lines()
    added: list[Draft] = []
    changed: list[Change] = []
    good = [draft for draft in drafts if draft.line not in faulty]
    for draft in good:
        now = stored.get(draft.external_id)
        if now is None:
            added.append(draft)
            continue
        before = {field: now[field] for field, value in draft.values.items() if now[field] != value}
        if before:
            changed.append(Change(int(str(now["id"])), draft, before))
    return Preview(
        empty.kind,
        empty.file,
        empty.digest,
        empty.plan,
        added=tuple(added),
        changed=tuple(changed),
        unchanged=len(good) - len(added) - len(changed),
        rejected=len(faulty),
        faults=tuple(sorted(complaints.faults, key=lambda fault: fault.line)),
    )
