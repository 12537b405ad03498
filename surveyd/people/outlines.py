"""What a preview says, small enough to keep beside its file and to show on a page."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.people.drafts import Value
from surveyd.people.models import Account, User
from surveyd.people.rows import Change
from surveyd.people.sources import Reading

SHOWN = 50
UNREAD = Reading()
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading of the file, and the column of ours that it is read as; empty when it is left out.

    `guess` is the column that it may mean, when nobody has said so.
    """

    heading: str
    column: str
    guess: str = ""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a row before and after, as text."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that would change."""

    line: int
    external_id: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One fault of the file: line, heading, reason."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outline:
    """How many rows an import would add, change, leave and reject, and the first of them.

    `columns_fit` is false when the headings are not understood: then no row was looked at. `digest` is the
    same for the same effect on the same rows. Of a file of answers `unchanged` are those that are there
    already, `invited` are from people who were not asked, and `incomplete` lack an answer that is needed.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    headings: tuple[Heading, ...] = ()
    changes: tuple[RowChange, ...] = ()
    faults: tuple[Place, ...] = ()
    fault_count: int = 0
    columns_fit: bool = True
    digest: str = field(default="")
    notes: tuple[Place, ...] = ()
    note_count: int = 0
    invited: int = 0
    incomplete: int = 0
    reading: Reading = UNREAD
    mapped_by: str = ""
    """The source by whose saved mapping the headings are read."""
    is_partial: bool = False
    """Whether it is a first look, while the rest of the file is still being read."""

    @property
    def effect(self) -> int:
        """How many rows would be written."""
        return self.added + self.changed

    @property
    def may_be_applied(self) -> bool:
        """Whether there is something to write, and nothing against it."""
        return self.effect > 0 and not self.fault_count and not self.is_partial

    def as_json(self) -> dict[str, Any]:
        """The outline as JSON; `read_outline` reads it back."""
        return asdict(self)


def read_outline(kept: Mapping[str, Any]) -> Outline:
    """The outline that `as_json` wrote; an empty one from nothing."""
    if not kept:
        return Outline()
    parts = {
        "headings": tuple(Heading(**one) for one in kept["headings"]),
        "faults": tuple(Place(**one) for one in kept["faults"]),
        "notes": tuple(Place(**one) for one in kept.get("notes", ())),
        "reading": _reading(kept.get("reading", {})),
        "changes": tuple(
            RowChange(one["line"], one["external_id"], tuple(FieldChange(**part) for part in one["fields"]))
            for one in kept["changes"]
        ),
    }
    return Outline(**{**kept, **parts})


class Names:
    """The changed values as people write them: managers by address, accounts by id, money in whole units."""

    def __init__(self, session: Session, changes: Sequence[Change]) -> None:
        managers, accounts = _ids(changes, "manager_id"), _ids(changes, "account_id")
        found = session.execute(select(User.id, User.email).where(User.id.in_(managers))) if managers else ()
        self.managers: dict[object, str] = {row.id: row.email for row in found}
        query = select(Account.id, Account.external_id).where(Account.id.in_(accounts))
        self.accounts: dict[object, str] = (
            {row.id: row.external_id for row in session.execute(query)} if accounts else {}
        )

    def shown(self, change: Change) -> RowChange:
        """One changed row, its fields in the order of the file."""
        values = change.draft.values
        fields = (
            FieldChange(
                _name(field), self._text(field, change.before[field]), self._text(field, values[field])
            )
            for field in values
            if field in change.before
        )
        return RowChange(change.draft.line, change.draft.external_id, tuple(fields))

    def _text(self, field: str, value: Value) -> str:
        if value is None or value == "":
            return ""
        if field == "manager_id":
            return self.managers.get(value, "")
        if field == "account_id":
            return self.accounts.get(value, "")
        if field == "revenue_cents":
            return f"{int(str(value)) / 100:.2f}"
        if isinstance(value, dict):
            return ", ".join(f"{name}: {part}" for name, part in sorted(value.items()))[:LONGEST]
        return str(value)[:LONGEST]


def _reading(kept: Mapping[str, Any]) -> Reading:
    return Reading(**{**kept, "sheets": tuple(kept.get("sheets", ()))})


def _name(field: str) -> str:
    return {"manager_id": "manager", "account_id": "account", "revenue_cents": "revenue"}.get(field, field)


def _ids(changes: Sequence[Change], field: str) -> set[int]:
    both = [
        (change.before[field], change.draft.values[field]) for change in changes if field in change.before
    ]
    return {value for pair in both for value in pair if isinstance(value, int)}
