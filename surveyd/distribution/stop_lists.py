"""The list of addresses that are not mailed, as staff see and change it; and who asked not to be mailed."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from surveyd.base.errors import Refused
from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.base.spreadsheets import unguarded
from surveyd.distribution.models import Message, Program, Suppression
from surveyd.distribution.return_models import AddressOptOut, ProgramOptOut, StopChange
from surveyd.distribution.soft_bounces import forget_soft
from surveyd.distribution.suppressions import lift, suppress_all
from surveyd.people.access import Scope, visible_contacts
from surveyd.people.audit import record
from surveyd.people.cells import read_address
from surveyd.people.models import Account, Contact

REASON_LIMIT = 200
BY_HAND, IMPORTED = "by_hand", "imported"
REASONS = ("bounced", "kept_bouncing", "complaint", BY_HAND, IMPORTED)
OF_THE_PERSON = ("complaint", BY_HAND, IMPORTED)
"""Reasons that hold for a person at whichever address; that mail comes back is one address's own."""
SORTS, FILTERS = ("since", "address"), ("reason",)
PEOPLE_SORTS = ("since", "name")
HEAD = ("address", "reason", "detail", "since", "mail")
ADDRESS_HEADS = ("address", "email", "e-mail", "e-mail address", "email address", "recipient")
NAMED_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class StopLine:
    """One address that is not mailed. `message_id` is the mail that put it there, `mail` its name."""

    address: str
    reason: str
    detail: str
    at: datetime
    message_id: int | None
    mail: str


@dataclass(frozen=True, slots=True)
class StopPage:
    """Some addresses; `after` is the key of the next page. `counts` says how many each reason has."""

    lines: tuple[StopLine, ...]
    after: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class OptedOut:
    """Somebody who asked not to be mailed: at all (`whole`), or of these programs (id, slug).

    It holds for as many `others` as well, contacts with the same address.
    """

    contact_id: int
    name: str
    address: str
    account_id: int
    account: str
    at: datetime
    whole: bool
    programs: tuple[tuple[int, str], ...]
    others: int


@dataclass(frozen=True, slots=True)
class OptedOutPage:
    """Some people; `after` is the key of the next page."""

    lines: tuple[OptedOut, ...]
    after: str
    total: int


def list_stops(session: Session, wish: Wanted) -> StopPage:
    """A page of the addresses that `wish` asks for, in two statements. Raises Refused for a broken key."""
    columns = (*(getattr(Suppression, name) for name in ("address", "reason", "detail", "at", "message_id")),)
    query = select(*columns, Message.name.label("mail")).outerjoin(
        Message, Message.id == Suppression.message_id
    )
    by = {"since": Suppression.at, "address": Suppression.address}[wish.column]
    order = Order(by, Suppression.address, wish.descends)
    page = slice_of(session, query.where(*_narrowed(wish)), order, after=wish.after)
    counted = select(Suppression.reason, func.count().label("addresses")).group_by(Suppression.reason)
    counts = {row.reason: row.addresses for row in session.execute(counted)}
    return StopPage(tuple(map(_line, page.rows)), page.after, counts)


def every_stop(session: Session, wish: Wanted) -> Iterator[tuple[str, ...]]:
    """All addresses that `wish` asks for, as rows below `HEAD`, by address."""
    query = select(Suppression).where(*_narrowed(wish)).order_by(Suppression.address)
    for one in session.scalars(query.execution_options(yield_per=1000)):
        mail = str(one.message_id or "")
        yield one.address, one.reason, one.detail, one.at.isoformat(timespec="seconds"), mail


def add_stop(session: Session, address: str, *, reason: str, by: int | None, now: datetime) -> None:
    """Never mail an address again, on somebody's word; what is queued to it stops.

    Raises Refused for what is no address, and without a reason.
    """
    said = _said(reason)
    suppress_all(session, {_address(address): said}, reason=BY_HAND, now=now)
    _note(session, "added", _address(address), reason=said, by=by, now=now)


def lift_stop(session: Session, address: str, *, reason: str, by: int | None, now: datetime) -> None:
    """Take an address off the list; the next wave mails it again, and what came back is counted anew.

    What was stopped stays stopped. Raises Refused without a reason, and NotFound for one not on the list.
    """
    said = _said(reason)
    lift(session, address)
    forget_soft(session, address)
    _note(session, "lifted", address.lower(), reason=said, by=by, now=now)


def import_stops(session: Session, content: bytes, *, by: int | None, now: datetime) -> int:
    """Put every address of a CSV file on the list, all or none; returns how many were not there before.

    The file has a column of addresses and may have one named `detail` or `reason`. Raises Refused that names
    the rows with what is no address.
    """
    found, wrong = _read(content)
    if wrong:
        rows = ", ".join(map(str, wrong[:NAMED_AT_MOST]))
        more = " and more" if len(wrong) > NAMED_AT_MOST else ""
        raise Refused(f"Nothing was imported: there is no address that can be mailed in row {rows}{more}.")
    if not found:
        raise Refused("The file has no rows below its head.")
    before = session.scalar(select(func.count()).select_from(Suppression)) or 0
    suppress_all(session, found, reason=IMPORTED, now=now)
    added = (session.scalar(select(func.count()).select_from(Suppression)) or 0) - before
    facts = {"rows": len(found), "added": added}
    record(session, action="import", thing="suppressions", thing_id=None, by=by, now=now, facts=facts)
    return added


