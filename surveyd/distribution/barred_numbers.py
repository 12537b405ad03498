"""The numbers that nobody phones, whosever they are: shared by all who call, taken back by whoever may."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.base.errors import NotFound
from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.distribution.call_claims import dialled
from surveyd.distribution.call_models import BarredNumber, Call, CallState
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Invitation
from surveyd.distribution.wish_models import Wish, WishKind
from surveyd.people import audit
from surveyd.people.models import Contact, User

DO_NOT_PHONE = "do_not_phone"
NOTE_LIMIT = 300


@dataclass(frozen=True, slots=True)
class BarredLine:
    """One number (E.164) that nobody phones: why, since when, by whom."""

    id: int
    phone: str
    note: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class BarredList:
    """A page of the list, the latest first; `after` is the key of the next page, empty on the last."""

    lines: tuple[BarredLine, ...]
    after: str


def bar_number(session: Session, phone: str, *, note: str = "", by: int | None, now: datetime) -> int:
    """Never phone this number again, and take whoever has it off the list; returns how many calls end.

    `phone` is E.164 (see `people.cells.read_phone`). A second time changes no note, and ends what came since.
    """
    row = {"phone": phone, "note": note.replace("\0", "")[:NOTE_LIMIT], "by_id": by, "at": now}
    insert_new(session, BarredNumber, [row], unique=["phone"])
    theirs = (
        select(Invitation.id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .outerjoin(Wish, and_(Wish.invitation_id == Invitation.id, Wish.kind == WishKind.CALL))
        .where(or_(Wish.phone == phone, and_(Contact.phone == phone, func.coalesce(Wish.phone, "") == "")))
    )
    ended = run(
        session,
        update(Call)
        .where(Call.invitation_id.in_(theirs), Call.state == CallState.OPEN)
        .values(state=CallState.CANCELLED, closed_at=now, reason=DO_NOT_PHONE),
    )
    audit.record(
        session, action="bar_number", thing="phone", thing_id=None, by=by, now=now, facts={"calls": ended}
    )
    return ended


def stop_phoning(session: Session, call: Call, *, by: int, now: datetime) -> None:
    """Never phone the person of a call again, nor anybody at their number, on their own word.

    Mails go on: who wants none either opts out (see `refusals`).
    """
    contact_id, phone = dialled(session, call)
    stop_calls_to(session, contact_id, now=now)
    audit.record(session, action="do_not_phone", thing="contact", thing_id=contact_id, by=by, now=now)
    if phone:
        bar_number(session, phone, by=by, now=now)


def stop_calls_to(session: Session, contact_id: int, *, now: datetime) -> None:
    """Note that a person is never phoned again, and take them off the list."""
    run(session, update(Contact).where(Contact.id == contact_id).values(do_not_phone=True))
    theirs = select(Invitation.id).where(Invitation.contact_id == contact_id)
    is_open = and_(Call.invitation_id.in_(theirs), Call.state == CallState.OPEN)
    over = {"state": CallState.CANCELLED, "closed_at": now, "reason": DO_NOT_PHONE}
    run(session, update(Call).where(is_open).values(**over))


def allow_number(session: Session, number_id: int, *, by: int | None, now: datetime) -> None:
    """Take a number off the list. Who was taken off the call list stays off. Raises NotFound."""
    found = session.get(BarredNumber, number_id)
    if found is None:
        raise NotFound("barred number", number_id)
    session.delete(found)
    audit.record(session, action="allow_number", thing="phone", thing_id=number_id, by=by, now=now)


def barred_numbers(session: Session, *, wanted: Wanted) -> BarredList:
    """A page of the numbers; `wanted.search` is a part of one, however it is spaced. Raises Refused."""
    named = select(BarredNumber, User.name, User.email)
    query: Select[*tuple[Any, ...]] = named.outerjoin(User, User.id == BarredNumber.by_id)
    digits = "".join(sign for sign in wanted.search if sign.isascii() and sign.isdigit())
    if wanted.search:
        # A search without a digit finds nothing: every number has some.
        query = query.where(BarredNumber.phone.contains(digits or "-", autoescape=True))
    order = Order(BarredNumber.at.expression, BarredNumber.id.expression, descends=True)
    page = slice_of(session, query, order, after=wanted.after)
    lines = (
        BarredLine(barred.id, barred.phone, barred.note, barred.at, name or email or "")
        for barred, name, email, *_ in page.rows
    )
    return BarredList(tuple(lines), page.after)
