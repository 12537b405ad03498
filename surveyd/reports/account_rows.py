"""Narrows rows to one account, or to a parent with all below it: `account` and `parent` in an address."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, select
from sqlalchemy import and_ as both
from sqlalchemy.orm import Session

from surveyd.people.access import Scope, visible_accounts
from surveyd.people.families import below
from surveyd.people.models import Account
from surveyd.reports.accounts_narrowing import id_of

FILTERS = ("account", "parent")
"""Each an id; of no account for one that is none."""


def at_accounts(
    filters: Mapping[str, str], account_id: SQLColumnExpression[Any], *, scope: Scope
) -> tuple[ColumnElement[bool], ...]:
    """The conditions on rows with this `account_id`; a parent out of sight has nobody."""
    found: list[ColumnElement[bool]] = []
    if account := filters.get("account"):
        found.append(account_id == id_of(account))
    if parent := filters.get("parent"):
        tree = below(both(Account.id == id_of(parent), visible_accounts(scope)))
        found.append(account_id.in_(select(tree.c.account_id)))
    return tuple(found)


def parent_name(session: Session, filters: Mapping[str, str], *, scope: Scope) -> str:
    """The name of the account whose group is wanted; empty without one, and for one out of sight."""
    parent = id_of(filters.get("parent", ""))
    if not parent:
        return ""
    named = select(Account.name).where(Account.id == parent, visible_accounts(scope))
    return session.scalar(named) or ""