def list_opted_out(session: Session, wish: Wanted, *, scope: Scope) -> OptedOutPage:
    """A page of the people in the scope who asked not to be mailed, in three statements."""
    of_program = select(func.max(ProgramOptOut.at)).where(ProgramOptOut.contact_id == Contact.id)
    at = func.coalesce(Contact.opted_out_at, of_program.scalar_subquery(), type_=Contact.opted_out_at.type)
    some = exists().where(ProgramOptOut.contact_id == Contact.id)
    which = [or_(Contact.opted_out_at.is_not(None), some), visible_contacts(scope)]
    if wish.search:
        which.append(_said_or_named(wish.search))
    facts = (Contact.id, Contact.name, Contact.email, Contact.account_id, Contact.opted_out_at)
    columns = (*facts, Account.name.label("account"), at.label("since"), _others().label("others"))
    query: Select[*tuple[Any, ...]] = select(*columns).join(Account, Account.id == Contact.account_id)
    query = query.where(*which)
    order = Order(at if wish.column == "since" else func.lower(Contact.name), Contact.id, wish.descends)
    page = slice_of(session, query, order, after=wish.after)
    total = session.scalar(select(func.count()).select_from(Contact).where(*which)) or 0
    programs = _programs(session, [row.id for row in page.rows])
    lines = (
        OptedOut(
            contact_id=row.id,
            name=row.name,
            address=row.email,
            account_id=row.account_id,
            account=row.account,
            at=row.since,
            whole=row.opted_out_at is not None,
            programs=programs.get(row.id, ()),
            others=row.others,
        )
        for row in page.rows
    )
    return OptedOutPage(tuple(lines), page.after, total)


def every_opted_out(session: Session, *, scope: Scope) -> Iterator[OptedOut]:
    """All people in the scope who asked not to be mailed, page after page, by name."""
    after = ""
    while True:
        page = list_opted_out(session, Wanted(sort="name", after=after), scope=scope)
        yield from page.lines
        after = page.after
        if not after:
            return


def _others() -> ScalarSelect[int]:
    """How many other contacts have the address of a `Contact`."""
    other = aliased(Contact)
    same = func.lower(other.email) == func.nullif(func.lower(Contact.email), "")
    goes_on = other.merged_into_id.is_(None)
    return select(func.count(other.id)).where(same, other.id != Contact.id, goes_on).scalar_subquery()


def _said_or_named(words: str) -> ColumnElement[bool]:
    """Whose name or address has these words, or the address at which they said it."""
    named = (one.icontains(words, autoescape=True) for one in (Contact.name, Contact.email))
    at = AddressOptOut.address.icontains(words, autoescape=True)
    return or_(*named, exists().where(AddressOptOut.contact_id == Contact.id, at))


def _programs(session: Session, ids: Sequence[int]) -> dict[int, tuple[tuple[int, str], ...]]:
    query = select(ProgramOptOut.contact_id, Program.id, Program.slug)
    query = query.join(Program, Program.id == ProgramOptOut.program_id).order_by(Program.slug)
    found: dict[int, tuple[tuple[int, str], ...]] = {}
    for contact_id, program_id, slug in session.execute(query.where(ProgramOptOut.contact_id.in_(ids))):
        found[contact_id] = (*found.get(contact_id, ()), (program_id, slug))
    return found


def _narrowed(wish: Wanted) -> list[ColumnElement[bool]]:
    which: list[ColumnElement[bool]] = []
    if wish.search:
        words = (Suppression.address, Suppression.detail)
        which.append(or_(*(column.icontains(wish.search, autoescape=True) for column in words)))
    if wish.filters.get("reason"):
        which.append(Suppression.reason == wish.filters["reason"])
    return which


def _line(row: Row[*tuple[object, ...]]) -> StopLine:
    return StopLine(row.address, row.reason, row.detail, row.at, row.message_id, row.mail or "")


def _read(content: bytes) -> tuple[dict[str, str], list[int]]:
    """The addresses of a file with what is said of each, and the numbers of the rows that have none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    lines = list(csv.reader(io.StringIO(text.replace("\0", "")), delimiter=_separator(text)))
    head = [cell.strip().lower() for cell in lines[0]] if lines else []
    column = next((head.index(name) for name in ADDRESS_HEADS if name in head), None)
    note = next((head.index(name) for name in ("detail", "reason") if name in head), None)
    found: dict[str, str] = {}
    wrong: list[int] = []
    for number, cells in enumerate(lines[0 if column is None else 1 :], 1 if column is None else 2):
        if not any(cells):
            continue
        try:
            address = _address(_cell(cells, column or 0))
        except Refused:
            wrong.append(number)
            continue
        found.setdefault(address, _cell(cells, note)[:REASON_LIMIT] if note is not None else "")
    return found, wrong


def _separator(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _cell(cells: Sequence[str], column: int) -> str:
    return unguarded(cells[column].strip()) if column < len(cells) else ""


def _address(typed: str) -> str:
    try:
        address = read_address(typed)
    except ValueError as error:
        raise Refused(f"This {error}.") from error
    if not address:
        raise Refused("Write the address that is not to be mailed.")
    return address.lower()


def _said(reason: str) -> str:
    said = reason.replace("\0", "").strip()
    if not said:
        raise Refused("Say in a few words why; it is kept.")
    if len(said) > REASON_LIMIT:
        raise Refused(f"The reason has {len(said)} characters; {REASON_LIMIT} is the most.")
    return said


def _note(session: Session, what: str, address: str, *, reason: str, by: int | None, now: datetime) -> None:
    change = StopChange(what=what, address=address, reason=reason, by_id=by, at=now)
    session.add(change)
    session.flush()
    facts = {"change": change.id}
    record(
        session,
        action=f"suppression_{what}",
        thing="suppressions",
        thing_id=None,
        by=by,
        now=now,
        facts=facts,
    )
