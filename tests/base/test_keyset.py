"""Lists that page by key: every row once, in order, whatever the order and wherever the page ends."""

from datetime import timedelta

import pytest
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.people.models import Account
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


def test_what_is_wanted_says_whether_it_leaves_rows_out() -> None:
    assert not Wanted(sort="-due", filters={"state": ""}).is_narrowed
    assert Wanted(filters={"state": "open"}).is_narrowed
    assert (Wanted(sort="-due").column, Wanted(sort="-due").descends) == ("due", True)
