"""Accounts and contacts as arrays: what responses are filtered and broken down by.

accounts = accounts_of(session)
places = accounts.places(columns.answered.account_id)       # which account each response is of
accounts.dimensions["region"].codes[places]                 # and its region, as a place in `.values`
"""

import numpy as np
from sqlalchemy import Column, ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from surveyd.base.changes import ACCOUNTS, CONTACTS
from surveyd.base.models import ChangeCount
from surveyd.base.statements import table_of
from surveyd.people.access import Scope, visible_accounts, visible_by_account
from surveyd.people.models import Account, Contact
from surveyd.results.people_reading import read_accounts, read_contacts
from surveyd.results.people_shapes import CUSTOM as CUSTOM
from surveyd.results.people_shapes import UNKNOWN as UNKNOWN
from surveyd.results.people_shapes import AccountColumns as AccountColumns
from surveyd.results.people_shapes import ContactColumns as ContactColumns
from surveyd.results.people_shapes import Dimension as Dimension
from surveyd.results.shelf import shelf_of
from surveyd.scoring.arrays import Mask

KEPT_SCOPES = 64


def _stand_of(topic: str, key: Column[int]) -> Select[int, int]:
    count = table_of(ChangeCount)
    changes = select(count.c.number).where(count.c.topic == topic).scalar_subquery()
    highest = select(func.max(key)).scalar_subquery()
    return select(func.coalesce(changes, 0), func.coalesce(highest, 0))


# Building them takes longer than running them.
STANDS = {
    ACCOUNTS: _stand_of(ACCOUNTS, table_of(Account).c.id),
    CONTACTS: _stand_of(CONTACTS, table_of(Contact).c.id),
}


def accounts_of(session: Session) -> AccountColumns:
    """All accounts as they are now; kept until an account is added or a change of one is counted."""
    shelf = shelf_of(session)
    if shelf is None:
        return read_accounts(session)
    return shelf.kept.same(ACCOUNTS, _stand(session, ACCOUNTS), lambda: read_accounts(session), most=1)


def contacts_of(session: Session) -> ContactColumns:
    """All contacts as they are now; kept until a contact is added or a change of one is counted."""
    shelf = shelf_of(session)
    if shelf is None:
        return read_contacts(session)
    return shelf.kept.same(CONTACTS, _stand(session, CONTACTS), lambda: read_contacts(session), most=1)


def seen_accounts(session: Session, accounts: AccountColumns, scope: Scope) -> Mask | None:
    """Which accounts' answers the scope may see; None where it sees all of them. Kept with the accounts."""
    if scope.sees_all:
        return None
    return _kept(session, accounts, "seen", scope, visible_by_account(scope, Account.id))


def listed_accounts(session: Session, accounts: AccountColumns, scope: Scope) -> Mask:
    """Which accounts the scope may see in a list: not those that go on as another one. Kept as well."""
    return _kept(session, accounts, "listed", scope, visible_accounts(scope))


def _kept(
    session: Session, accounts: AccountColumns, kind: str, scope: Scope, which: ColumnElement[bool]
) -> Mask:
    def read() -> Mask:
        return accounts_which(session, accounts, which)

    return read() if shelf_of(session) is None else accounts.kept.same(kind, scope, read, most=KEPT_SCOPES)


def accounts_which(session: Session, accounts: AccountColumns, which: ColumnElement[bool]) -> Mask:
    """The accounts that meet a condition on `Account` rows. One statement."""
    ids = np.array(session.scalars(select(Account.id).where(which)).all(), dtype=np.int64)
    places = accounts.places(ids)
    found = np.zeros(len(accounts), dtype=np.bool_)
    found[places[places != UNKNOWN]] = True
    return found


def _stand(session: Session, topic: str) -> tuple[int, int]:
    """How often they have changed, and the highest id: one statement over two indexes."""
    number, last = session.execute(STANDS[topic]).one()
    return number, last
