"""Lists that page by key: sorted and narrowed by the database, as cheap on the last page as on the first.

The key of the next page is the value that the last row was sorted by, with its id. It stands in the address,
so a row that is added or deleted meanwhile shifts nothing.
"""

import base64
import binascii
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    and_,
    literal,
    literal_column,
    or_,
)
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused

PAGE = 50
LONGEST_KEY = 2000
NUMBER: ColumnElement[int] = literal_column("0", BigInteger)
"""Stands for a column where numbers are sorted that are in none."""
BROKEN = "The address of this page is not whole; begin again with the first page."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader wants of a list: words to look for, an order ("-due" descends), a page, filters."""

    search: str = ""
    sort: str = ""
    after: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def column(self) -> str:
        """The name of the order, without its direction."""
        return self.sort.removeprefix("-")

    @property
    def descends(self) -> bool:
        return self.sort.startswith("-")

    @property
    def is_narrowed(self) -> bool:
        """Whether rows are left out: an empty list then says so."""
        return bool(self.search) or any(self.filters.values())


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: `by` is never NULL, and the row's key, its id or name, decides between equals."""

    by: SQLColumnExpression[Any]
    key: SQLColumnExpression[int] | SQLColumnExpression[str]
    descends: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of rows, as the query selects them; `after` is the key of the next page, empty on the last."""

    rows: tuple[Row[*tuple[Any, ...]], ...]
    after: str


def slice_of(
    session: Session, query: Select[Any], order: Order, *, after: str = "", limit: int = PAGE
) -> Slice:
    """The rows of `query` behind the key `after`, in one statement. Raises Refused for a broken key."""
    by, key = order.by, order.key
    if after:
        column = cast(ColumnElement[Any], by)  # a mapped attribute has a type as well
        plain, row_id = _read_key(after, column, cast(ColumnElement[Any], key))
        value = literal(plain, column.type)
        ahead = by < value if order.descends else by > value
        behind = key < row_id if order.descends else key > row_id
        query = query.where(or_(ahead, and_(by == value, behind)))
    columns = (by, key) if not order.descends else (by.desc(), key.desc())
    query = query.add_columns(by.label("sorted_by"), key.label("sorted_key"))
    found = session.execute(query.order_by(*columns).limit(limit + 1)).all()
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return Slice(tuple(found[:limit]), key_of(last.sorted_by, last.sorted_key) if last else "")


def numbers_of(after: str) -> tuple[int, int]:
    """The number and the id that the key of a page says, where numbers are sorted that are in no column.

    Raises Refused for a broken key.
    """
    value, row_id = _read_key(after, NUMBER, NUMBER)
    return value, row_id


def key_of(value: Any, row_id: int | str) -> str:
    """The key of the page behind a row: what the row is sorted by, and its id or name."""
    if isinstance(value, date):  # a datetime is one, too
        value = value.isoformat()
    elif isinstance(value, Decimal):
        value = float(value)
    return base64.urlsafe_b64encode(json.dumps([value, row_id]).encode()).decode().rstrip("=")


def _read_key(after: str, column: ColumnElement[Any], key: ColumnElement[Any]) -> tuple[Any, Any]:
    kind, key_kind = column.type.python_type, key.type.python_type
    try:
        if len(after) > LONGEST_KEY:
            raise ValueError("too long")
        value, row_id = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        if kind is datetime:
            value = datetime.fromisoformat(value)
        elif kind is date:
            value = date.fromisoformat(value)
        elif kind in (int, float, Decimal, bool):
            value = kind(value)
        if not isinstance(value, kind) or type(row_id) is not key_kind:
            raise ValueError(after)
        if isinstance(row_id, int) and not 0 <= row_id < 2**63:
            raise ValueError(after)
        _check_bindable(row_id, bits=63)
        _check_bindable(value, bits=63 if isinstance(column.type, BigInteger) else 31)
    except (ValueError, TypeError, ArithmeticError, RecursionError, binascii.Error) as error:
        raise Refused(BROKEN) from error
    return value, row_id


def _check_bindable(value: object, *, bits: int) -> None:
    """Raise ValueError or OverflowError for a value of the right kind that no database takes."""
    if isinstance(value, str):
        value.encode()  # a lone surrogate is no UTF-8
        if "\0" in value:
            raise ValueError("a NUL in a text")
    elif isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone")
        value.astimezone(UTC)
    elif isinstance(value, int) and not -(2**bits) <= value < 2**bits:
        raise ValueError("a number out of range")
    elif isinstance(value, float | Decimal) and not math.isfinite(value):
        raise ValueError("not a finite number")
