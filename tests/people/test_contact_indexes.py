"""Contacts are found by their address, and listed by their name, without reading them all."""

import pytest
from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from surveyd.base.database import dialect_of
from surveyd.people.models import Contact

BY_ADDRESS = select(Contact.id).where(func.lower(Contact.email) == "anna@nordwind.test")
BY_NAME = select(Contact.id).order_by(func.lower(Contact.name), Contact.id).limit(50)


def way(session: Session, query: Select[int]) -> str:
    """How the database goes about it."""
    words = "EXPLAIN QUERY PLAN"
    if dialect_of(session) == "postgresql":
        words = "EXPLAIN"
        # Of an empty table it would read all.
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_bitmapscan = off"))
    said = query.compile(session.connection(), compile_kwargs={"literal_binds": True})
    return " ".join(str(row) for row in session.execute(text(f"{words} {said}")))


@pytest.mark.parametrize(
    ("query", "index"), [(BY_ADDRESS, "ix_contacts_address"), (BY_NAME, "ix_contacts_by_name")]
)
def test_an_index_answers(session: Session, query: Select[int], index: str) -> None:
    assert index in way(session, query)
