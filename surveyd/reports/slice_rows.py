"""A slice as conditions on rows: what the arrays are masked by, for files and lists that the database writes.

A test holds the rows against the mask.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, String, cast, func, or_

from surveyd.people.models import Account, Contact
from surveyd.responses.models import Response
from surveyd.results.phases import PHASES, phase_of_response
from surveyd.results.slices import CUSTOM, OF_CONTACTS, Slice

COLUMNS: dict[str, Callable[[], SQLColumnExpression[Any]]] = {
    "manager": lambda: cast(Account.manager_id, String),
    "status": lambda: cast(Account.status, String),
    "role": lambda: cast(Contact.role, String),
    "came_by": lambda: Response.channel,
}
"""Where a dimension's values stand, if not in the account's column of that name."""


def conditions(cut: Slice) -> tuple[ColumnElement[bool], ...]:
    """What rows of a join of accounts, contacts and responses meet that are in the slice's filters.

    The slice's waves are not among them.
    """
    return tuple(_conditions(cut))


def _conditions(cut: Slice) -> Iterator[ColumnElement[bool]]:
    for name, values in cut.filters:
        if name == "phase":
            yield phase_of_response().in_([PHASES.index(value) for value in values if value in PHASES])
            continue
        column = _column(name)
        either = column.in_([value for value in values if value])
        yield or_(either, func.coalesce(column, "") == "") if "" in values else either


def _column(name: str) -> SQLColumnExpression[Any]:
    if name in COLUMNS:
        return COLUMNS[name]()
    if name.startswith(CUSTOM):
        own: ColumnElement[Any] = Account.dimensions[name.removeprefix(CUSTOM)].as_string()
        return own
    column: SQLColumnExpression[Any] = getattr(Contact if name in OF_CONTACTS else Account, name)
    return column
