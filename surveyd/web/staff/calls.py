"""The call list: whom to phone, why and when; and the next person for whoever is ready to dial."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from werkzeug.wrappers import Response

from surveyd.base.clock import from_local, system_now, zone_named
from surveyd.base.database import reading, writing
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution import call_lists
from surveyd.distribution.cadence import call_days
from surveyd.distribution.call_hours import Caller
from surveyd.distribution.call_lists import CallList, Day, Show
from surveyd.distribution.calls import CallRow
from surveyd.web.access import reader
from surveyd.web.filters import language
from surveyd.web.staff.call_moved import moved_words
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import address_of, wanted

Filter = tuple[str, str, list[tuple[str, object]]]
"""A filter of the address: its name, its label, and its choices as (value, name)."""

USUAL = "best"
SHOWN = {
    Show.NOW: lazy_gettext("Can be called now"),
    Show.MINE: lazy_gettext("My claims"),
    Show.BACK: lazy_gettext("Call-backs"),
}


@dataclass(frozen=True, slots=True)
class CallsPage:
    """The call list and the reader's day."""

    found: CallList
    day: Day
    wanted: Wanted
    now: datetime
    user_id: int
    moved: str = ""
    call_days: tuple[int, ...] = ()

    @property
    def when_they_come(self) -> str:
        """When people come onto an empty list."""
        if not self.call_days:
            return _("No wave calls anybody: add a call to the steps of a program.")
        return ngettext(
            "They come on day %(days)s of a wave, and go as soon as they answer.",
            "They come on days %(days)s of a wave, and go as soon as they answer.",
            len(self.call_days),
            days=", ".join(map(str, self.call_days)),
        )

    @property
    def title(self) -> str:
        """The page's answer."""
        count, ready = self.found.count, self.found.ready
        if not count:
            return _("Nobody is to be called")
        return ngettext(
            "%(num)s person is to be called, %(ready)s of them now",
            "%(num)s people are to be called, %(ready)s of them now",
            count,
            ready=ready,
        )

    @property
    def filters(self) -> list[Filter]:
        """What the list can be narrowed by, where there is a choice."""
        choices = self.found.choices
        found: list[Filter] = [("show", _("Show"), [(show.value, words) for show, words in SHOWN.items()])]
        for name, label, values in (
            ("region", _("Region"), choices.regions),
            ("wave", _("Wave"), choices.waves),
        ):
            if len(values) > 1 or self.wanted.filters[name]:
                found.append((name, label, [(value, value) for value in values]))
        if len(choices.languages) > 1 or self.wanted.filters["language"]:
            spoken: list[tuple[str, object]] = [(code, language(code)) for code in choices.languages]
            found.append(("language", _("Language"), spoken))
        return found

    @property
    def kept(self) -> dict[str, Any]:
        """The words of an address that go along while somebody works through this list."""
        return kept_of(self.wanted)

    def there(self, call: CallRow) -> datetime | None:
        """When they asked to be called back, by the clock where they are."""
        return call.back_at.astimezone(zone_named(call.time_zone)) if call.back_at else None


@bp.get("/calls", endpoint="calls")
def show_calls() -> str:
    """The people who are to be called, the best to call next first."""
    wish, caller = wish_for_calls(), caller_now()
    with reading() as session:
        found = call_lists.search_calls(session, wanted=wish, caller=caller)
        day = call_lists.day_of(session, user_id=caller.user_id, since=midnight(caller.now, reader().zone))
        days = () if found.rows else call_days(session)
    page = CallsPage(found, day, wish, caller.now, caller.user_id, moved_words(), days)
    return render_template("staff/calls.html", page=page)


@bp.post("/calls/next")
def next_call() -> Response:
    """Claim the best person to call now, of those that the address narrows to, and open their page."""
    wish = wish_for_calls()
    with writing() as session:
        call_id = call_lists.claim_next(session, wanted=wish, caller=caller_now())
    return to_call(call_id, wish)


def to_call(call_id: int | None, wish: Wanted, *, moved: int | None = None) -> Response:
    """The way to a call, or to the list when there is none; what the list was narrowed to goes along.

    There it is said of the call `moved` when it comes back.
    """
    kept = kept_of(wish) | ({} if moved is None else {"moved": moved})
    if call_id is None:
        return redirect(url_for("staff.calls", **kept), 303)
    return redirect(url_for("staff.call", call_id=call_id, **kept), 303)


def kept_of(wish: Wanted) -> dict[str, Any]:
    """The words of an address by which the same people are called on; the usual order needs none."""
    return address_of(wish, sort="" if wish.sort == USUAL else wish.sort)


def wish_for_calls() -> Wanted:
    """What the address asks of the call list."""
    return wanted(sorts=call_lists.SORTS, filters=call_lists.FILTERS, sort=USUAL)


def caller_now() -> Caller:
    """The reader, who calls at this moment."""
    return Caller(reader().user_id, services().clock.now(), system_now(), reader().scope)


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When the reader's day began."""
    return from_local(datetime.combine(now.astimezone(zone).date(), time()), zone)
