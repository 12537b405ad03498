"""The call list as the people on the telephone work through it: narrowed, sorted, and whom to call next."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from surveyd.base.keyset import Order, Slice, Wanted, slice_of
from surveyd.distribution.call_claims import try_claim
from surveyd.distribution.call_hours import Caller, Hours, read_hours
from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome, CallState
from surveyd.distribution.call_ranks import first_ranked, in_my_hands, ranked_page
from surveyd.distribution.calls import CallRow, call_row, call_rows, call_scope, find_call
from surveyd.distribution.days_off import calendars
from surveyd.distribution.models import Invitation, Wave
from surveyd.people.models import Account, Contact

BEST = "best"
SORTS = (BEST, "waiting", "account", "tries")
FILTERS = ("show", "region", "wave", "language")
TALKED = (CallOutcome.REACHED, CallOutcome.DECLINED, CallOutcome.COMPLETED, CallOutcome.CALL_BACK)
"""Outcomes of attempts in which the person was spoken to."""
CANDIDATES, ROUNDS = 5, 4
"""So many calls are tried at once, and so often, by somebody whose colleagues are faster each time."""


class Show(StrEnum):
    """Which calls a list shows; without a wish all that are open."""

    NOW = "now"
    MINE = "mine"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class CallList:
    """One page of the list; how many it has, how many of them can be called now, and when the next can be.

    `next_at` is by working time alone, of those that the list was narrowed to: when it has come and nobody
    is ready, all who can be called are claimed.
    """

    rows: tuple[CallRow, ...]
    after: str
    count: int
    ready: int
    next_at: datetime | None
    choices: "Choices"


@dataclass(frozen=True, slots=True)
class Day:
    """One caller's day in figures."""

    attempts: int
    reached: int
    completed: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What the list can be narrowed to."""

    regions: tuple[str, ...] = ()
    waves: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


def search_calls(session: Session, *, wanted: Wanted, caller: Caller) -> CallList:
    """The wanted page of the open calls. Raises Refused for a broken key."""
    narrowed = _narrowed(wanted, caller)
    hours = read_hours(session, narrowed, caller)
    query = _open(narrowed, caller).where(_at_hand(wanted, hours))
    if wanted.column == BEST:
        page = ranked_page(session, query, hours, caller, after=wanted.after, backwards=wanted.descends)
    else:
        page = _sorted(session, query, wanted)
    count = hours.count_ready if wanted.filters.get("show") == Show.NOW else hours.count
    return CallList(
        rows=tuple(_lines(session, [row.id for row in page.rows], caller)),
        after=page.after,
        count=count,
        ready=hours.count_ready,
        next_at=hours.next_at,
        choices=Choices(_regions(session), hours.waves, hours.languages),
    )


def best_calls(session: Session, *, wanted: Wanted, caller: Caller, most: int) -> list[CallRow]:
    """The first of the open calls that are wanted, the best first, also those that wait for their hour."""
    narrowed = _narrowed(wanted, caller)
    hours = read_hours(session, narrowed, caller)
    query = _open(narrowed, caller).where(_at_hand(wanted, hours))
    return _lines(session, first_ranked(session, query, hours, caller, most=most), caller)


def claim_next(session: Session, *, wanted: Wanted, caller: Caller) -> int | None:
    """Claim the best call that can be made now and return its id, or None when there is none.

    Who has a claim already gets that call again. Of two callers at once each gets another person.
    """
    narrowed, tried = _narrowed(wanted, caller), list[int]()
    for _ in range(ROUNDS):
        hours = read_hours(session, narrowed, caller)
        query = _open(narrowed, caller).where(Call.id.not_in(tried))
        candidates = first_ranked(session, query, hours, caller, most=CANDIDATES, now_only=True)
        for call_id in candidates:
            call = find_call(session, call_id, scope=caller.scope)
            if try_claim(session, call, by=caller.user_id, system_now=caller.system_now):
                return call_id
        if not candidates:
            break
        tried += candidates
    return None


def day_of(session: Session, *, user_id: int, since: datetime) -> Day:
    """What a caller has done since `since`, the beginning of their day."""
    talked = case((CallAttempt.outcome.in_(TALKED), 1))
    completed = case((CallAttempt.outcome == CallOutcome.COMPLETED, 1))
    row = session.execute(
        select(func.count(), func.count(talked), func.count(completed)).where(
            CallAttempt.user_id == user_id, CallAttempt.at >= since
        )
    ).one()
    return Day(*row)


def _open(narrowed: ColumnElement[bool] | None, caller: Caller) -> Select[int]:
    """The calls of the list, but for that they are open: by what those are found hangs on the order."""
    open_calls = select(Call.id).where(call_scope(caller.scope))
    return open_calls if narrowed is None else open_calls.where(narrowed)


def _sorted(session: Session, query: Select[int], wanted: Wanted) -> Slice:
    by: dict[str, ColumnElement[Any]] = {
        "waiting": Call.not_before.expression,
        "account": Account.name.expression,
        "tries": Call.attempts.expression,
    }
    if wanted.column == "account":
        query = query.join(Invitation, Invitation.id == Call.invitation_id)
        query = query.join(Account, Account.id == Invitation.account_id)
    order = Order(by[wanted.column], Call.id.expression, wanted.descends)
    return slice_of(session, query.where(Call.state == CallState.OPEN), order, after=wanted.after)


def _lines(session: Session, ids: list[int], caller: Caller) -> list[CallRow]:
    """The calls of one page in its order."""
    found = {row.Call.id: row for row in session.execute(call_rows().where(Call.id.in_(ids)))}
    rows = (found[call_id] for call_id in ids if call_id in found)
    off = calendars(session, since=caller.now)
    return [call_row(row, off, now=caller.now, system_now=caller.system_now) for row in rows]


def _regions(session: Session) -> tuple[str, ...]:
    return tuple(
        session.scalars(
            select(Account.region).where(Account.region != "").distinct().order_by(Account.region)
        )
    )


def _narrowed(wanted: Wanted, caller: Caller) -> ColumnElement[bool] | None:
    """What was asked for, but for the hours (see `_at_hand`); None for everybody."""
    asked = wanted.filters
    found = [*_people(wanted), *_shown(asked.get("show", ""), caller)]
    if wave := asked.get("wave"):
        found.append(Call.wave_id.in_(select(Wave.id).where(Wave.slug == wave)))
    if language := asked.get("language"):
        found.append(Call.language == language)
    return and_(*found) if found else None


def _people(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Whose name, account or region was asked for: only then the other tables are read."""
    region, search = wanted.filters.get("region"), wanted.search
    if not (region or search):
        return []
    theirs = (
        select(Invitation.id)
        .where(Invitation.id == Call.invitation_id)
        .correlate(Call)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
    )
    if region:
        theirs = theirs.where(Account.region == region)
    if search:
        names = (Contact.name, Account.name, Contact.external_id)
        theirs = theirs.where(or_(*(name.icontains(search, autoescape=True) for name in names)))
    return [theirs.exists()]


def _at_hand(wanted: Wanted, hours: Hours) -> ColumnElement[bool]:
    return hours.ready if wanted.filters.get("show") == Show.NOW else true()


def _shown(show: str, caller: Caller) -> list[ColumnElement[bool]]:
    match show:
        case Show.MINE:
            return [or_(in_my_hands(caller), Call.owner_id == caller.user_id)]
        case Show.BACK:
            return [Call.outcome == CallOutcome.CALL_BACK]
        case _:
            return []
