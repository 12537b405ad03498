"""The accounts that a list is about: which they are, in which order, page by page or all of them.

The list and its export share it, so that a file has the rows that the page has. Where accounts stand comes
out of arrays, which are kept; names, managers, amounts and dates are sorted by the database.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Date, Select, func, literal, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import PAGE, Order, Wanted, key_of, numbers_of, slice_of
from surveyd.base.statements import among
from surveyd.distribution.comparable_waves import with_before
from surveyd.distribution.models import Wave
from surveyd.distribution.shown_waves import offered_waves
from surveyd.people.access import visible_accounts
from surveyd.people.comparable import comparable_cents
from surveyd.people.models import Account, User
from surveyd.people.rates import worth_now
from surveyd.reports.accounts_narrowing import wanted_accounts
from surveyd.reports.accounts_states import Sight
from surveyd.results.revenue import NOT_ASKED, SILENT
from surveyd.results.slice_accounts import NAMES
from surveyd.scoring.arrays import Codes, Mask
from surveyd.scoring.loyalty import Segment

MOST_WAVES = 24
SORTS = ("name", "manager", "region", "tier", "segment", "recommend", "revenue", "answered", "renewal")
WORST_FIRST = (
    Segment.HIGH_RISK.value,
    Segment.TRAPPED.value,
    Segment.ACCESSIBLE.value,
    Segment.TRULY_LOYAL.value,
    Segment.UNCLASSIFIED.value,
    SILENT,
    NOT_ASKED,
)
"""Where an account can stand; silence is a state of its own, and so is not having been asked."""
SHARES = 10_000
"""Shares are compared as whole ten-thousandths: floats make poor keys."""
UNKNOWN = 10 * SHARES
"""What has no share yet stands behind all that has one."""
NO_DATE = date(9999, 12, 31)
RANKS = np.array([WORST_FIRST.index(name) for name in NAMES], dtype=np.int64)


class AccountQuery:
    """The accounts of one list, as they are wanted."""

    def __init__(self, sight: Sight, wanted: Wanted) -> None:
        self.sight = sight
        self.wanted = wanted

    @cached_property
    def mask(self) -> Mask:
        """Which of all accounts they are."""
        return wanted_accounts(self.wanted.filters, self.wanted.search, self.sight)

    def page(self, limit: int = PAGE) -> tuple[list[int], str]:
        """The ids of the wanted page and the key of the next. Raises Refused for a broken key."""
        if self._numbers is not None:
            return self._some(self._numbers, limit)
        found = slice_of(self.sight.session, self._ids(), self._order, after=self.wanted.after, limit=limit)
        return [row.id for row in found.rows], found.after

    def every(self) -> list[int]:
        """The ids of all of them in their order, whatever page is wanted."""
        if self._numbers is not None:
            ids: list[int] = self._sorted(self._numbers[self.mask], self._own).tolist()
            return ids
        order = self._order
        keys = (order.by.desc(), order.key.desc()) if order.descends else (order.by, order.key)
        return [*self.sight.session.scalars(self._ids().order_by(*keys))]

    @property
    def _own(self) -> Codes:
        return self.sight.accounts.ids[self.mask]

    @cached_property
    def _numbers(self) -> Codes | None:
        """What each of all accounts is sorted by, where that is no column of accounts."""
        make = BY_NUMBER.get(self.wanted.column)
        return make(self.sight) if make else None

    def _some(self, numbers: Codes, limit: int) -> tuple[list[int], str]:
        by, ids = numbers[self.mask], self._own
        if self.wanted.after:
            value, last = numbers_of(self.wanted.after)
            ahead, behind = (by < value, ids < last) if self.wanted.descends else (by > value, ids > last)
            kept = ahead | ((by == value) & behind)
            by, ids = by[kept], ids[kept]
        found = self._sorted(by, ids)
        page: list[int] = found[:limit].tolist()
        if len(found) <= limit:
            return page, ""
        return page, key_of(int(by[ids == page[-1]][0]), page[-1])

    def _sorted(self, by: Codes, ids: Codes) -> Codes:
        order = np.lexsort((ids, by))
        return ids[order[::-1] if self.wanted.descends else order]

    def _ids(self) -> Select[int]:
        """The ids of the wanted accounts, in no order."""
        found = select(Account.id)
        if self.wanted.column == "manager":
            found = found.outerjoin(User, User.id == Account.manager_id)
        if self.wanted.column == "revenue":
            found = found.outerjoin(self._worth, self._worth.c.currency == Account.currency)
        if np.array_equal(self.mask, self.sight.seen):
            return found.where(visible_accounts(self.sight.scope))
        return found.where(among(self.sight.session, Account.id.expression, self._own.tolist()))

    @cached_property
    def _worth(self) -> Any:
        return worth_now()

    @property
    def _order(self) -> Order:
        """The wanted order by a column; by name for a wish that is none."""
        by: dict[str, Callable[[], ColumnElement[Any]]] = {
            "manager": lambda: func.coalesce(func.nullif(User.name, ""), User.email, ""),
            "region": lambda: Account.region.expression,
            "tier": lambda: Account.tier.expression,
            "revenue": lambda: comparable_cents(self._worth),
            "renewal": lambda: func.coalesce(Account.renewal_date, literal(NO_DATE, Date)),
        }
        column = by.get(self.wanted.column, lambda: Account.name.expression)()
        return Order(column, Account.id.expression, self.wanted.descends)


@dataclass(frozen=True, slots=True)
class ChosenWaves:
    """The wave that a list is about and the one before it; `newer` is under way and not shown yet, if any."""

    both: list[Wave]
    newer: str


def waves_of(session: Session, wanted: Wanted) -> ChosenWaves:
    """The wave that a list is about, and the one before it; without a known name the one shown.

    The one before is that named by `since`, else the one that it is compared with. Two statements.
    """
    offered = offered_waves(session, most=MOST_WAVES)
    waves, names = list(offered.every), offered.names
    wish, since = wanted.filters.get("wave", ""), wanted.filters.get("since", "")
    start = names.index(wish) if wish in names else offered.place
    chosen = waves[start] if waves else None
    both = [waves[start], waves[names.index(since)]] if since in names else with_before(session, chosen)
    newer = offered.under_way(both[0].slug) if both else None
    return ChosenWaves(both, newer.slug if newer else "")


def _urgency(sight: Sight) -> Codes:
    return RANKS[sight.stands.state]


def _score(sight: Sight) -> Codes:
    return _shares(sight.stands.balance, sight.stands.rated)


def _answered(sight: Sight) -> Codes:
    return _shares(sight.stands.answered, sight.stands.invited)


def _shares(part: Codes, whole: Codes) -> Codes:
    return np.where(whole > 0, part * SHARES // np.maximum(whole, 1), UNKNOWN)


BY_NUMBER: Mapping[str, Callable[[Sight], Codes]] = {
    "segment": _urgency,
    "recommend": _score,
    "answered": _answered,
}
