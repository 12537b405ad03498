"""Many rows at once arrive as one by one."""

from datetime import timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.bulk import insert_rows
from surveyd.people.models import Contact, RelationshipRole
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

COLUMNS = (
    "external_id", "account_id", "name", "email", "phone", "language", "time_zone", "role", "consent",
    "active", "opted_out_at", "do_not_phone", "created_at", "updated_at",
)  # fmt: skip
HOSTILE = "'; DROP TABLE contacts; --\t\\N\n\\.\r\"Ünï\u2028"


def row(cast: Cast, number: int) -> tuple[object, ...]:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    role = RelationshipRole.BUYER if number else RelationshipRole.USER
    return (
        f"B-{number}", cast.nordwind, HOSTILE, "", "", "de", "", role, "\\N", True,
        elsewhere if number else None, False, elsewhere, NOW,
    )  # fmt: skip


def test_values_arrive_as_they_were_given(cast: Cast, writer: Transaction, reader: Transaction) -> None:
    with writer() as session:
        insert_rows(session, Contact, COLUMNS, [row(cast, number) for number in range(3)])

    with reader() as session:
        query = select(Contact).where(Contact.external_id.startswith("B-")).order_by(Contact.external_id)
        found = session.scalars(query).all()
        assert [one.name for one in found] == [HOSTILE] * 3
        assert [one.role for one in found] == [
            RelationshipRole.USER, RelationshipRole.BUYER, RelationshipRole.BUYER,
        ]  # fmt: skip
        assert [one.opted_out_at for one in found] == [None, NOW, NOW]
        assert (found[1].created_at, found[1].consent, found[1].active) == (NOW, "\\N", True)


def test_they_stand_or_fall_with_the_transaction(
    cast: Cast, writer: Transaction, reader: Transaction
) -> None:
    with pytest.raises(Exception, match=r"(?i)unique"), writer() as session:  # a driver's own
        insert_rows(session, Contact, COLUMNS, [row(cast, 1), row(cast, 2)])
        insert_rows(session, Contact, COLUMNS, [row(cast, 3), row(cast, 2)])

    with reader() as session:
        assert not session.scalars(select(Contact.id).where(Contact.external_id.startswith("B-"))).all()


def test_of_no_rows_nothing_is_written(session: Session) -> None:
    insert_rows(session, Contact, COLUMNS, [])
