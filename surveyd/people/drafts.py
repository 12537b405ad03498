"""From a file's rows to drafts: values that are checked one by one, each fault with its line and column."""

from dataclasses import dataclass, field

from surveyd.base.errors import Fault
from surveyd.base.spreadsheets import unguarded
from surveyd.people.columns import Plan
from surveyd.people.tables import Table

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

    def lines(self) -> set[int]:
        """The lines that have a fault."""
        return {fault.line for fault in self.faults}


def draft_rows(table: Table, complaints: Complaints) -> list[Draft]:
    """A draft for each row, with the values of the cells that can be read; complains of the others.

    A second row with an id that the file has already is a fault and makes no draft.
    """
    readers = [(placed.place, placed.column) for placed in complaints.plan.placed]
    drafts: list[Draft] = []
    first_lines: dict[str, int] = {}
    for row in table.rows:
        draft = Draft(row.line, "", {})
        for place, column in readers:
            cell = unguarded(row.cells[place])
            try:
                value = column.read(cell)
            except ValueError as error:
                complaints.add(draft, column.field, _with_cell(cell, str(error)))
                draft.unread.add(column.field)
                continue
            if column.required and not value:
                complaints.add(draft, column.field, "is empty; every row needs one")
            draft.values[column.field] = value
        draft.external_id = str(draft.values.pop("external_id", ""))
        if draft.external_id and draft.external_id in first_lines:
            reason = (
                f"{draft.external_id!r} is also on line {first_lines[draft.external_id]}; keep one of them"
            )
            complaints.add(draft, "external_id", reason)
            continue
        first_lines[draft.external_id] = row.line
        drafts.append(draft)
    return drafts


def _with_cell(cell: str, reason: str) -> str:
    shown = cell if len(cell) <= 60 else f"{cell[:57]}..."
    return f"{shown!r} {reason}"
