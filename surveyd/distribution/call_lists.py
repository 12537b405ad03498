"""The call list as the people on the telephone work through it: narrowed, sorted, and whom to call next.

Whether somebody can be called now hangs on their zone and on the program's hours. Both have few values, so
they are read once and become a condition: the database sorts and pages.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from surveyd.base.clock import zone_named
from surveyd.base.errors import Refused
from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.distribution.cadence import Window
from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome, CallState
from surveyd.distribution.calls import CallRow, call_row, call_rows, claim_call, find_call
from surveyd.distribution.models import Invitation, Program, Wave
from surveyd.distribution.wish_models import Wish, WishKind
from surveyd.people.models import Account, Contact

SORTS = ("best", "waiting", "account", "tries")
FILTERS = ("show", "region", "wave", "language")
TALKED = (CallOutcome.REACHED, CallOutcome.DECLINED, CallOutcome.COMPLETED)
"""Outcomes of attempts in which the person was spoken to."""
CANDIDATES = 5


class Show(StrEnum):
    """Which calls a list shows; without a wish all that are open."""

    NOW = "now"
    MINE = "mine"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and when: `now` is the program's time, `system_now` that of claims."""

    user_id: int
    now: datetime
    system_now: datetime


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


@dataclass(frozen=True, slots=True)
class Day:
    """One caller's day in figures."""

    attempts: int
    reached: int
    completed: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What the list can be narrowed to."""

    regions: tuple[str, ...]
    waves: tuple[str, ...]
    languages: tuple[str, ...]


def search_calls(session: Session, *, wanted: Wanted, caller: Caller) -> CallList:
    """The wanted page of the open calls. Raises Refused for a broken key."""
    hours = _Hours(session, wanted, caller)
    where = [Call.state == CallState.OPEN, *_narrowed(wanted, caller), _at_hand(wanted, hours)]
    page = slice_of(session, call_rows().where(*where), _order(wanted, hours, caller), after=wanted.after)
    counted = select(func.count(), func.count(case((hours.ready, 1)))).select_from(Call)
    count, ready = session.execute(_joined(counted).where(*where)).one()
    rows = (call_row(row, now=caller.now, system_now=caller.system_now) for row in page.rows)
    return CallList(tuple(rows), page.after, count, ready, hours.next_at)


def claim_next(session: Session, *, wanted: Wanted, caller: Caller) -> int | None:
    """Claim the best call that can be made now and return its id, or None when there is none.

    Who has a claim already gets that call again. Of two callers at once each gets another call.
    """
    hours = _Hours(session, wanted, caller)
    where = [Call.state == CallState.OPEN, *_narrowed(wanted, caller), _at_hand(wanted, hours)]
    order = _rank(hours, caller)
    best = _joined(select(Call.id).select_from(Call)).where(*where, order <= LAST_READY)
    candidates: list[int] = list(session.scalars(best.order_by(order, Call.id).limit(CANDIDATES)))
    for call_id in candidates:
        try:
            claim_call(session, find_call(session, call_id), by=caller.user_id, system_now=caller.system_now)
        except Refused:
            continue  # a colleague was faster
        return call_id
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


def choices(session: Session) -> Choices:
    """The regions, waves and languages of the people who are to be called."""
    there = _joined(select(Account.region, Wave.slug, Invitation.language).select_from(Call)).distinct()
    rows = session.execute(there.where(Call.state == CallState.OPEN)).all()
    regions, waves, languages = ({row[place] for row in rows} for place in range(3))
    return Choices(tuple(sorted(regions - {""})), tuple(sorted(waves)), tuple(sorted(languages)))


class _Hours:
    """Where it is working time: `ready` is true of calls that can be made now and that nobody has claimed.

    `next_at` is when it next is for anybody that the list was narrowed to, claimed or not.
    """

    def __init__(self, session: Session, wanted: Wanted, caller: Caller) -> None:
        listed = func.min(case((and_(*_narrowed(wanted, caller)), Call.not_before)))
        window = (Program.window_start, Program.window_end, Program.workdays_only)
        zones = session.execute(
            _joined(select(Program.id, Invitation.time_zone, *window, listed))
            .where(Call.state == CallState.OPEN)
            .group_by(Program.id, Invitation.time_zone, *window)
        )
        open_now: dict[int, list[str]] = {}
        opening = []
        for program, time_zone, start, end, workdays_only, earliest in zones:
            hours, zone = Window(start, end, workdays_only), zone_named(time_zone)
            if earliest is not None:
                opening.append(hours.opens(max(caller.now, earliest), zone))
            if hours.opens(caller.now, zone) == caller.now:
                open_now.setdefault(program, []).append(time_zone)
        self.next_at = min(opening, default=None)
        at_work = [
            and_(Program.id == key, Invitation.time_zone.in_(names)) for key, names in open_now.items()
        ]
        self.free = or_(Call.claimed_until.is_(None), Call.claimed_until < caller.system_now)
        self.ready = and_(or_(false(), *at_work), Call.not_before <= caller.now, self.free)


MINE, BACK, STARTED, READY, LATER_BACK, LATER, TAKEN = range(7)
"""The order of the best: my own claims, call-backs that are due, who has begun to answer, and so on.

