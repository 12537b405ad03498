"""Accounts that an audience reaches badly: nobody decides, one contact is all, nobody can be reached."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, not_, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.distribution.address_wishes import stopped_address
from surveyd.distribution.audience_plans import Asked, asked_of
from surveyd.distribution.audience_rules import rule_of
from surveyd.distribution.models import Invitation, Program, Suppression, Wave, WaveState
from surveyd.people.access import Scope, visible_accounts
from surveyd.people.models import Account, Contact, RelationshipRole, User

NO_DECIDER, SINGLE, UNREACHABLE, NOBODY_IN = "no_decider", "single", "unreachable", "nobody_in"
LACKS = (NO_DECIDER, SINGLE, UNREACHABLE, NOBODY_IN)
"""No active contact decides, there is one active contact, none can be mailed, none is in the wave."""
ACCOUNT_SORTS = ("name", "contacts")


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account of an audience: its active contacts, those who decide, can be mailed, and are in."""

    id: int
    name: str
    external_id: str
    manager: str
    contacts: int
    deciders: int
    reachable: int
    invited: int


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Some accounts of an audience; `after` is the key of the next page, empty on the last."""

    lines: tuple[AccountLine, ...]
    after: str


@dataclass(frozen=True, slots=True)
class Lacking:
    """How many accounts of an audience there are, and how many of them lack what."""

    accounts: int
    lacks: dict[str, int]


def count_lacking(session: Session, wave: Wave, program: Program, *, scope: Scope, now: datetime) -> Lacking:
    """How many accounts of the wave's customers, as its filters on accounts say, lack what; one statement."""
    each = _accounts(session, wave, program, scope=scope, now=now)
    columns = [func.count(case((_lacks(each, lack), 1))).label(lack) for lack in LACKS]
    row = session.execute(select(func.count().label("accounts"), *columns).select_from(each)).one()
    return Lacking(row.accounts, {lack: getattr(row, lack) for lack in LACKS})


def list_lacking(
    session: Session, wave: Wave, program: Program, *, lack: str, wish: Wanted, scope: Scope, now: datetime
) -> AccountPage:
    """A page of the accounts that lack `lack`, one of LACKS. Raises Refused for a broken key."""
    each = _accounts(session, wave, program, scope=scope, now=now)
    named = func.coalesce(func.nullif(User.name, ""), User.email, "").label("manager")
    query = (
        select(each, Account.name, Account.external_id, named)
        .join(Account, Account.id == each.c.account_id)
        .outerjoin(User, User.id == Account.manager_id)
        .where(_lacks(each, lack))
    )
    if wish.search:
        query = query.where(Account.name.icontains(wish.search, autoescape=True))
    by = each.c.contacts if wish.column == "contacts" else func.lower(Account.name)
    page = slice_of(session, query, Order(by, Account.id, wish.descends), after=wish.after)
    return AccountPage(
        tuple(
            AccountLine(
                row.account_id,
                row.name,
                row.external_id,
                row.manager,
                row.contacts,
                row.deciders,
                row.reachable,
                row.invited,
            )
            for row in page.rows
        ),
        page.after,
    )


def _lacks(each: Subquery, lack: str) -> ColumnElement[bool]:
    found: dict[str, ColumnElement[bool]] = {
        NO_DECIDER: each.c.deciders == 0,
        SINGLE: each.c.contacts == 1,
        UNREACHABLE: each.c.reachable == 0,
        NOBODY_IN: each.c.invited == 0,
    }
    return found[lack]


def _accounts(session: Session, wave: Wave, program: Program, *, scope: Scope, now: datetime) -> Subquery:
    """One row an account of the audience: account_id, contacts, deciders, reachable, invited."""
    asked = asked_of(session, wave)
    if wave.state is WaveState.SCHEDULED:
        is_in: ColumnElement[bool] = rule_of(wave, program, asked, now=now, of_many=True) == ""
    else:
        is_in = Contact.id.in_(select(Invitation.contact_id).where(Invitation.wave_id == wave.id))
    stopped = stopped_address(program.id, Contact.email.expression, of_many=True)
    mailable = (not_(stopped), Contact.email != "", Suppression.address.is_(None))
    decides = and_(Contact.active, Contact.role == RelationshipRole.DECISION_MAKER)
    counted: Select[*tuple[Any, ...]] = (
        select(
            Account.id.label("account_id"),
            _count(Contact.active.is_(True)).label("contacts"),
            _count(decides).label("deciders"),
            _count(and_(Contact.active, *mailable)).label("reachable"),
            _count(and_(Contact.id.is_not(None), is_in)).label("invited"),
        )
        .select_from(Account)
        .outerjoin(Contact, Contact.account_id == Account.id)
        .outerjoin(Suppression, Suppression.address == func.lower(Contact.email))
        .where(visible_accounts(scope), *_of_audience(asked))
    )
    return counted.group_by(Account.id).subquery("each")


def _of_audience(asked: Asked) -> list[ColumnElement[bool]]:
    status: ColumnElement[bool] = Account.status == asked.status
    return [status] if asked.accounts is None else [status, asked.accounts]


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))
