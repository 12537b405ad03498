"""What was called: a day or some weeks, by person and by wave; who calls sees their own."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from surveyd.base.clock import from_local
from surveyd.base.database import reading
from surveyd.base.services import services
from surveyd.distribution.call_figures import TeamFigures, figures_between
from surveyd.people.access import Reach
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp

MOST_DAYS = 31


@dataclass(frozen=True, slots=True)
class CallFiguresPage:
    """The figures of some days; `is_own` for who sees nobody else's."""

    figures: TeamFigures
    first: date
    last: date
    is_own: bool

    @property
    def title(self) -> str:
        """The page's answer."""
        whole = self.figures.all
        if not whole.attempts:
            return _("Nobody was called")
        return ngettext(
            "1 attempt, %(reached)s reached, %(completed)s completed",
            "%(n)s attempts, %(reached)s reached, %(completed)s completed",
            whole.attempts,
            n=number(whole.attempts),
            reached=number(whole.reached),
            completed=number(whole.completed),
        )


@bp.get("/calls/figures", endpoint="call_figures")
def show_call_figures() -> str:
    """What was called from one day to another, today without a wish."""
    who = reader()
    today = services().clock.now().astimezone(who.zone).date()
    first = _day("from", today)
    last = min(max(_day("to", first), first), first + timedelta(MOST_DAYS - 1))
    start, end = (from_local(datetime.combine(day, time()), who.zone) for day in (first, last + timedelta(1)))
    with reading() as session:
        figures = figures_between(session, start, end, scope=who.scope)
    is_own = who.scope.reach in (Reach.CALLS, Reach.OWN_ACCOUNTS)
    return render_template("staff/call_figures.html", page=CallFiguresPage(figures, first, last, is_own))


def _day(name: str, otherwise: date) -> date:
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return otherwise
    return day if date(2000, 1, 1) < day < date(2100, 1, 1) else otherwise
