"""Whom to call first: the open calls in the order of the best, a few kinds one after another.

Each kind has an index that it is read by, so that the first page costs the same however long the list is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, cast, extract
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.base.keyset import BROKEN, Order, Slice, slice_of
from surveyd.distribution.call_hours import Caller, Hours, open_unsearched
from surveyd.distribution.call_models import Call, CallOutcome, CallState

PAGE = 50
READY_KINDS = 4
"""So many of the kinds can be called now."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """Some of the open calls, and what they are sorted by among themselves."""

    which: ColumnElement[bool]
    by: ColumnElement[Any]


def first_ranked(
    session: Session,
    query: Select[int],
    hours: Hours,
    caller: Caller,
    *,
    most: int,
    now_only: bool = False,
) -> list[int]:
    """The ids of the best of the open calls in `query`; `now_only` of those that can be made now."""
    found: list[int] = []
    kinds = _kinds(hours, caller)
    for kind in kinds[:READY_KINDS] if now_only else kinds:
        if len(found) < most:
            some = query.where(kind.which).order_by(kind.by, Call.id).limit(most - len(found))
            found += session.scalars(some)
    return found


def ranked_page(
    session: Session,
    query: Select[int],
    hours: Hours,
    caller: Caller,
    *,
    after: str = "",
    backwards: bool = False,
) -> Slice:
    """A page of the open calls in `query`, the best first, or last. Raises Refused for a broken key.

    The key names the kind at which the page before it ended, and the last row of it.
    """
    kinds = _kinds(hours, caller)[:: -1 if backwards else 1]
    begin, key = _read(after, len(kinds))
    rows: list[Row[*tuple[Any, ...]]] = []
    for place in range(begin, len(kinds)):
        kind = kinds[place]
        order = Order(kind.by, Call.id.expression, backwards)
        if len(rows) == PAGE:
            if session.execute(query.where(kind.which).limit(1)).first() is not None:
                return Slice(tuple(rows), f"{place}.")
            continue
        page = slice_of(session, query.where(kind.which), order, after=key, limit=PAGE - len(rows))
        key = ""
        rows += page.rows
        if page.after:
            return Slice(tuple(rows), f"{place}.{page.after}")
    return Slice(tuple(rows), "")


def in_my_hands(caller: Caller) -> ColumnElement[bool]:
    """The condition on calls that the caller has claimed."""
    return and_(Call.claimed_by_id == caller.user_id, Call.claimed_until >= caller.system_now)


def _kinds(hours: Hours, caller: Caller) -> Sequence[_Kind]:
    """My own claims; what I promised and is due; call backs that are due; whoever else can be called now.

    Then call backs and others that wait for their time, and last what is in a colleague's hands. Among those
    who can be called now, whoever asked to be called comes first, then who has begun to answer, then by the
    value of the account, the end of the wave and the tries: see `call_entries.weight_of`.
    """
    mine = in_my_hands(caller)
    is_open, few_open = Call.state == CallState.OPEN, open_unsearched()
    # A lapsed claim has a NULL that is no "false": what is compared is a word for each call.
    other = ~mine & Call.claimed_by_id.is_not(None) | Call.claimed_by_id.is_(None)
    own, back = Call.owner_id == caller.user_id, Call.outcome == CallOutcome.CALL_BACK
    not_own, not_back = (
        Call.owner_id.is_distinct_from(caller.user_id),
        Call.outcome.is_distinct_from(CallOutcome.CALL_BACK),
    )
    waits = and_(other, hours.free, ~hours.ready)
    due = Call.not_before.expression
    # Few are mine: sorted by more than an index has, they are read by whose they are.
    few = cast(extract("epoch", Call.not_before), BigInteger)
    return (
        _Kind(and_(few_open, mine), few),
        _Kind(and_(few_open, other, hours.ready, own), few),
        _Kind(and_(is_open, other, hours.ready, not_own, back), due),
        _Kind(and_(is_open, other, hours.ready, not_own, not_back), Call.weight.expression),
        _Kind(and_(is_open, waits, back), due),
        _Kind(and_(is_open, waits, not_back), due),
        _Kind(and_(is_open, other, ~hours.free), due),
    )


def _read(after: str, kinds: int) -> tuple[int, str]:
    place, dot, key = after.partition(".")
    if not after:
        return 0, ""
    if not (dot and place.isdecimal() and len(place) == 1 and int(place) < kinds):
        raise Refused(BROKEN)
    return int(place), key
