"""How far each account manager is with the contacts of one wave: one statement over the whole audience."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from surveyd.distribution.audience_plans import asked_of
from surveyd.distribution.audience_rules import EXCLUDED, rule_of, with_facts
from surveyd.distribution.confirmation_models import ConfirmationAsk, ContactMark, MarkState
from surveyd.distribution.models import Invitation, Program, Wave, WaveState
from surveyd.people.access import REACH, Reach, Scope, visible_accounts
from surveyd.people.models import Account, Contact, User

MANAGING = tuple(
    role for role, reach in REACH.items() if reach in (Reach.ALL, Reach.REGION, Reach.OWN_ACCOUNTS)
)
"""The staff roles that can open a page about accounts, and so can be asked."""


@dataclass(frozen=True, slots=True)
class ManagerSums:
    """One account manager and the contacts of their accounts; `user_id` is 0 for accounts without one.

    `planned` are the contacts who would be asked, and those left out by hand; of them so many are confirmed
    or excluded. `asked_at` is None for who was not asked.
    """

    user_id: int
    name: str
    email: str
    can_be_asked: bool
    planned: int
    confirmed: int
    corrected: int
    added: int
    excluded: int
    asked_at: datetime | None
    mailed_at: datetime | None
    mails: int
    began_at: datetime | None
    finished_at: datetime | None

    @property
    def id(self) -> int:
        """The user's id, under the name that a mail's recipient has it."""
        return self.user_id

    @property
    def looked_at(self) -> int:
        """How many contacts something was said of."""
        return self.confirmed + self.excluded


def sums_of(
    session: Session,
    wave: Wave,
    program: Program,
    *,
    scope: Scope,
    now: datetime,
    manager_id: int | None = None,
) -> tuple[ManagerSums, ...]:
    """Each account manager of accounts with contacts in the wave, by name; accounts without one come last.

    Before the launch the audience is a forecast as of `now`. One statement, of the scope's accounts.
    """
    planned = planned_in(session, wave, program, now=now)
    confirmed = and_(planned, ContactMark.state == MarkState.CONFIRMED)
    excluded = ContactMark.state == MarkState.EXCLUDED
    counted = with_marks(
        wave,
        select(
            func.coalesce(Account.manager_id, 0).label("manager_id"),
            _count(planned).label("planned"),
            _count(confirmed).label("confirmed"),
            _count(and_(planned, ContactMark.was_corrected)).label("corrected"),
            _count(and_(planned, ContactMark.was_added)).label("added"),
            _count(excluded).label("excluded"),
        ),
    ).where(visible_accounts(scope))
    if manager_id is not None:
        counted = counted.where(Account.manager_id == manager_id)
    each = counted.group_by(Account.manager_id).subquery("each")
    rows = session.execute(
        select(each, User, ConfirmationAsk)
        .select_from(each)
        .outerjoin(User, User.id == each.c.manager_id)
        .outerjoin(
            ConfirmationAsk,
            and_(ConfirmationAsk.user_id == User.id, ConfirmationAsk.wave_id == wave.id),
        )
        .where(or_(each.c.planned > 0, ConfirmationAsk.asked_at.is_not(None)))
        .order_by(User.id.is_(None), func.lower(func.coalesce(User.name, "")), each.c.manager_id)
    )
    return tuple(_sums(row) for row in rows)


def planned_in(session: Session, wave: Wave, program: Program, *, now: datetime) -> ColumnElement[bool]:
    """Whether a `Contact` is in the wave or was left out of it by hand; for selects made by `with_marks`."""
    excluded = ContactMark.state == MarkState.EXCLUDED
    if wave.state is not WaveState.SCHEDULED:
        invited = Contact.id.in_(select(Invitation.contact_id).where(Invitation.wave_id == wave.id))
        return or_(invited, func.coalesce(excluded, False))
    rule = rule_of(wave, program, asked_of(session, wave), now=now, of_many=True)
    return or_(rule.in_(["", EXCLUDED]), func.coalesce(excluded, False))


def with_marks(wave: Wave, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join to a select on contacts what the rules of an audience ask for, and what was said of each."""
    mine = and_(ContactMark.contact_id == Contact.id, ContactMark.wave_id == wave.id)
    return with_facts(query).outerjoin(ContactMark, mine)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _sums(row: Any) -> ManagerSums:
    user, ask = row.User, row.ConfirmationAsk
    return ManagerSums(
        user_id=row.manager_id,
        name=(user.name or user.email) if user else "",
        email=user.email if user else "",
        can_be_asked=user is not None and user.active and user.role in MANAGING,
        planned=row.planned,
        confirmed=row.confirmed,
        corrected=row.corrected,
        added=row.added,
        excluded=row.excluded,
        asked_at=ask.asked_at if ask else None,
        mailed_at=ask.mailed_at if ask else None,
        mails=ask.mails if ask else 0,
        began_at=ask.began_at if ask else None,
        finished_at=ask.finished_at if ask else None,
    )
