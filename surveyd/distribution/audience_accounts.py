"""Accounts that an audience reaches badly: nobody decides, one contact is all, nobody can be reached."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.base.plain_rows import plain_rows
from surveyd.base.statements import among, holds
from surveyd.distribution.audience_plans import asked_of
from surveyd.distribution.audience_verdicts import AccountSums, Verdicts, verdicts_of
from surveyd.distribution.models import Program, Wave
from surveyd.people.access import Scope, visible_accounts
from surveyd.people.models import Account, Contact, User
from surveyd.scoring.arrays import Mask

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


def count_lacking(session: Session, wave: Wave, verdicts: Verdicts, *, scope: Scope) -> Lacking:
    """How many accounts of the wave's customers, as its filters on accounts say, lack what."""
    sums = _sums(session, wave, verdicts, scope)
    return Lacking(len(sums.ids), {lack: int(_lacks(sums, lack).sum()) for lack in LACKS})


def list_lacking(
    session: Session, wave: Wave, program: Program, *, lack: str, wish: Wanted, scope: Scope, now: datetime
) -> AccountPage:
    """A page of the accounts that lack `lack`, one of LACKS. Raises Refused for a broken key."""
    sums = _sums(session, wave, verdicts_of(session, wave, program, now=now), scope)
    named = func.coalesce(func.nullif(User.name, ""), User.email, "").label("manager")
    query: Select[*tuple[Any, ...]] = (
        select(Account.id, Account.name, Account.external_id, named)
        .outerjoin(User, User.id == Account.manager_id)
        .where(among(session, Account.id.expression, sums.ids[_lacks(sums, lack)].tolist()))
    )
    if wish.search:
        query = query.where(holds(session, Account.name, wish.search))
    active = select(func.count()).where(Contact.account_id == Account.id, Contact.active)
    by = active.scalar_subquery() if wish.column == "contacts" else func.lower(Account.name)
    page = slice_of(session, query, Order(by, Account.id, wish.descends), after=wish.after)
    places = np.searchsorted(sums.ids, [row.id for row in page.rows]).tolist()
    lines = [_line(row, sums, place) for row, place in zip(page.rows, places, strict=True)]
    return AccountPage(tuple(lines), page.after)


def _line(row: Row[*tuple[Any, ...]], sums: AccountSums, place: int) -> AccountLine:
    return AccountLine(
        id=row.id,
        name=row.name,
        external_id=row.external_id,
        manager=row.manager,
        contacts=int(sums.contacts[place]),
        deciders=int(sums.deciders[place]),
        reachable=int(sums.reachable[place]),
        invited=int(sums.invited[place]),
    )


def _lacks(sums: AccountSums, lack: str) -> Mask:
    found: dict[str, Mask] = {
        NO_DECIDER: sums.deciders == 0,
        SINGLE: sums.contacts == 1,
        UNREACHABLE: sums.reachable == 0,
        NOBODY_IN: sums.invited == 0,
    }
    return found[lack]


def _sums(session: Session, wave: Wave, verdicts: Verdicts, scope: Scope) -> AccountSums:
    """What the verdicts come to for each account of the audience; kept with them."""
    if scope in verdicts.sums:
        return verdicts.sums[scope]
    asked = asked_of(session, wave)
    which = [Account.status == asked.status, *([] if asked.accounts is None else [asked.accounts])]
    of = select(Account.id).where(visible_accounts(scope), *which).order_by(Account.id)
    ids = np.array([one for (one,) in plain_rows(session, of)], dtype=np.int64)
    places = np.searchsorted(ids, verdicts.accounts)
    is_of = np.append(ids, 0)[places] == verdicts.accounts
    active = verdicts.which(lambda each: each.is_active)
    found = (
        active,
        verdicts.which(lambda each: each.is_active and each.decides),
        active & verdicts.mailable,
        verdicts.which(lambda each: not each.rule),
    )
    counted = [np.bincount(places[is_of & mask], minlength=len(ids)) for mask in found]
    sums = verdicts.sums[scope] = AccountSums(ids, *counted)
    return sums
