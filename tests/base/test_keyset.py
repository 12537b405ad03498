"""Lists that page by key: every row once, in order, whatever the order and wherever the page ends."""

import base64
from datetime import timedelta

import pytest
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.people.models import Account, Upload
from tests.fixtures.apps import NOW

ORDERS: dict[str, ColumnElement[object]] = {
    "name": Account.__table__.c.name,
    "revenue": func.coalesce(Account.__table__.c.revenue_cents, -1),
    "made": Account.__table__.c.created_at,
}


@pytest.fixture
def accounts(session: Session) -> list[int]:
    made = [
        Account(
            external_id=f"K{number}",
            name=f"Same {number % 3}",
            revenue_cents=None if number % 4 == 0 else number % 5 * 1000,
            currency="" if number % 4 == 0 else "EUR",
            created_at=NOW + timedelta(hours=number % 2),
            updated_at=NOW,
        )
        for number in range(11)
    ]
    session.add_all(made)
    session.flush()
    return [account.id for account in made]


def walk(session: Session, order: Order, limit: int) -> list[int]:
    ids: list[int] = []
    after = ""
    while True:
        page = slice_of(session, select(Account.id), order, after=after, limit=limit)
        ids += [row.id for row in page.rows]
        after = page.after
        if not after:
            return ids


@pytest.mark.parametrize("descends", [False, True])
@pytest.mark.parametrize("name", ORDERS)
def test_every_row_once_in_order(session: Session, accounts: list[int], name: str, descends: bool) -> None:
    order = Order(ORDERS[name], Account.__table__.c.id, descends)

    whole = walk(session, order, 100)

    assert sorted(whole) == sorted(accounts)
    assert walk(session, order, 1) == walk(session, order, 3) == walk(session, order, 11) == whole
    assert walk(session, Order(order.by, order.key, not descends), 4) == whole[::-1]


def test_a_row_that_goes_away_shifts_nothing(session: Session, accounts: list[int]) -> None:
    order = Order(ORDERS["name"], Account.__table__.c.id)
    whole = walk(session, order, 100)
    first = slice_of(session, select(Account.id), order, limit=4)

    session.delete(session.get_one(Account, whole[3]))
    session.flush()

    rest = slice_of(session, select(Account.id), order, after=first.after, limit=100)
    assert [row.id for row in rest.rows] == whole[4:]


def test_nothing_is_one_empty_page(session: Session) -> None:
    page = slice_of(session, select(Account.id), Order(ORDERS["made"], Account.__table__.c.id))

    assert (page.rows, page.after) == ((), "")


@pytest.mark.parametrize("after", ["x", "!!", "W10", "bnVsbA", "WyJhIiwgMV0x", "W251bGwsMV0", "é"])
@pytest.mark.parametrize("name", ["made", "name"])
def test_a_broken_key_is_refused(session: Session, after: str, name: str) -> None:
    with pytest.raises(Refused, match="begin again"):
        slice_of(session, select(Account.id), Order(ORDERS[name], Account.__table__.c.id), after=after)


def key_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("order", "text"),
    [
        pytest.param("made", '["2026-03-10T09:00:00", 1]', id="a wall clock"),
        pytest.param("made", '["0001-01-01T00:00:00+14:00", 1]', id="before all time"),
        pytest.param("made", '["9999-12-31T23:59:59-12:00", 1]', id="after all time"),
        pytest.param("revenue", f"[{2**63}, 1]", id="a number too big for any column"),
        pytest.param("revenue", f"[{-(2**63) - 1}, 1]", id="a number too small for any column"),
        pytest.param("small", f"[{2**31}, 1]", id="a number too big for the column"),
        pytest.param("small", "[1e400, 1]", id="no end of a number"),
        pytest.param("name", '["a\\u0000b", 1]', id="a NUL"),
        pytest.param("name", '["\\ud800", 1]', id="half a letter"),
        pytest.param("name", f'["{"x" * 2000}", 1]', id="a long one"),
        pytest.param("name", "[" * 1400, id="a deep one"),
    ],
)
def test_a_key_that_no_database_takes_is_refused(session: Session, order: str, text: str) -> None:
    by = {**ORDERS, "small": Upload.__table__.c.lines}[order]
    with pytest.raises(Refused, match="begin again"):
        slice_of(session, select(Account.id), Order(by, Account.__table__.c.id), after=key_of(text))


@pytest.mark.parametrize("revenue", [2**31, 2**62, -(2**63)])
def test_a_great_number_is_a_key_like_any_other(session: Session, revenue: int) -> None:
    order = Order(ORDERS["revenue"], Account.__table__.c.id)

    page = slice_of(session, select(Account.id), order, after=key_of(f"[{revenue}, 1]"))

    assert (page.rows, page.after) == ((), "")


def test_what_is_wanted_says_whether_it_leaves_rows_out() -> None:
    assert not Wanted(sort="-due", filters={"state": ""}).is_narrowed
    assert Wanted(filters={"state": "open"}).is_narrowed
    assert (Wanted(sort="-due").column, Wanted(sort="-due").descends) == ("due", True)
