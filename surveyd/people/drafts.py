"""From a file's rows to drafts: values that are checked one by one, each fault with its line and column."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from surveyd.base.errors import Fault
from surveyd.base.spreadsheets import unguarded
from surveyd.people.columns import FIRST_NAME, LAST_NAME, Column, Plan
from surveyd.people.ids import Ids
from surveyd.people.tables import Row

Value = object
"""What a column reads as: text, date, amount, role. The column's reader says which."""


@dataclass(slots=True)
class Draft:
    """What one row of a file asks for: values by field. Looking things up puts ids in the place of names."""

    line: int
    external_id: str
    values: dict[str, Value]
    unread: set[str] = field(default_factory=set)
    """The fields whose cells could not be read, and of which nothing more is to be said."""

    def row(self) -> dict[str, Value]:
        """The values with the external id, as a row of the table."""
        return {"external_id": self.external_id, **self.values}


@dataclass(slots=True)
class Complaints:
    """Everything that is wrong in one file, by line and by field."""

    file: str
    plan: Plan
    faults: list[Fault] = field(default_factory=list)

    def add(self, draft: Draft, name: str, reason: str) -> None:
        """The draft's field `name` cannot be taken; `reason` ends the sentence."""
        self.faults.append(Fault(self.file, draft.line, self.plan.heading(name), reason))

    def take(self) -> list[Fault]:
        """What was complained of since this was asked last."""
        taken, self.faults = self.faults, []
        return taken


def draft_rows(rows: Iterable[Row], complaints: Complaints, ids: Ids) -> list[Draft]:
    """A draft for each row, with the values of the cells that can be read; complains of the others.

    A second row with an id that the file (`ids`) has already is a fault and makes no draft.
    """
    readers = [(placed.place, placed.column) for placed in complaints.plan.placed]
    drafts: list[Draft] = []
    for row in rows:
        draft = Draft(row.line, "", {})
        for place, column in readers:
            _read_cell(draft, unguarded(row.cells[place]), column, complaints)
        _join_name(draft, complaints)
        draft.external_id = str(draft.values.pop("external_id", ""))
        if draft.external_id and (first := ids.earlier(draft.external_id, row.line)):
            complaints.add(
                draft, "external_id", f"{draft.external_id!r} is also on line {first}; keep one of them"
            )
            continue
        drafts.append(draft)
    return drafts


def ids_in(rows: Iterable[Row], plan: Plan) -> Iterator[str]:
    """The ids that rows have, as their drafts will have them; those that cannot be read are passed over."""
    found = next((placed for placed in plan.placed if placed.column.field == "external_id"), None)
    if found is None:
        return
    for row in rows:
        try:
            external_id = str(found.column.read(unguarded(row.cells[found.place])))
        except ValueError:
            continue
        if external_id:
            yield external_id


def _read_cell(draft: Draft, cell: str, column: Column, complaints: Complaints) -> None:
    try:
        value = column.read(cell)
    except ValueError as error:
        complaints.add(draft, column.field, _with_cell(cell, str(error)))
        draft.unread.add(column.field)
        return
    if column.required and not value:
        complaints.add(draft, column.field, "is empty; every row needs one")
    draft.values[column.field] = value


def _join_name(draft: Draft, complaints: Complaints) -> None:
    """Where a list keeps a name in two parts, make one of them."""
    values = draft.values
    if FIRST_NAME not in values and LAST_NAME not in values:
        return
    parts = (str(values.pop(part, "")) for part in (FIRST_NAME, LAST_NAME))
    values["name"] = " ".join(part for part in parts if part)
    if not values["name"] and not draft.unread & {FIRST_NAME, LAST_NAME}:
        complaints.add(draft, LAST_NAME, "is empty; every row needs a name")


def _with_cell(cell: str, reason: str) -> str:
    shown = cell if len(cell) <= 60 else f"{cell[:57]}..."
    return f"{shown!r} {reason}"
