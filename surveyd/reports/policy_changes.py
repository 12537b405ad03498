"""A comparison of policies for people to read: who would move by name, and the moves as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.people.access import Scope, visible_accounts, visible_by_account
from surveyd.people.models import Account, Contact
from surveyd.responses.models import Response
from surveyd.results.comparison import Comparison, Moved
from surveyd.results.movement import Move
from surveyd.scoring.loyalty import Segment

ORDER = tuple(segment.value for segment in Segment)


@dataclass(frozen=True, slots=True)
class MovedAccount:
    """An account that would stand elsewhere; revenue is None where it is not known."""

    account_id: int
    name: str
    before: str
    now: str
    revenue_cents: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class MovedPerson:
    """A person who would stand elsewhere, with the response that says so."""

    response_id: int
    name: str
    account: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Grid:
    """Moves as a table, from the rows to the columns: the states that occur, in the matrix's order."""

    states: tuple[str, ...]
    moves: tuple[Move, ...]

    def at(self, before: str, now: str) -> Move:
        """The move from one state to another, of nobody where nobody goes that way."""
        found = (move for move in self.moves if (move.before, move.now) == (before, now))
        return next(found, Move(before, now, 0))


@dataclass(frozen=True, slots=True)
class PolicyChanges:
    """A comparison with names: of those who would move the first hundred, whom the reader may see."""

    of: Comparison
    people: Grid
    accounts: Grid
    moved_people: tuple[MovedPerson, ...]
    moved_accounts: tuple[MovedAccount, ...]


def policy_changes(session: Session, of: Comparison, *, scope: Scope) -> PolicyChanges:
    """The comparison as it is shown. Two statements."""
    return PolicyChanges(
        of=of,
        people=grid(of.people),
        accounts=grid(of.accounts),
        moved_people=_people(session, of.moved_people, scope),
        moved_accounts=_accounts(session, of.moved_accounts, scope),
    )


def grid(moves: Sequence[Move]) -> Grid:
    """The moves as a table."""
    there = {state for move in moves for state in (move.before, move.now)}
    return Grid(tuple(state for state in ORDER if state in there), tuple(moves))


def _people(session: Session, moved: Sequence[Moved], scope: Scope) -> tuple[MovedPerson, ...]:
    rows = session.execute(
        select(Response.id, Contact.name, Account.name)
        .join(Contact, Contact.id == Response.contact_id)
        .join(Account, Account.id == Response.account_id)
        .where(Response.id.in_([one.id for one in moved]), visible_by_account(scope, Response.account_id))
    )
    named = {response_id: (contact, account) for response_id, contact, account in rows}
    return tuple(MovedPerson(one.id, *named[one.id], one.before, one.now) for one in moved if one.id in named)


def _accounts(session: Session, moved: Sequence[Moved], scope: Scope) -> tuple[MovedAccount, ...]:
    rows = session.execute(
        select(Account.id, Account.name, Account.revenue_cents, Account.currency).where(
            Account.id.in_([one.id for one in moved]), visible_accounts(scope)
        )
    )
    named = {row.id: row for row in rows}
    return tuple(
        MovedAccount(one.id, row.name, one.before, one.now, row.revenue_cents, row.currency)
        for one in moved
        if (row := named.get(one.id)) is not None
    )