Who asked on their page to be called stands with the call-backs.
"""
LAST_READY = READY


def _rank(hours: _Hours, caller: Caller) -> ColumnElement[int]:
    wish = aliased(Wish)
    asked = exists().where(wish.invitation_id == Call.invitation_id, wish.kind == WishKind.CALL)
    is_back = or_(Call.outcome == CallOutcome.CALL_BACK, asked)
    return case(
        (_mine(caller), MINE),
        (~hours.free, TAKEN),
        (and_(hours.ready, is_back), BACK),
        (and_(hours.ready, Invitation.started_at.is_not(None)), STARTED),
        (hours.ready, READY),
        (is_back, LATER_BACK),
        else_=LATER,
    )


def _order(wanted: Wanted, hours: _Hours, caller: Caller) -> Order:
    by: dict[str, ColumnElement[Any]] = {
        "waiting": Call.not_before.expression,
        "account": Account.name.expression,
        "tries": Call.attempts.expression,
    }
    return Order(by.get(wanted.column, _rank(hours, caller)), Call.id.expression, wanted.descends)


def _narrowed(wanted: Wanted, caller: Caller) -> list[ColumnElement[bool]]:
    """What was asked for, but for the hours: see `_at_hand`."""
    asked = wanted.filters
    equal = {"region": Account.region, "wave": Wave.slug, "language": Invitation.language}
    same = [column == asked[name] for name, column in equal.items() if asked.get(name)]
    return [_matching(wanted.search), _shown(asked.get("show", ""), caller), *same]


def _matching(search: str) -> ColumnElement[bool]:
    if not search:
        return true()
    names = (Contact.name, Account.name, Contact.external_id)
    return or_(*(name.icontains(search, autoescape=True) for name in names))


def _at_hand(wanted: Wanted, hours: _Hours) -> ColumnElement[bool]:
    return hours.ready if wanted.filters.get("show") == Show.NOW else true()


def _shown(show: str, caller: Caller) -> ColumnElement[bool]:
    match show:
        case Show.MINE:
            return _mine(caller)
        case Show.BACK:
            return Call.outcome == CallOutcome.CALL_BACK
        case _:
            return true()


def _mine(caller: Caller) -> ColumnElement[bool]:
    return and_(Call.claimed_by_id == caller.user_id, Call.claimed_until >= caller.system_now)


def _joined(query: Any) -> Any:
    return (
        query.join(Invitation, Invitation.id == Call.invitation_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Contact.account_id)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Program, Program.id == Wave.program_id)
    )
