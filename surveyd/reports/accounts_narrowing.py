"""What narrows the list of accounts: each filter of its address as a condition.

A value that means nothing is no filter.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import ColumnElement, and_, func, or_, select

from surveyd.people.access import visible_accounts
from surveyd.people.families import below, is_parent
from surveyd.people.models import Account
from surveyd.reports.accounts_joined import WORST_FIRST, Joined
from surveyd.reports.accounts_states import EXPOSURES, PLACES, stands, stood
from surveyd.results.standing_flags import flag_conditions
from surveyd.scoring.flags import Flag
from surveyd.scoring.loyalty import Segment

AT_RISK = "at_risk"
"""The accounts at high risk, and those with a decision maker who is: as company health counts them."""
NO_MANAGER = "none"
NOT_ASKED, NOBODY_ANSWERED, SOME_ANSWERED, ALL_ANSWERED = "not_asked", "nobody", "some", "all"
RESPONSE_STATES = (NOT_ASKED, NOBODY_ANSWERED, SOME_ANSWERED, ALL_ANSWERED)
WITH_GROUPS, PARENTS = "with", "parents"
"""Whether parents show their groups, and whether the list holds nothing but parents."""
ID = re.compile(r"[1-9][0-9]{0,17}")
Condition = ColumnElement[bool] | None


def narrowed(wishes: Mapping[str, str], of: Joined) -> Iterator[ColumnElement[bool]]:
    """The conditions on `Account` rows that the wishes of an address make."""
    for name, value in wishes.items():
        if value and name in NARROWING:
            condition = NARROWING[name](value, of)
            if condition is not None:
                yield condition


def id_of(text: str) -> int:
    """The id that an address names, 0 for what is none."""
    return int(text) if ID.fullmatch(text) else 0


def _region(value: str, of: Joined) -> Condition:
    return Account.region == value


def _tier(value: str, of: Joined) -> Condition:
    return Account.tier == value


def _segment(value: str, of: Joined) -> Condition:
    if value == AT_RISK:
        high = of.segment == Segment.HIGH_RISK.value
        return or_(high, func.coalesce(of.said.c.deciders_at_risk, 0) > 0)
    return of.segment == value if value in WORST_FIRST else None


def _flag(value: str, of: Joined) -> Condition:
    if value not in set(Flag):
        return None
    at = of.at
    return flag_conditions(of.said, of.asked, at.wave, policy=at.policy, now=at.now)[Flag(value)]


def _manager(value: str, of: Joined) -> Condition:
    return Account.manager_id.is_(None) if value == NO_MANAGER else Account.manager_id == id_of(value)


def _response(value: str, of: Joined) -> Condition:
    if value not in RESPONSE_STATES:
        return None
    somebody_asked, somebody_answered = of.invited > 0, of.answered > 0
    return {
        NOT_ASKED: ~somebody_asked,
        NOBODY_ANSWERED: and_(somebody_asked, ~somebody_answered),
        SOME_ANSWERED: and_(somebody_answered, of.answered < of.invited),
        ALL_ANSWERED: and_(somebody_asked, of.answered >= of.invited),
    }[value]


def _group(value: str, of: Joined) -> Condition:
    return is_parent() if value == PARENTS else None


def _parent(value: str, of: Joined) -> Condition:
    """The accounts of a group, its head among them; of no group for a head out of sight."""
    tree = below(and_(Account.id == id_of(value), visible_accounts(of.at.scope)))
    return Account.id.in_(select(tree.c.account_id))


def _state(value: str, of: Joined) -> Condition:
    """Where their revenue stands."""
    return stands(value, at=of.at) if value in EXPOSURES else None


def _before(value: str, of: Joined) -> Condition:
    """Where they stood in the wave before."""
    return stood(value, at=of.at, wave_id=of.at.wave.before_id) if value in PLACES else None


NARROWING: Mapping[str, Callable[[str, Joined], Condition]] = {
    "region": _region,
    "tier": _tier,
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
"""What the address of the list may say beside its order: what narrows it, and the waves that it is about."""
