"""The accounts with where they stand: how many were asked and have answered, their segment, their revenue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

import numpy as np
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import PAGE, Wanted
from surveyd.people.access import Scope
from surveyd.people.rates import Rates, rates_in_force
from surveyd.reports.account_flags import BY_FLAG
from surveyd.reports.account_groups import Standpoint, groups_of
from surveyd.reports.account_rows import parent_name
from surveyd.reports.accounts_joined import rows_of
from surveyd.reports.accounts_lines import AccountLine, account_line
from surveyd.reports.accounts_narrowing import NO_MANAGER
from surveyd.reports.accounts_query import AccountQuery, waves_of
from surveyd.reports.accounts_states import WENT_QUIET, Sight
from surveyd.reports.exposure import NAMES
from surveyd.reports.words import STATES
from surveyd.results.asked import wave_asked
from surveyd.results.models import Score
from surveyd.results.people_shapes import UNKNOWN, AccountColumns
from surveyd.results.policies import current
from surveyd.results.revenue import NOT_ASKED, SILENT, Money, told_in
from surveyd.results.slices import CUSTOM
from surveyd.results.standings import standings
from surveyd.scoring.arrays import Mask
from surveyd.scoring.flags import Flag

DIMENSIONS = {
    "country": lazy_gettext("Country"),
    "business_unit": lazy_gettext("Business unit"),
    "branch": lazy_gettext("Branch"),
    "channel": lazy_gettext("Sales channel"),
    "product_line": lazy_gettext("Product line"),
    "status": lazy_gettext("Status"),
    "currency": lazy_gettext("Currency"),
}
"""The dimensions that the list does not offer as a filter, and shows while it is narrowed by one."""
Choice = tuple[str, str]
"""A value of a filter, and its name."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the list can be narrowed to: the values that occur in the reader's scope."""

    regions: tuple[Choice, ...]
    tiers: tuple[Choice, ...]
    managers: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class AccountList:
    """A page of the accounts that a scope may see; `after` is the key of the next, empty on the last.

    The sums are over all accounts of the list, not of the page; `revenue` is empty where nobody may see it.
    `newer` is a wave under way that is not shown yet. `policy` is the version of the scoring policy, `parent`
    the account whose group was wished for.
    """

    lines: tuple[AccountLine, ...]
    total: int
    at_risk: int
    revenue: tuple[Money, ...]
    wave: str
    before: str
    newer: str
    policy: str
    parent: str
    wanted: Wanted
    choices: Choices
    after: str

    @property
    def asked_for(self) -> list[tuple[str, str, tuple[Choice, ...]]]:
        """What a link from elsewhere has narrowed the list to: filters that are there while they are on."""
        said, state = self.wanted.filters.get, {**STATES, **NAMES, WENT_QUIET: BY_FLAG[Flag.WENT_QUIET].name}
        found = (
            ("parent", _("Group"), said("parent", ""), self.parent),
            ("wave", _("Wave"), said("wave", ""), self.wave),
            ("state", _("Revenue"), said("state", ""), str(state.get(said("state", ""), ""))),
            ("before", _("Before"), said("before", ""), str(state.get(said("before", ""), ""))),
            ("since", _("Since"), said("since", ""), self.before),
            *((name, str(label), said(name, ""), said(name, "")) for name, label in DIMENSIONS.items()),
            *(
                (name, name.removeprefix(CUSTOM), value, value)
                for name, value in self.wanted.filters.items()
                if name.startswith(CUSTOM)
            ),
        )
        return [(name, label, ((value, words),)) for name, label, value, words in found if value and words]

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.total:
            return str(_("No account fits") if self.wanted.is_narrowed else _("You have no accounts yet"))
        accounts = ngettext("1 account", "%(n)s accounts", self.total, n=f"{self.total:,}")
        if not self.at_risk:
            return str(_("%(accounts)s, nobody at high risk", accounts=accounts))
        risky = f"{self.at_risk:,}"
        return str(_("%(risky)s of %(accounts)s with somebody at high risk", risky=risky, accounts=accounts))


