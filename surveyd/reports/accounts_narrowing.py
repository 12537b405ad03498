"""What narrows the list of accounts: each filter of its address as the accounts that it leaves.

A value that means nothing is no filter.
"""

import re
from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_

import numpy as np
from sqlalchemy import and_ as both
from sqlalchemy import select

from surveyd.people.access import visible_accounts
from surveyd.people.accounts import matching
from surveyd.people.families import below
from surveyd.people.models import Account
from surveyd.reports.accounts_states import EXPOSURES, PLACES, Sight
from surveyd.results.slices import CUSTOM, OF_ACCOUNTS
from surveyd.scoring.arrays import Mask
from surveyd.scoring.flags import Flag

AT_RISK = "at_risk"
"""The accounts at high risk, and those with a decision maker who is: as company health counts them."""
NO_MANAGER = "none"
NOT_ASKED, NOBODY_ANSWERED, SOME_ANSWERED, ALL_ANSWERED = "not_asked", "nobody", "some", "all"
RESPONSE_STATES = (NOT_ASKED, NOBODY_ANSWERED, SOME_ANSWERED, ALL_ANSWERED)
WITH_GROUPS, PARENTS = "with", "parents"
"""Whether parents show their groups, and whether the list holds nothing but parents."""
ID = re.compile(r"[1-9][0-9]{0,17}")


def wanted_accounts(wishes: Mapping[str, str], search: str, sight: Sight) -> Mask:
    """The accounts that the reader sees and the wishes of an address leave."""
    found = [sight.seen]
    if search.strip():
        found.append(sight.which(matching(sight.scope, search)))
    for name, value in wishes.items():
        narrow = _of_dimension(name) if name.startswith(CUSTOM) else NARROWING.get(name)
        if value and narrow and (left := narrow(value, sight)) is not None:
            found.append(left)
    return reduce(and_, found)


def id_of(text: str) -> int:
    """The id that an address names, 0 for what is none."""
    return int(text) if ID.fullmatch(text) else 0


def _manager(value: str, sight: Sight) -> Mask | None:
    return sight.accounts.dimensions["manager"].has(["" if value == NO_MANAGER else value])


def _segment(value: str, sight: Sight) -> Mask | None:
    if value == AT_RISK:
        return sight.stands.at_risk
    return sight.stands.stood(value) if value in PLACES else None


def _flag(value: str, sight: Sight) -> Mask | None:
    return sight.flagged(Flag(value)) if value in set(Flag) else None


def _response(value: str, sight: Sight) -> Mask | None:
    if value not in RESPONSE_STATES:
        return None
    invited, answered = sight.stands.invited, sight.stands.answered
    found: dict[str, Mask] = {
        NOT_ASKED: invited == 0,
        NOBODY_ANSWERED: (invited > 0) & (answered == 0),
        SOME_ANSWERED: (answered > 0) & (answered < invited),
        ALL_ANSWERED: (invited > 0) & (answered >= invited),
    }
    return found[value]


def _group(value: str, sight: Sight) -> Mask | None:
    return np.isin(sight.accounts.ids, sight.accounts.parent_id) if value == PARENTS else None


def _parent(value: str, sight: Sight) -> Mask | None:
    """The accounts of a group, its head among them; of no group for a head out of sight."""
    tree = below(both(Account.id == id_of(value), visible_accounts(sight.scope)))
    return sight.which(Account.id.in_(select(tree.c.account_id)))


def _state(value: str, sight: Sight) -> Mask | None:
    """Where their revenue stands."""
    return sight.stands_at(value) if value in EXPOSURES else None


def _before(value: str, sight: Sight) -> Mask | None:
    """Where they stood in the wave before."""
    return sight.before.stood(value) if value in PLACES else None


def _of_dimension(name: str) -> Callable[[str, Sight], Mask | None]:
    """The accounts with one value of a dimension; nobody has one that there is none of."""

    def narrow(value: str, sight: Sight) -> Mask | None:
        found = sight.accounts.dimensions.get(name)
        return np.zeros(sight.whole.size, dtype=np.bool_) if found is None else found.has([value])

    return narrow


NARROWING: Mapping[str, Callable[[str, Sight], Mask | None]] = {
    **{name: _of_dimension(name) for name in OF_ACCOUNTS},
    "segment": _segment,
    "flag": _flag,
    "response": _response,
    "manager": _manager,
    "group": _group,
    "parent": _parent,
    "state": _state,
    "before": _before,
}
FILTERS = (*NARROWING, "wave", "since")
"""What the address of the list may say beside its order: what narrows it, and the waves that it is about.

The company's own dimensions are further filters, each by its name with CUSTOM before it.
"""
