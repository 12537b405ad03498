"""The improvement actions to read: a page of them sorted and narrowed, all for a letter, one alone."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, literal, or_, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.base.keyset import PAGE, Order, Wanted, slice_of
from surveyd.closed_loop.actions import THING, may_change, visible_actions
from surveyd.closed_loop.models import ActionStatus, ImprovementAction
from surveyd.people.access import Scope
from surveyd.people.models import Account, User

SORTS = ("heard", "owner", "due", "status", "updated")
FILTERS = ("status", "owner")
NO_DAY = date(9999, 12, 31)
"""Stands for no due day in the order of a list: such an action comes last."""
COLUMNS = (
    "id", "heard", "changed", "will_change", "owner_id", "region", "status", "due_on", "done_on",
    "created_at", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One action as a list and its page show it; `may_change`: the reader keeps it."""

    id: int
    heard: str
    changed: str
    will_change: str
    owner_id: int | None
    owner: str
    region: str
    status: ActionStatus
    due_on: date | None
    done_on: date | None
    created_at: datetime
    updated_at: datetime
    may_change: bool

    def is_late(self, today: date) -> bool:
        """Say whether its day is over and it is not done."""
        return self.status is not ActionStatus.DONE and self.due_on is not None and self.due_on < today


@dataclass(frozen=True, slots=True)
class ActionList:
    """A page of actions, how many there are by status in the whole scope, and the next page's key."""

    lines: tuple[ActionLine, ...]
    counts: dict[ActionStatus, int]
    after: str


def list_actions(session: Session, wish: Wanted, *, scope: Scope, limit: int = PAGE) -> ActionList:
    """A page of the actions that the scope may read. Raises Refused for a broken key."""
    seen = visible_actions(scope)
    counted = (
        select(ImprovementAction.status, func.count().label("actions"))
        .where(seen)
        .group_by(ImprovementAction.status)
    )
    query = _lines().where(seen)
    if wish.search:
        texts = (ImprovementAction.heard, ImprovementAction.changed, ImprovementAction.will_change)
        query = query.where(or_(*(text.icontains(wish.search, autoescape=True) for text in texts)))
    if wish.filters.get("status"):
        query = query.where(ImprovementAction.status == _status(wish.filters["status"]))
    if wish.filters.get("owner"):
        query = query.where(ImprovementAction.owner_id == _id(wish.filters["owner"]))
    order = Order(_order(wish.column), ImprovementAction.id.expression, wish.descends)
    page = slice_of(session, query, order, after=wish.after, limit=limit)
    return ActionList(
        tuple(_line(row, scope) for row in page.rows),
        {row.status: row.actions for row in session.execute(counted)},
        page.after,
    )


def every_action(session: Session, *, scope: Scope) -> list[ActionLine]:
    """All actions that the scope may read, those that are done first, then by their day."""
    done_first = case((ImprovementAction.status == ActionStatus.DONE, 0), else_=1)
    rows = session.execute(
        _lines().where(visible_actions(scope)).order_by(done_first, _order("due"), ImprovementAction.id)
    )
    return [_line(row, scope) for row in rows]


def find_action(session: Session, action_id: int, *, scope: Scope) -> ActionLine:
    """One action. Raises NotFound, also for one outside the scope."""
    row = session.execute(
        _lines().where(ImprovementAction.id == action_id, visible_actions(scope))
    ).one_or_none()
    if row is None:
        raise NotFound(THING, action_id)
    return _line(row, scope)


def owners(session: Session) -> list[tuple[int, str]]:
    """The active users who may own an action, by name."""
    rows = session.execute(select(User.id, User.name, User.email).where(User.active).order_by(User.name))
    return [(user_id, name or email) for user_id, name, email in rows]


def regions(session: Session) -> list[str]:
    """The regions that accounts have, by name."""
    rows = session.scalars(
        select(Account.region).where(Account.region != "").distinct().order_by(Account.region)
    )
    return list(rows)


def _order(column: str) -> ColumnElement[Any]:
    orders: dict[str, ColumnElement[Any]] = {
        "heard": func.lower(ImprovementAction.heard),
        "owner": func.coalesce(func.lower(User.name), ""),
        "due": func.coalesce(ImprovementAction.due_on, literal(NO_DAY)),
        "status": case(
            {ActionStatus.UNDER_WAY.value: 0, ActionStatus.PLANNED.value: 1},
            value=ImprovementAction.status,
            else_=2,
        ),
        "updated": ImprovementAction.updated_at.expression,
    }
    return orders[column]


def _status(name: str) -> str:
    return name if name in set(ActionStatus) else ""


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _lines() -> Select[*tuple[Any, ...]]:
    return select(
        *(getattr(ImprovementAction, name) for name in COLUMNS),
        User.name.label("owner_name"),
        User.email.label("owner_email"),
    ).outerjoin(User, User.id == ImprovementAction.owner_id)


def _line(row: Row[*tuple[Any, ...]], scope: Scope) -> ActionLine:
    return ActionLine(
        **{name: getattr(row, name) for name in COLUMNS},
        owner=row.owner_name or row.owner_email or "",
        may_change=may_change(scope, row.region),
    )