def account_list(
    session: Session, *, scope: Scope, now: datetime, wanted: Wanted | None = None, limit: int = PAGE
) -> AccountList:
    """A page of accounts as they are wanted, by name without a wish. Raises Refused for a broken key."""
    wish = wanted or Wanted(sort="name")
    found = waves_of(session, wish)
    waves = found.both
    asked = wave_asked(session, waves, now)
    at = Standpoint(scope, asked, current(session), now)
    query = AccountQuery(Sight(session, scope, tuple(waves), asked, now), wish)
    ids, after = query.page(limit)
    sight = query.sight
    return AccountList(
        lines=_lines(session, at, ids, with_groups=bool(wish.filters.get("group"))),
        total=int(np.count_nonzero(query.mask)),
        at_risk=int(np.count_nonzero(query.mask & sight.stands.risky)),
        revenue=_revenue(sight.accounts, query.mask, rates_in_force(session)) if scope.sees_revenue else (),
        wave=waves[0].slug if waves else "",
        before=waves[1].slug if len(waves) > 1 else "",
        newer=found.newer,
        policy=at.policy.version,
        parent=parent_name(session, wish.filters, scope=scope),
        wanted=wish,
        choices=_choices(sight),
        after=after,
    )


def _lines(
    session: Session, at: Standpoint, ids: Sequence[int], *, with_groups: bool
) -> tuple[AccountLine, ...]:
    """The accounts of one page in its order."""
    if not ids:
        return ()
    rows = rows_of(session, at, ids)
    before = _segments_before(session, at, rows.values())
    groups = groups_of(session, ids, at=at) if with_groups else {}
    return tuple(account_line(rows[one], at, before.get(one, ""), groups.get(one)) for one in ids)


def _segments_before(
    session: Session, at: Standpoint, rows: Iterable[Row[*tuple[Any, ...]]]
) -> dict[int, str]:
    """Where the accounts of a page stood in the wave before that this one has not heard."""
    silent = [row.id for row in rows if row.segment in (SILENT, NOT_ASKED)]
    if not at.wave.before_id or not silent:
        return {}
    narrowed = (Score.wave_id == at.wave.before_id, Score.account_id.in_(silent))
    stood = standings(at.scope, *narrowed, policy=at.policy)
    found = session.execute(select(stood.c.account_id, stood.c.segment))
    return {row.account_id: row.segment for row in found}


def _revenue(accounts: AccountColumns, which: Mask, rates: Rates) -> tuple[Money, ...]:
    """The sums, converted where there are rates, the larger first among those that are not."""
    currency, known = accounts.dimensions["currency"], which & (accounts.revenue_cents != UNKNOWN)
    codes = currency.codes[known]
    sums, counts = np.zeros(len(currency.values), np.int64), np.bincount(codes)
    # Added as whole numbers: cents are never rounded.
    np.add.at(sums, codes, accounts.revenue_cents[known])
    told = told_in(
        (
            Money(currency.values[at], int(sums[at]), int(counts[at]))
            for at in np.flatnonzero(counts).tolist()
        ),
        rates,
    )
    return tuple(sorted(told, key=lambda one: (one.currency != rates.reporting, -one.cents, one.currency)))


def _choices(sight: Sight) -> Choices:
    """The values of the filters, as they occur among the accounts that the reader sees."""
    managers = _occurring(sight, "manager")
    named = sorted(filter(itemgetter(0), managers), key=lambda one: (one[1].casefold(), one[0]))
    nobody = [(NO_MANAGER, str(_("Nobody")))] if len(named) < len(managers) else []
    regions, tiers = (sorted(filter(itemgetter(0), _occurring(sight, name))) for name in ("region", "tier"))
    return Choices(tuple(regions), tuple(tiers), (*named, *nobody))


def _occurring(sight: Sight, name: str) -> list[Choice]:
    of = sight.accounts.dimensions[name]
    codes = np.unique(of.codes[sight.seen]).tolist()
    return [(of.values[code], of.labels[code]) for code in codes]
