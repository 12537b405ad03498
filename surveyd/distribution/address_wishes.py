"""Addresses at which somebody wants no more: whoever says so means their address, whichever contacts have it.

One person may be a contact of several accounts. What they say is kept with the address that they had, and
holds for every contact who has it, now or later; and for who has the address that they have by now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    SQLColumnExpression,
    delete,
    exists,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from surveyd.base.database import insert_new
from surveyd.distribution.return_models import AddressOptOut, ProgramOptOut
from surveyd.people.models import Contact

RULE = "opted_out_address"
EVERYTHING = 0
"""In place of a program: no more of any."""


def stopped_address(
    program_id: SQLColumnExpression[int] | int, email: ColumnElement[str]
) -> ColumnElement[bool]:
    """Whether somebody with this address wants no more, of the program or at all, as a condition.

    It holds for who said so themselves as well, and for nobody without an address.
    """
    one, (said, whole, part) = _said_by(program_id)
    address = func.nullif(func.lower(email), "")
    return or_(
        exists(said.where(AddressOptOut.address == address).correlate_except(AddressOptOut)),
        exists(whole.where(func.lower(one.email) == address).correlate_except(one)),
        exists(part.where(func.lower(one.email) == address).correlate_except(one, ProgramOptOut)),
    )


def stopped_addresses(program_id: int) -> CompoundSelect[str]:
    """All of these addresses, in lower case: looked up at once, which pays for a whole audience."""
    return union_all(*_said_by(program_id)[1])


def _said_by(
    program_id: SQLColumnExpression[int] | int,
) -> tuple[type[Contact], tuple[Select[str], Select[str], Select[str]]]:
    """The addresses at which something was said, which were stopped as a whole, and of the program."""
    one = aliased(Contact)
    goes_on = (one.email != "", one.merged_into_id.is_(None))
    of_it = or_(AddressOptOut.program_id == EVERYTHING, AddressOptOut.program_id == program_id)
    said = select(AddressOptOut.address).where(of_it)
    whole = select(func.lower(one.email)).where(one.opted_out_at.is_not(None), *goes_on)
    theirs = (ProgramOptOut.contact_id == one.id, ProgramOptOut.program_id == program_id)
    part = select(func.lower(one.email)).join(ProgramOptOut, theirs[0]).where(theirs[1], *goes_on)
    return one, (said, whole, part)


def is_stopped(session: Session, contact_id: int, program_id: int) -> bool:
    """Whether a contact wants no more of a program, or somebody with their address does."""
    stopped = stopped_address(program_id, Contact.email.expression)
    return session.scalar(select(Contact.id).where(Contact.id == contact_id, stopped)) is not None


def with_same_address(session: Session, contact_id: int) -> list[int]:
    """The contacts who have the address that this one has, by id; at least this one."""
    address = func.nullif(func.lower(Contact.email), "")
    theirs = select(address).where(Contact.id == contact_id).scalar_subquery()
    query = select(Contact.id).where(or_(Contact.id == contact_id, func.lower(Contact.email) == theirs))
    return list(session.scalars(query.order_by(Contact.id)))


def hold_contacts(session: Session, ids: Sequence[int]) -> None:
    """Let nobody else change these contacts, or write letters to them, until this transaction ends."""
    held = select(Contact.id).where(Contact.id.in_(ids)).order_by(Contact.id)
    session.scalars(held.with_for_update(key_share=True)).all()


def keep_wish(session: Session, contact_id: int, *, program_id: int = EVERYTHING, now: datetime) -> None:
    """Keep that a contact wants no more at the address that they have, of a program or of everything."""
    address = session.scalar(select(func.lower(Contact.email)).where(Contact.id == contact_id))
    if address:
        row = {"address": address, "program_id": program_id, "contact_id": contact_id, "at": now}
        insert_new(session, AddressOptOut, [row], unique=["address", "program_id"])


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was taken back of addresses: for which contacts it held, by id, and how many wishes there were."""

    contact_ids: tuple[int, ...]
    wishes: int


def forget_wishes(session: Session, contact_id: int, *, program_id: int | None) -> Forgotten:
    """Take back what was said at a contact's addresses: of one program, or with None all of it.

    Their addresses are the one they have, and those that they had when they said so.
    """
    said = select(AddressOptOut.address).where(AddressOptOut.contact_id == contact_id)
    same = with_same_address(session, contact_id)
    then = session.scalars(select(Contact.id).where(func.lower(Contact.email).in_(said))).all()
    ids = tuple(sorted({*same, *then}))
    now = select(func.lower(Contact.email)).where(Contact.id.in_(ids), Contact.email != "")
    which = [or_(AddressOptOut.address.in_(now), AddressOptOut.contact_id.in_(ids))]
    if program_id is not None:
        which.append(AddressOptOut.program_id == program_id)
    gone = session.execute(delete(AddressOptOut).where(*which).returning(AddressOptOut.address)).all()
    return Forgotten(ids, len(gone))
