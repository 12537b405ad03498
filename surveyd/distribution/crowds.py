"""How many people of one account are touched on one day, and the next day that has room for one more."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.base.errors import Refused
from surveyd.distribution.calendar_models import DailyLimit
from surveyd.distribution.models import Invitation, Program, Touch, TouchState
from surveyd.people.audit import record
from surveyd.people.models import Account

TOUCHED = (TouchState.PLANNED, TouchState.HELD, TouchState.RELEASED)
LARGEST = 1_000
Day = tuple[int, date]
"""An account, and a day where its people are."""


@dataclass(slots=True)
class Crowd:
    """The people of some accounts by day: who is planned for it, and who was touched on it already."""

    planned: dict[Day, set[int]] = field(default_factory=dict)
    touched: dict[Day, set[int]] = field(default_factory=dict)

    def has_room(self, account_id: int, day: date, contact_id: int, *, limit: int) -> bool:
        """Whether one more can be planned for the day; who stands there already can."""
        people = self.planned.get((account_id, day), set())
        return contact_id in people or len(people) < limit

    def may_go(self, account_id: int, day: date, contact_id: int, *, limit: int) -> bool:
        """Whether one more can be touched today, counting those alone who were."""
        people = self.touched.get((account_id, day), set())
        return contact_id in people or len(people) < limit

    def plan(self, account_id: int, day: date, contact_id: int) -> None:
        """Remember that somebody is planned for the day."""
        self.planned.setdefault((account_id, day), set()).add(contact_id)

    def touch(self, account_id: int, day: date, contact_id: int) -> None:
        """Remember that somebody was touched on the day."""
        self.plan(account_id, day, contact_id)
        self.touched.setdefault((account_id, day), set()).add(contact_id)


def set_daily_limit(
    session: Session, program: Program, people: int | None, *, by: int | None, now: datetime
) -> None:
    """Ask at most so many people of one account on one day from now on; None takes the limit away.

    What is planned already is held to it when it goes out. Raises Refused for a number that does not do.
    """
    found = session.get(DailyLimit, program.id)
    if people is None:
        if found is not None:
            session.delete(found)
    elif not 0 < people <= LARGEST:
        raise Refused("Write how many people of one account, from 1 to 1,000, or nothing for no limit.")
    else:
        session.merge(DailyLimit(program_id=program.id, people=people))
    session.flush()
    facts = {"people": people or 0}
    record(session, action="daily_limit", thing="program", thing_id=program.id, by=by, now=now, facts=facts)


def daily_limit(session: Session, program_id: int) -> int | None:
    """How many people of one account the program touches on one day; None is no limit."""
    found = session.get(DailyLimit, program_id)
    return found.people if found else None


def daily_limits(session: Session, program_ids: Collection[int]) -> dict[int, int]:
    """The same of several programs; one without a limit is not among them."""
    found = session.scalars(select(DailyLimit).where(DailyLimit.program_id.in_(program_ids)))
    return {row.program_id: row.people for row in found}


def crowd_of(session: Session, account_ids: Collection[int], *, since: datetime) -> Crowd:
    """Who of these accounts is touched when, from the day before `since` on, by whichever program.

    Until the transaction ends nobody else plans or touches them: two at once would find the same room.
    """
    ids = sorted(set(account_ids))
    held = select(Account.id).where(Account.id.in_(ids)).order_by(Account.id)
    session.execute(held.with_for_update(key_share=True)).all()
    at = func.coalesce(Touch.released_at, Touch.due_at).label("at")
    rows = session.execute(
        select(Invitation.account_id, Invitation.contact_id, Invitation.time_zone, Touch.state, at)
        .join(Invitation, Invitation.id == Touch.invitation_id)
        .where(
            Invitation.account_id.in_(ids),
            Touch.state.in_(TOUCHED),
            func.coalesce(Touch.released_at, Touch.due_at) > since - timedelta(days=1),
        )
    )
    crowd = Crowd()
    for account_id, contact_id, time_zone, state, instant in rows:
        day = local_day(instant, zone_named(time_zone))
        if state is TouchState.RELEASED:
            crowd.touch(account_id, day, contact_id)
        else:
            crowd.plan(account_id, day, contact_id)
    return crowd


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The day that it is there."""
    return instant.astimezone(zone).date()
