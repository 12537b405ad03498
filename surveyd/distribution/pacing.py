"""Slots: who may send the next mail under a limit, over all senders. A conditional UPDATE decides.

Whatever is full is passed over, in the claims and in what a lane has in hand: a slow domain, program or wave
holds up nobody else's mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Insert,
    String,
    Table,
    and_,
    bindparam,
    case,
    not_,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from surveyd.base.database import Rows
from surveyd.base.prepared import Prepared
from surveyd.base.statements import insert_for
from surveyd.distribution.invitations import run
from surveyd.distribution.limit_models import SendingSlot
from surveyd.distribution.limits import ALL, HOUSE, Pace
from surveyd.distribution.models import Message, Wave

SLOTS = cast(Table, SendingSlot.__table__)
WAVES = cast(Table, Wave.__table__)
NONSENSE = 3600.0
"""A slot that lies further ahead was taken by a clock that went wrong: it holds up nothing."""
A_MOMENT = 0.01
RESTS = (10.0, 30.0, 60.0, 300.0, 900.0)
"""Seconds that a domain is left alone when it says that we send too much, longer each time in a row."""
FORGOTTEN = 3600.0
"""After so many quiet seconds a domain's rests are counted anew."""


class NotYet(Exception):
    """A limit is full until that system time. It ends the transaction, so that no other slot stays taken."""

    def __init__(self, pace: Pace, until: float) -> None:
        super().__init__()
        self.pace = pace
        self.until = until


class domain_of(FunctionElement[str]):  # named like the function of SQL that it is
    """The domain of an address, in lower case."""

    inherit_cache = True
    type = String()


@compiles(domain_of, "sqlite")
def _domain_in_sqlite(element: Any, compiler: Any, **facts: Any) -> str:
    address = compiler.process(element.clauses, **facts)
    return f"lower(substr({address}, instr({address}, '@') + 1))"


@compiles(domain_of, "postgresql")
def _domain_in_postgresql(element: Any, compiler: Any, **facts: Any) -> str:
    return f"lower(split_part({compiler.process(element.clauses, **facts)}, '@', 2))"


def domain_in(address: str) -> str:
    """The same for an address in hand."""
    return address.rpartition("@")[2].lower()


def _as_it_is(column: ColumnElement[float]) -> ColumnElement[Any]:
    # Both drivers give a float already; a conversion would want to know more than a prepared statement does.
    return type_coerce(column, NullType()).label(column.key)


def _free(slot: ColumnElement[float], at: ColumnElement[float]) -> ColumnElement[bool]:
    return or_(slot <= at, slot > at + NONSENSE)


AT = bindparam("at", type_=SLOTS.c.next_at.type)
LATER = bindparam("later", type_=SLOTS.c.next_at.type)
THIS = and_(SLOTS.c.program_id == bindparam("owner"), SLOTS.c.domain == bindparam("place"))
TAKE = Prepared(
    update(SLOTS)
    .where(THIS, _free(SLOTS.c.next_at, AT), _free(SLOTS.c.rests_until, AT))
    .values(next_at=LATER)
)
TAKE_OF_WAVE = Prepared(
    update(WAVES)
    .where(WAVES.c.id == bindparam("wave"), _free(WAVES.c.next_slot, AT), WAVES.c.paused_at.is_(None))
    .values(next_slot=LATER)
)
LOOK = Prepared(select(*map(_as_it_is, (SLOTS.c.next_at, SLOTS.c.rests_until))).where(THIS))
LOOK_AT_WAVE = Prepared(select(_as_it_is(WAVES.c.next_slot)).where(WAVES.c.id == bindparam("wave")))


def _new_slot(dialect: str) -> Insert:
    return insert_for(dialect, SendingSlot).on_conflict_do_nothing(index_elements=["program_id", "domain"])


MAKE = Prepared(_new_slot)


