"""One call: the number, the local time, what to say; and what came of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from surveyd.base.clock import system_now, zone_named
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution import call_claims, call_lists, calls
from surveyd.distribution.call_claims import Overtaken
from surveyd.distribution.call_lists import Day
from surveyd.distribution.call_models import CallState
from surveyd.distribution.call_owners import Colleague, colleagues_for
from surveyd.distribution.call_script import Lines, Names, Why, lines_for
from surveyd.distribution.calls import AttemptLine, CallView
from surveyd.people.models import StaffRole
from surveyd.reports.interview import Said, said_before
from surveyd.web.access import reader
from surveyd.web.staff.call_handing import Standing, standing_of
from surveyd.web.staff.call_moved import moved_words
from surveyd.web.staff.call_outcomes import (
    AT_ONCE,
    FINAL,
    SAID,
    OutcomeForm,
    record_outcome,
    sent_outcome,
)
from surveyd.web.staff.calls import kept_of, midnight, to_call, wish_for_calls
from surveyd.web.staff.frame import bp

FACTS = {
    "country": lazy_gettext("Country"),
    "region": lazy_gettext("Region"),
    "business_unit": lazy_gettext("Business unit"),
    "branch": lazy_gettext("Branch"),
    "product_line": lazy_gettext("Product line"),
}


@dataclass(frozen=True, slots=True)
class CallPage:
    """One call, the form for what came of it, and the caller's day.

    `refused` and `meanwhile` tell who came late, `moved` when the call back comes that was promised before.
    """

    call: CallView
    day: Day
    kept: dict[str, Any]
    user_id: int
    form: OutcomeForm
    standing: Standing
    said: tuple[Said, ...] | None
    colleagues: tuple[Colleague, ...]
    refused: str = ""
    meanwhile: tuple[AttemptLine, ...] = ()
    moved: str = ""

    fact_words = FACTS
    at_once = AT_ONCE
    final = FINAL

    @property
    def lines(self) -> Lines:
        """What to say, in the contact's language; how long it takes is said beside the questions."""
        row = self.call.row
        names = Names(reader().name, self.call.company, row.name, row.account, minutes=0)
        return lines_for(row.language, why=self._why, names=names)

    @property
    def _why(self) -> Why:
        row = self.call.row
        if row.back_at:
            return Why.BACK
        if row.asked_at:
            return Why.ASKED
        return Why.STARTED if row.started else Why.SILENT

    @property
    def is_open(self) -> bool:
        return self.call.state is CallState.OPEN

    @property
    def is_mine(self) -> bool:
        return self.call.row.claimed_by_id == self.user_id

    @property
    def is_taken(self) -> bool:
        return self.call.row.claimed_by_id not in (None, self.user_id)

    @property
    def was_colleague(self) -> bool:
        """Whether somebody else recorded an attempt meanwhile."""
        return any(line.by_id != self.user_id for line in self.meanwhile)

    @property
    def back_there(self) -> datetime | None:
        """When they asked to be called back, by the clock where they are."""
        row = self.call.row
        return row.back_at.astimezone(zone_named(row.time_zone)) if row.back_at else None

    @property
    def is_promised(self) -> bool:
        """Whether somebody else is to make this call, and has it not in hand."""
        return self.call.row.owner_id not in (None, self.user_id) and not self.is_taken

    @property
    def may_take(self) -> bool:
        """Whether the reader can take it over: what is promised, and an admin what is in hand."""
        return self.is_open and (self.is_promised or (self.is_taken and reader().role is StaffRole.ADMIN))

    def came(self, attempt: AttemptLine) -> object:
        """What came of an attempt."""
        return SAID[attempt.outcome]


@bp.get("/calls/<id:call_id>", endpoint="call")
def show_call(call_id: int) -> str:
    """One call: the number, the local time, what to say, what was tried."""
    return _show(replace(_load(call_id, OutcomeForm()), moved=moved_words()))


@bp.post("/calls/<id:call_id>/claim")
def claim_call(call_id: int) -> Response:
    """Take the call, so that no colleague dials the same number."""
    with writing() as session:
        call = calls.find_call(session, call_id, scope=reader().scope)
        call_claims.claim_call(session, call, by=reader().user_id, system_now=system_now())
    return to_call(call_id, wish_for_calls())


@bp.post("/calls/<id:call_id>/release")
def release_call(call_id: int) -> Response:
    """Put the call back onto the list."""
    with writing() as session:
        call = calls.find_call(session, call_id, scope=reader().scope)
        call_claims.release_call(session, call, by=reader().user_id)
    return redirect(url_for("staff.calls", **kept_of(wish_for_calls())), 303)


@bp.post("/calls/<id:call_id>/outcome")
def record_call(call_id: int) -> Response | tuple[str, int]:
    """Record what came of one attempt, and go on to the next person."""
    form = OutcomeForm(sent_outcome())
    page = _load(call_id, form)
    if not form.validate():
        return _show(page), 422
    try:
        return record_outcome(call_id, form)
    except Refused as refused:
        return _show(_late(_load(call_id, form), refused)), 409


def _late(page: CallPage, refused: Refused) -> CallPage:
    meanwhile = page.call.log[page.form.seen.data or 0 :] if isinstance(refused, Overtaken) else ()
    return replace(page, refused=str(refused), meanwhile=meanwhile)


def _load(call_id: int, form: OutcomeForm) -> CallPage:
    now, who = services().clock.now(), reader()
    with reading() as session:
        call = calls.view_call(session, call_id, scope=who.scope, now=now, system_now=system_now())
        day = call_lists.day_of(session, user_id=who.user_id, since=midnight(now, who.zone))
        said = said_before(session, call, scope=who.scope)
        found = calls.find_call(session, call_id, scope=who.scope)
        colleagues = tuple(colleagues_for(session, found, but=who.user_id))
    form.zone = zone_named(call.row.time_zone)
    kept = kept_of(wish_for_calls())
    return CallPage(call, day, kept, who.user_id, form, standing_of(call), said, colleagues)


def _show(page: CallPage) -> str:
    return render_template("staff/call.html", page=page)
