"""Accounts and contacts as arrays: what responses are filtered and broken down by.

accounts = accounts_of(session)
places = accounts.places(columns.answered.account_id)       # which account each response is of
accounts.dimensions["region"].codes[places]                 # and its region, as a place in `.values`
"""

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.people.access import Scope, visible_accounts
from surveyd.people.models import Account
from surveyd.results.people_reading import read_accounts, read_contacts
from surveyd.results.people_shapes import CUSTOM as CUSTOM
from surveyd.results.people_shapes import UNKNOWN as UNKNOWN
from surveyd.results.people_shapes import AccountColumns as AccountColumns
from surveyd.results.people_shapes import ContactColumns as ContactColumns
from surveyd.results.people_shapes import Dimension as Dimension
from surveyd.scoring.arrays import Mask


def accounts_of(session: Session) -> AccountColumns:
    """All accounts as they are now."""
    return read_accounts(session)


def contacts_of(session: Session) -> ContactColumns:
    """All contacts as they are now."""
    return read_contacts(session)


def seen_accounts(session: Session, accounts: AccountColumns, scope: Scope) -> Mask | None:
    """Which accounts the scope may see; None where it sees all of them."""
    if scope.sees_all:
        return None
    ids = np.array(session.scalars(select(Account.id).where(visible_accounts(scope))).all(), dtype=np.int64)
    places = accounts.places(ids)
    seen = np.zeros(len(accounts), dtype=np.bool_)
    seen[places[places != UNKNOWN]] = True
    return seen