def take(rows: Rows, paces: Sequence[Pace], *, at: float) -> None:
    """Take a slot under each of these limits at system time `at`. Raises NotYet when one is full.

    Of several senders at once one gets it: the row count says which.
    """
    for pace in paces:
        if pace.wave_id is not None:
            _take_of_wave(rows, pace, at)
            continue
        key = {"owner": pace.program_id, "place": pace.domain}
        if TAKE.change(rows, key | {"at": at, "later": at + pace.gap}):
            continue
        found = LOOK.first(rows, key)
        if found is not None:
            raise NotYet(pace, max(found.next_at, found.rests_until, at + A_MOMENT))
        new = {"program_id": pace.program_id, "domain": pace.domain, "next_at": at + pace.gap}
        if not MAKE.change(rows, new | {"rests_until": 0.0, "rests": 0}):
            raise NotYet(pace, at + A_MOMENT)


def _take_of_wave(rows: Rows, pace: Pace, at: float) -> None:
    if not TAKE_OF_WAVE.change(rows, {"wave": pace.wave_id, "at": at, "later": at + pace.gap}):
        found = LOOK_AT_WAVE.first(rows, {"wave": pace.wave_id})
        raise NotYet(pace, max(found.next_slot if found else at, at + A_MOMENT))


@dataclass(frozen=True, slots=True)
class Full:
    """What may send nothing at this moment. `domains` has those of the house and of each program."""

    house: bool
    programs: list[int]
    domains: dict[int, list[str]]


def full(session: Session, *, at: float) -> Full:
    """The limits that are full at system time `at`."""
    busy = or_(
        and_(SLOTS.c.next_at > at, SLOTS.c.next_at <= at + NONSENSE),
        and_(SLOTS.c.rests_until > at, SLOTS.c.rests_until <= at + NONSENSE),
    )
    owners: dict[int, list[str]] = {}
    for owner, domain in session.execute(select(SLOTS.c.program_id, SLOTS.c.domain).where(busy)):
        owners.setdefault(owner, []).append(domain)
    together = [owner for owner, domains in owners.items() if ALL in domains]
    return Full(HOUSE in together, [owner for owner in together if owner != HOUSE], owners)


def not_held_up(now_full: Full, *, at: float) -> list[ColumnElement[bool]]:
    """Conditions on `Message` and its outer joined `Wave`: what could go out under every limit."""
    which: list[ColumnElement[bool]] = [
        or_(Wave.rate.is_(None), Wave.next_slot <= at, Wave.next_slot > at + NONSENSE)
    ]
    if now_full.programs:
        which.append(or_(Message.program_id.is_(None), Message.program_id.not_in(now_full.programs)))
    for owner, domains in now_full.domains.items():
        to_them = domain_of(Message.recipient).in_(domains)
        theirs = [] if owner == HOUSE else [Message.program_id.is_not(None), Message.program_id == owner]
        which.append(not_(and_(*theirs, to_them)))
    return which


def rest(session: Session, domain: str, *, at: float) -> float:
    """Leave a domain alone that says we send too much; returns until when. It rests already: nothing new."""
    key = {"program_id": HOUSE, "domain": domain}
    session.execute(
        _new_slot(session.get_bind().dialect.name), key | {"next_at": 0.0, "rests_until": 0.0, "rests": 0}
    )
    mine = (SendingSlot.program_id == HOUSE, SendingSlot.domain == domain)
    rests = case((SendingSlot.rests_until < at - FORGOTTEN, 1), else_=SendingSlot.rests + 1)
    pause = case(
        *(((rests <= number), seconds) for number, seconds in enumerate(RESTS[:-1], start=1)), else_=RESTS[-1]
    )
    run(
        session,
        update(SendingSlot)
        .where(*mine, SendingSlot.rests_until <= at)
        .values(rests_until=at + pause, rests=rests),
    )
    return session.execute(select(SendingSlot.rests_until).where(*mine)).scalar_one()
