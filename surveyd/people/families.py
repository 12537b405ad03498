"""Parent accounts and their children, however deep; parents that lead back to themselves end the search."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, case, select
from sqlalchemy.orm import Session, aliased

from surveyd.people.access import Scope, visible_accounts
from surveyd.people.models import Account


@dataclass(frozen=True, slots=True)
class Family:
    """An account with all below it that a scope may see, by id; `has_more` says that there are others."""

    account_ids: tuple[int, ...]
    has_more: bool

    @property
    def is_group(self) -> bool:
        """Whether there is anything below the account."""
        return len(self.account_ids) > 1 or self.has_more


@dataclass(frozen=True, slots=True)
class Parent:
    """The account above another one; without a name and an id where the reader may not see it."""

    id: int | None
    name: str


ALONE = Family((), has_more=False)


def families(session: Session, root_ids: list[int], *, scope: Scope) -> dict[int, Family]:
    """The family of each of the roots that has one, by the root's id, itself first. One statement.

    An account of the scope belongs to it even where one between the two is outside the scope.
    """
    tree = below(Account.id.in_(root_ids))
    seen = case((visible_accounts(scope), 1), else_=0).label("seen")
    rows = session.execute(
        select(tree.c.root_id, tree.c.account_id, seen)
        .join(Account, Account.id == tree.c.account_id)
        .order_by(tree.c.root_id, tree.c.account_id)
    )
    own: dict[int, list[int]] = {root_id: [root_id] for root_id in root_ids}
    hidden: set[int] = set()
    for root_id, account_id, is_seen in rows:
        if not is_seen:
            hidden.add(root_id)
        elif account_id != root_id:
            own[root_id].append(account_id)
    found = {root_id: Family(tuple(ids), root_id in hidden) for root_id, ids in own.items()}
    return {root_id: family for root_id, family in found.items() if family.is_group}


def below(which: ColumnElement[bool]) -> CTE:
    """Pairs of root_id and account_id: each `Account` that is `which`, with itself and all below it."""
    root = select(Account.id.label("root_id"), Account.id.label("account_id")).where(which)
    tree = root.cte("family", recursive=True)
    child = aliased(Account)
    # UNION leaves out a pair that is there: a circle of parents is walked once.
    return tree.union(select(tree.c.root_id, child.id).join(child, child.parent_id == tree.c.account_id))


def is_parent() -> ColumnElement[bool]:
    """The condition on `Account` rows that other accounts name as their parent."""
    child = aliased(Account)
    return Account.id.in_(select(child.parent_id).where(child.parent_id.is_not(None)))


def parent_of(session: Session, account: Account, *, scope: Scope) -> Parent | None:
    """The account above this one, None for one without."""
    if account.parent_id is None:
        return None
    named: Any = select(Account.id, Account.name).where(
        Account.id == account.parent_id, visible_accounts(scope)
    )
    row = session.execute(named).one_or_none()
    return Parent(None, "") if row is None else Parent(row.id, row.name)
