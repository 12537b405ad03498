"""The account managers side by side: how many of their customers' people answered, and their cases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, Integer, Row, Select, Subquery, and_, cast, func, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import PAGE, Order, Wanted, slice_of
from surveyd.closed_loop.case_fates import is_settled, reached_at
from surveyd.closed_loop.models import Case, CaseState
from surveyd.distribution.models import Invitation
from surveyd.distribution.shown_waves import offered_waves
from surveyd.people.access import Scope, visible_accounts, visible_by_account
from surveyd.people.models import Account, User
from surveyd.reports.accounts_narrowing import NO_MANAGER
from surveyd.reports.accounts_query import SHARES, UNKNOWN
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.results.standings import count_of

SORTS = ("name", "accounts", "invited", "answered", "share", "open", "overdue", "in_time")
SUMS = ("invited", "answered", "open_cases", "overdue", "in_time", "decided")


@dataclass(frozen=True, slots=True)
class ManagerLine:
    """One account manager's accounts: the latest wave in people, and their cases.

    `key` narrows the list of accounts to theirs; `name` is empty for the accounts that nobody manages.
    `in_time` counts the cases of the wave whose person was contacted in time, of `decided` ones: those that
    are no longer waiting within their time, and those that were closed without reaching anybody.
    """

    key: str
    name: str
    accounts: int
    invited: int
    answered: int
    open_cases: int
    overdue: int
    in_time: int
    decided: int


@dataclass(frozen=True, slots=True)
class Team:
    """A page of account managers; the sums are over all of the scope, `after` is the key of the next page."""

    lines: tuple[ManagerLine, ...]
    managers: int
    invited: int
    answered: int
    behind: int
    wave: str
    wanted: Wanted
    after: str

    @property
    def title(self) -> str:
        """The page's answer: who is behind with cases."""
        if not self.managers:
            return str(_("No account has a manager yet"))
        if not self.behind:
            return str(_("No account manager has a case overdue"))
        return str(
            ngettext(
                "%(num)s of %(whole)s account managers has a case overdue",
                "%(num)s of %(whole)s account managers have a case overdue",
                self.behind,
                whole=self.managers,
            )
        )


def team(
    session: Session, *, scope: Scope, now: datetime, wanted: Wanted | None = None, limit: int = PAGE
) -> Team:
    """The account managers of the scope's accounts, as they are wanted. Raises Refused for a broken key."""
    wish = wanted or Wanted(sort="name")
    wave = offered_waves(session, most=1).shown
    sums = _sums(scope, wave.id if wave else 0, now, wish.search)
    page = slice_of(session, select(sums), _order(sums, wish), after=wish.after, limit=limit)
    lines = tuple(_line(row) for row in page.rows)
    # One page that holds them all is added up as it stands: the sums take as long as the page.
    is_whole = not wish.after and not page.after
    return Team(
        lines,
        *(_added(lines) if is_whole else _whole(session, sums)),
        wave=wave.slug if wave else "",
        wanted=wish,
        after=page.after,
    )


def _added(lines: tuple[ManagerLine, ...]) -> tuple[int, int, int, int]:
    """How many managers, invited, answered, and managers with a case overdue."""
    managed = [line for line in lines if line.key != NO_MANAGER]
    behind = sum(line.overdue > 0 for line in managed)
    return len(managed), sum(line.invited for line in lines), sum(line.answered for line in lines), behind


def _whole(session: Session, sums: Subquery) -> tuple[int, int, int, int]:
    """The same of all pages."""
    c = sums.c
    managers, behind = count_of(c.manager_id > 0), count_of(and_(c.manager_id > 0, c.overdue > 0))
    found = session.execute(select(managers, func.sum(c.invited), func.sum(c.answered), behind)).one()
    return found[0], int(found[1] or 0), int(found[2] or 0), found[3]


def _line(row: Row[*tuple[Any, ...]]) -> ManagerLine:
    key = str(row.manager_id) if row.manager_id else NO_MANAGER
    return ManagerLine(key, row.name, row.accounts, **{name: int(getattr(row, name)) for name in SUMS})


def _order(sums: Subquery, wanted: Wanted) -> Order:
    c = sums.c
    columns: dict[str, ColumnElement[Any]] = {name: c[name] for name in ("accounts", "invited", "answered")}
    columns |= {
        "share": _share(c.answered, c.invited),
        "open": c.open_cases,
        "overdue": c.overdue,
        "in_time": _share(c.in_time, c.decided),
    }
    return Order(columns.get(wanted.column, c.name), c.manager_id, wanted.descends)


def _share(part: ColumnElement[int], whole: ColumnElement[int]) -> ColumnElement[int]:
    share = part * SHARES // func.nullif(whole, 0, type_=Integer)
    return func.coalesce(share, UNKNOWN, type_=Integer)


def _sums(scope: Scope, wave_id: int, now: datetime, search: str) -> Subquery:
    """One row a manager; the accounts that nobody manages are those of manager 0."""
    asked, said, cases = _asked(scope, wave_id), _said(scope, wave_id), _cases(scope, wave_id, now)
    manager_id = func.coalesce(User.id, 0, type_=Integer)
    name = func.coalesce(func.nullif(User.name, ""), User.email, "")
    counts = (asked.c.invited, said.c.voices, *(cases.c[name] for name in SUMS[2:]))
    query: Select[*tuple[Any, ...]] = (
        select(
            manager_id.label("manager_id"),
            name.label("name"),
            func.count().label("accounts"),
            *(
                # PostgreSQL sums counts to a numeric, whose quotients are no whole numbers.
                cast(func.coalesce(func.sum(count), 0), Integer).label(label)
                for label, count in zip(SUMS, counts, strict=True)
            ),
        )
        .select_from(Account)
        .outerjoin(User, User.id == Account.manager_id)
        .outerjoin(asked, asked.c.account_id == Account.id)
        .outerjoin(said, said.c.account_id == Account.id)
        .outerjoin(cases, cases.c.account_id == Account.id)
        .where(visible_accounts(scope))
        .group_by(manager_id, name)
    )
    if search:
        query = query.where(name.icontains(search, autoescape=True))
    return query.subquery("team")


def _asked(scope: Scope, wave_id: int) -> Subquery:
    return (
        select(Invitation.account_id, func.count().label("invited"))
        .where(Invitation.wave_id == wave_id, visible_by_account(scope, Invitation.account_id))
        .group_by(Invitation.account_id)
        .subquery("asked")
    )


def _said(scope: Scope, wave_id: int) -> Subquery:
    return (
        select(Score.account_id, func.count().label("voices"))
        .where(
            Score.wave_id == wave_id,
            Score.rule_version == CURRENT_RULE,
            visible_by_account(scope, Score.account_id),
        )
        .group_by(Score.account_id)
        .subquery("said")
    )


def _cases(scope: Scope, wave_id: int, now: datetime) -> Subquery:
    """An account's cases: open and overdue ones of any wave, and how those of the wave have gone."""
    of_wave = Response.wave_id == wave_id
    overdue = and_(Case.state == CaseState.OPEN, Case.due_at < now)
    return (
        select(
            Case.account_id,
            count_of(Case.state != CaseState.CLOSED).label("open_cases"),
            count_of(overdue).label("overdue"),
            count_of(and_(of_wave, reached_at() <= Case.due_at)).label("in_time"),
            count_of(and_(of_wave, is_settled() | overdue)).label("decided"),
        )
        .join(Response, Response.id == Case.response_id)
        .where(visible_by_account(scope, Case.account_id))
        .group_by(Case.account_id)
        .subquery("follow_up")
    )
