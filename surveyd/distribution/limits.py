"""Limits on how quickly mails go out: of the house, of a program, and of recipients' domains in either."""

import re
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import Rows
from surveyd.base.errors import Refused
from surveyd.distribution.invitations import run
from surveyd.distribution.limit_models import SendingLimit, SendingSlot
from surveyd.distribution.locks import in_order
from surveyd.distribution.models import Message, MessageState, Program

HOUSE = 0
"""Stands for a program's id where the limit is the whole house's."""
ALL = ""
"""In place of a domain: all mails together."""
EACH = "*"
"""In place of a domain: each one that has no limit of its own."""
LARGEST = 10_000
ROOM = 1.05
"""Slots lie a little further apart than the limit asks, so that a mail that comes late breaks none."""
DOMAIN = re.compile(r"[^\s@*]+\.[^\s@*.]+")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many mails a second and a minute; None is no limit. `program` is empty for the house's."""

    program_id: int
    program: str
    domain: str
    per_second: int | None
    per_minute: int | None


@dataclass(frozen=True, slots=True)
class Pace:
    """Which slot a mail needs, and how many seconds lie between two of them; a wave's has its id."""

    program_id: int
    domain: str
    gap: float
    wave_id: int | None = None


class Limits:
    """All limits at one moment, looked up for each mail."""

    def __init__(self, gaps: dict[tuple[int, str], float]) -> None:
        self._gaps = gaps

    def paces(self, program_id: int | None, domain: str) -> list[Pace]:
        """The slots that a mail of this program to this domain needs, always in the same order."""
        if not self._gaps:
            return []
        owners = (HOUSE,) if program_id is None else (HOUSE, program_id)
        return [pace for owner in owners for pace in self._of(owner, domain)]

    def _of(self, owner: int, domain: str) -> list[Pace]:
        to_domain = self._gaps.get((owner, domain)) or self._gaps.get((owner, EACH))
        together = self._gaps.get((owner, ALL))
        found = [Pace(owner, domain, to_domain)] if to_domain and domain else []
        return [*found, *([Pace(owner, ALL, together)] if together else [])]


def gap_of(per_second: int | None, per_minute: int | None) -> float:
    """How many seconds lie between two mails; 0 where there is no limit."""
    return ROOM * max(1 / per_second if per_second else 0.0, 60 / per_minute if per_minute else 0.0)


def read_limits(rows: Rows) -> Limits:
    """All limits as they stand."""
    table = cast(Table, SendingLimit.__table__)
    found = rows.execute(select(table.c.program_id, table.c.domain, table.c.per_second, table.c.per_minute))
    return Limits({(row[0], row[1]): gap_of(row[2], row[3]) for row in found})


def list_limits(session: Session, *, program_id: int | None = None) -> list[Limit]:
    """The limits, the house's first; those of one program, or with HOUSE of the house, where it is named."""
    query = select(SendingLimit, Program.slug).outerjoin(Program, Program.id == SendingLimit.program_id)
    if program_id is not None:
        query = query.where(SendingLimit.program_id == program_id)
    rows = session.execute(query.order_by(SendingLimit.program_id, SendingLimit.domain))
    return [
        Limit(limit.program_id, slug or "", limit.domain, limit.per_second, limit.per_minute)
        for limit, slug in rows
    ]


def set_limit(
    session: Session, *, program_id: int = HOUSE, domain: str = ALL, per_second: int = 0, per_minute: int = 0
) -> None:
    """Limit mails a second and a minute, over all senders; 0 is no limit, and twice 0 takes it away.

    Senders go by it at once: their claims are taken back. Raises Refused for what is no domain or rate.
    """
    domain = domain.strip().lower()
    if domain not in (ALL, EACH) and not DOMAIN.fullmatch(domain):
        raise Refused(f"{domain!r} is no domain; write one such as example.com, or * for each.")
    if not (0 <= per_second <= LARGEST and 0 <= per_minute <= 60 * LARGEST):
        raise Refused("Write mails a second or a minute as a whole number, or 0 for no limit.")
    found = session.get(SendingLimit, (program_id, domain))
    if found is not None:
        session.delete(found)
        session.flush()
    if per_second or per_minute:
        values: dict[str, Any] = {"per_second": per_second or None, "per_minute": per_minute or None}
        session.add(SendingLimit(program_id=program_id, domain=domain, **values))
        session.flush()
    slots = [SendingSlot.program_id == program_id]
    if domain != EACH:
        slots.append(SendingSlot.domain == domain)
    run(session, update(SendingSlot).where(*slots).values(next_at=0.0))
    _take_claims_back(session, program_id)


def _take_claims_back(session: Session, program_id: int) -> None:
    claimed: list[ColumnElement[bool]] = [
        Message.lease_by.is_not(None),
        Message.state.in_([MessageState.QUEUED, MessageState.UNCERTAIN]),
    ]
    if program_id != HOUSE:
        claimed.append(Message.program_id == program_id)
    freed = update(Message).where(in_order(Message, *claimed), *claimed)
    run(session, freed.values(lease_by=None, lease_until=None))
