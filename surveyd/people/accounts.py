"""The accounts: finding one, and the condition by which lists find those that a person may see."""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.people.access import Scope, visible_accounts
from surveyd.people.models import Account


def find_account(session: Session, account_id: int, *, scope: Scope) -> Account:
    """The account with this id. Raises NotFound, also for one outside the scope."""
    account = session.scalar(select(Account).where(Account.id == account_id, visible_accounts(scope)))
    if account is None:
        raise NotFound("account", account_id)
    return account


def matching(scope: Scope, search: str) -> ColumnElement[bool]:
    """The condition on `Account` rows of the scope whose name holds the words, or whose id they are."""
    text = search.strip()
    if not text:
        return visible_accounts(scope)
    named = Account.name.icontains(text, autoescape=True)
    return and_(visible_accounts(scope), or_(named, Account.external_id == text))
