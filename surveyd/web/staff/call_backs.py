"""The calendar of call backs: a day or a week, mine or the team's."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from surveyd.base.clock import from_local, zone_named
from surveyd.base.database import reading
from surveyd.distribution.call_calendar import call_backs, late_call_backs
from surveyd.distribution.calls import CallRow
from surveyd.people.access import Reach
from surveyd.web.access import reader
from surveyd.web.staff.calls import caller_now
from surveyd.web.staff.frame import bp

WEEK = 7
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
"""Days outside of these are no days of a calendar of ours."""


@dataclass(frozen=True, slots=True)
class CallDay:
    """One day by the reader's clock, with the calls that were promised for it."""

    day: date
    rows: tuple[CallRow, ...]


@dataclass(frozen=True, slots=True)
class CallBacksPage:
    """A day or a week of promised calls."""

    days: tuple[CallDay, ...]
    late: int
    first: date
    today: date
    is_week: bool
    is_team: bool
    may_see_team: bool
    user_id: int

    @property
    def count(self) -> int:
        return sum(len(day.rows) for day in self.days)

    @property
    def title(self) -> str:
        """The page's answer."""
        count = self.count
        if not count:
            return _("No call back is promised for this week") if self.is_week else _("No call back today")
        if self.is_week:
            return ngettext("1 call back this week", "%(num)s call backs this week", count)
        return ngettext("1 call back on this day", "%(num)s call backs on this day", count)

    @property
    def before(self) -> str:
        """The first day of the page before this one."""
        return (self.first - timedelta(days=len(self.days))).isoformat()

    @property
    def after(self) -> str:
        """The first day of the page after this one."""
        return (self.first + timedelta(days=len(self.days))).isoformat()

    def address(self, **changes: object) -> dict[str, str]:
        """The words of the address of this page with changes."""
        words: dict[str, object] = {
            "from": self.first.isoformat(),
            "span": "" if self.is_week else "day",
            "whose": "team" if self.is_team else "",
            **changes,
        }
        return {name: str(word) for name, word in words.items() if word}

    def there(self, call: CallRow) -> datetime:
        """When they are called, by the clock where they are."""
        return call.not_before.astimezone(zone_named(call.time_zone))

    def here(self, call: CallRow) -> datetime:
        """When they are called, by the reader's clock."""
        return call.not_before.astimezone(reader().zone)


@bp.get("/calls/backs", endpoint="call_backs")
def show_call_backs() -> str:
    """The call backs that were promised, by day."""
    who, caller = reader(), caller_now()
    today = caller.now.astimezone(who.zone).date()
    is_week = request.args.get("span") != "day"
    first = _day(request.args.get("from", ""), today)
    first = first - timedelta(days=first.weekday()) if is_week else first
    may_see_team = who.scope.reach in (Reach.ALL, Reach.CALLS)
    is_team = may_see_team and request.args.get("whose") == "team"
    days = [first + timedelta(days=number) for number in range(WEEK if is_week else 1)]
    edges = [from_local(datetime.combine(day, time()), who.zone) for day in (*days, days[-1] + timedelta(1))]
    with reading() as session:
        rows = call_backs(session, edges[0], edges[-1], caller=caller, mine=not is_team)
        late = late_call_backs(session, caller.now, caller=caller, mine=not is_team)
    shown = tuple(
        CallDay(day, tuple(row for row in rows if start <= row.not_before < end))
        for day, start, end in zip(days, edges, edges[1:], strict=False)
    )
    page = CallBacksPage(shown, late, first, today, is_week, is_team, may_see_team, who.user_id)
    return render_template("staff/call_backs.html", page=page)


def _day(asked: str, today: date) -> date:
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        return today
    return day if FIRST < day < LAST else today
