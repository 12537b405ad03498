"""The accounts: finding one, and paging through those that a person may see."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.people.access import Scope, visible_accounts
from surveyd.people.models import Account

PAGE = 50


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Some accounts in the order of their names; `after` is the key of the next page, None on the last."""

    accounts: tuple[Account, ...]
    after: int | None


def find_account(session: Session, account_id: int, *, scope: Scope) -> Account:
    """The account with this id. Raises NotFound, also for one outside the scope."""
    account = session.scalar(select(Account).where(Account.id == account_id, visible_accounts(scope)))
    if account is None:
        raise NotFound("account", account_id)
    return account


def page_of_accounts(
    session: Session, *, scope: Scope, search: str = "", after: int | None = None, limit: int = PAGE
) -> AccountPage:
    """The accounts behind the one with id `after`, by name; a page costs the same wherever it stands.

    Raises NotFound when `after` is no account of the scope.
    """
    query = select(Account).where(matching(scope, search)).order_by(Account.name, Account.id)
    if after is not None:
        last = find_account(session, after, scope=scope)
        behind = and_(Account.name == last.name, Account.id > last.id)
        query = query.where(or_(Account.name > last.name, behind))
    found = session.scalars(query.limit(limit + 1)).all()
    return AccountPage(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)


def count_accounts(session: Session, *, scope: Scope, search: str = "") -> int:
    """How many accounts of the scope match."""
    count = select(func.count()).select_from(Account).where(matching(scope, search))
    return session.execute(count).scalar_one()


def matching(scope: Scope, search: str) -> ColumnElement[bool]:
    """The condition on `Account` rows of the scope whose name holds the words, or whose id they are."""
    text = search.strip()
    if not text:
        return visible_accounts(scope)
    named = Account.name.icontains(text, autoescape=True)
    return and_(visible_accounts(scope), or_(named, Account.external_id == text))
