"""What a person may see: a user becomes a frozen Scope, and conditions narrow every query by it.

Packages above hang these conditions on their own selects, so that the rule stands here alone. A row
outside the scope is as if it did not exist: finders raise NotFound for it, never a refusal that would
confirm its id.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, or_, select, true

from surveyd.people.models import Account, Contact, StaffRole, User


class Reach(StrEnum):
    """How far a scope reaches."""

    ALL = "all"
    REGION = "region"
    OWN_ACCOUNTS = "own_accounts"
    CALLS = "calls"
    NOTHING = "nothing"


REACH = {
    StaffRole.ADMIN: Reach.ALL,
    StaffRole.EXECUTIVE: Reach.ALL,
    StaffRole.REGIONAL_LEADER: Reach.REGION,
    StaffRole.ACCOUNT_MANAGER: Reach.OWN_ACCOUNTS,
    StaffRole.SUPPORT: Reach.CALLS,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person may see. `user_id` is None for the program itself; `region` is a leader's own."""

    reach: Reach
    user_id: int | None = None
    region: str = ""

    @property
    def sees_revenue(self) -> bool:
        """Whether amounts of money may be shown; support staff see none."""
        return self.reach in (Reach.ALL, Reach.REGION, Reach.OWN_ACCOUNTS)

    @property
    def sees_all(self) -> bool:
        return self.reach is Reach.ALL


SYSTEM = Scope(Reach.ALL)
"""The scope of the command line and of jobs, which act for the operator."""

NOBODY = Scope(Reach.NOTHING)
"""The scope of whoever is not signed in, or no longer active."""


def scope_of(user: User | None) -> Scope:
    """The scope of a user; NOBODY without one, for an inactive one, and for a leader of no region."""
    if user is None or not user.active:
        return NOBODY
    reach = REACH[user.role]
    if reach is Reach.REGION and not user.region:
        return NOBODY
    return Scope(reach, user.id, user.region if reach is Reach.REGION else "")


def visible_accounts(scope: Scope) -> ColumnElement[bool]:
    """The condition on `Account` rows that the scope may see: none that goes on as another one."""
    return and_(_reached(scope), Account.merged_into_id.is_(None))


def _reached(scope: Scope) -> ColumnElement[bool]:
    match scope.reach:
        case Reach.ALL:
            return true()
        case Reach.REGION:
            return Account.region == scope.region
        case Reach.OWN_ACCOUNTS:
            return Account.manager_id == scope.user_id
        case _:
            return false()


def visible_contacts(scope: Scope) -> ColumnElement[bool]:
    """The condition on `Contact` rows that the scope may see: those of its accounts.

    Not those that go on as another contact; `visible_by_account` shows them, too, for what they have said.
    """
    return and_(visible_by_account(scope, Contact.account_id), Contact.merged_into_id.is_(None))


def matchable_accounts(scope: Scope) -> ColumnElement[bool]:
    """The condition on `Account` rows to whose contacts feedback that came unasked may be matched.

    Who sorts it, admins and support staff, finds everybody by name; what else the accounts say stays hidden.
    """
    return true() if scope.reach in (Reach.ALL, Reach.CALLS) else false()


def visible_by_account(scope: Scope, account_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition on any row that carries an account's id (responses, invitations, totals)."""
    if scope.reach in (Reach.REGION, Reach.OWN_ACCOUNTS):
        return account_id.in_(select(Account.id).where(_reached(scope)))
    return _reached(scope)


def visible_assigned(
    scope: Scope, account_id: SQLColumnExpression[int], owner_id: SQLColumnExpression[int | None]
) -> ColumnElement[bool]:
    """The condition on rows with an owner (cases): those of its accounts, and those assigned to oneself."""
    seen = visible_by_account(scope, account_id)
    if scope.user_id is None or scope.reach in (Reach.ALL, Reach.NOTHING):
        return seen
    return or_(owner_id == scope.user_id, seen)


def visible_calls(scope: Scope, account_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition on rows of the call list: all of it for support staff, else those of its accounts."""
    return true() if scope.reach is Reach.CALLS else visible_by_account(scope, account_id)
