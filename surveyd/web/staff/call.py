"""One call: the number, the local time, what to say; and what came of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField, Form, IntegerField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from surveyd.base.clock import from_local, system_now, zone_named
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution import call_lists, calls
from surveyd.distribution.call_lists import Day
from surveyd.distribution.calls import AttemptLine, CallView, Overtaken
from surveyd.distribution.models import CallOutcome, CallState
from surveyd.web.access import reader
from surveyd.web.staff.calls import caller_now, kept_of, midnight, to_call, wish_for_calls
from surveyd.web.staff.frame import bp

AT_ONCE = {
    CallOutcome.NO_ANSWER: lazy_gettext("No answer"),
    CallOutcome.LEFT_MESSAGE: lazy_gettext("Left a message"),
}
"""What one press records: the call comes back by itself."""
FINAL = {
    CallOutcome.REACHED: lazy_gettext("reached, will answer by mail"),
    CallOutcome.WRONG_NUMBER: lazy_gettext("wrong number"),
    CallOutcome.DECLINED: lazy_gettext("does not want to answer"),
}
"""What ends the call: chosen first, then recorded."""
SAID = {
    CallOutcome.REACHED: lazy_gettext("reached"),
    CallOutcome.NO_ANSWER: lazy_gettext("no answer"),
    CallOutcome.LEFT_MESSAGE: lazy_gettext("left a message"),
    CallOutcome.CALL_BACK: lazy_gettext("call back"),
    CallOutcome.WRONG_NUMBER: lazy_gettext("wrong number"),
    CallOutcome.DECLINED: lazy_gettext("declined"),
    CallOutcome.COMPLETED: lazy_gettext("answered the questions"),
}
BY_HAND = (*AT_ONCE, CallOutcome.CALL_BACK, *FINAL)
"""What can be recorded by hand; that a call was completed is recorded by its answers."""


class OutcomeForm(Form):
    """What came of one attempt. `seen` counts the attempts that stood on the page.

    `call_back_at` is the wall clock where the contact is; the view says which `zone` that is.
    """

    zone: ZoneInfo

    seen = IntegerField(validators=[Optional(), NumberRange(0, 1_000_000)])
    outcome = RadioField(
        choices=[SelectChoice(outcome.value, SAID[outcome]) for outcome in BY_HAND],
        validators=[InputRequired(lazy_gettext("Choose what came of the call."))],
    )
    call_back_at = DateTimeLocalField(validators=[Optional()], format="%Y-%m-%dT%H:%M")
    note = TextAreaField(
        validators=[Length(max=calls.NOTE_LIMIT, message=lazy_gettext("Shorten the note a little."))]
    )

    def validate_outcome(self, field: RadioField) -> None:
        """A call back needs a time."""
        if field.data == CallOutcome.CALL_BACK and self.call_back_at.data is None:
            raise ValidationError(lazy_gettext("Say when to call back."))

    def validate_call_back_at(self, field: DateTimeLocalField) -> None:
        """The first and the last day of all time are no instants everywhere."""
        try:
            self.instant(field.data)
        except (OverflowError, ValueError) as error:
            raise ValidationError(lazy_gettext("Say a time in the next weeks.")) from error

    def instant(self, wall: datetime | None) -> datetime | None:
        """The instant of a wall clock where the contact is. Raises OverflowError outside of all time."""
        return from_local(wall, self.zone) if wall else None

    @property
    def facts(self) -> tuple[CallOutcome, str, datetime | None]:
        """What is recorded: the outcome, the note, and when to call back."""
        outcome = CallOutcome(self.outcome.data)
        wall = self.call_back_at.data if outcome is CallOutcome.CALL_BACK else None
        return outcome, calls.clean_note(self.note.data or ""), self.instant(wall)


@dataclass(frozen=True, slots=True)
class CallPage:
    """One call, the form for what came of it, and the caller's day.

    `refused` and `meanwhile` tell who came late.
    """

    call: CallView
    day: Day
    kept: dict[str, Any]
    user_id: int
    form: OutcomeForm
    refused: str = ""
    meanwhile: tuple[AttemptLine, ...] = ()

    at_once = AT_ONCE
    final = FINAL

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

    def said(self, attempt: AttemptLine) -> object:
        """What came of an attempt."""
        return SAID[attempt.outcome]


@bp.get("/calls/<id:call_id>", endpoint="call")
def show_call(call_id: int) -> str:
    """One call: the number, the local time, what to say, what was tried."""
    return _show(_load(call_id, OutcomeForm()))


@bp.post("/calls/<id:call_id>/claim")
def claim_call(call_id: int) -> Response:
    """Take the call, so that no colleague dials the same number."""
    with writing() as session:
        call = calls.find_call(session, call_id)
        calls.claim_call(session, call, by=reader().user_id, system_now=system_now())
    return to_call(call_id, wish_for_calls())


@bp.post("/calls/<id:call_id>/release")
def release_call(call_id: int) -> Response:
    """Put the call back onto the list."""
    with writing() as session:
        calls.release_call(session, calls.find_call(session, call_id), by=reader().user_id)
    return redirect(url_for("staff.calls", **kept_of(wish_for_calls())), 303)


@bp.post("/calls/<id:call_id>/outcome")
def record_call(call_id: int) -> Response | tuple[str, int]:
    """Record what came of one attempt, and go on to the next person."""
    form = OutcomeForm(_sent())
    page = _load(call_id, form)
    if not form.validate():
        return _show(page), 422
    outcome, note, back = form.facts
    caller, wish = caller_now(), wish_for_calls()
    now, by, ours = caller.now, caller.user_id, caller.system_now
    try:
        with writing() as session:
            call, seen = calls.find_call(session, call_id), form.seen.data
            calls.record(
                session,
                call,
                outcome,
                now=now,
                system_now=ours,
                by=by,
                note=note,
                call_back_at=back,
                seen=seen,
            )
    except Refused as refused:
        late = _late(_load(call_id, form), refused)
        if not _is_done(late):
            return _show(late), 409
    with writing() as session:
        following = call_lists.claim_next(session, wanted=wish, caller=caller)
    return to_call(following, wish)


def _late(page: CallPage, refused: Refused) -> CallPage:
    meanwhile = page.call.log[page.form.seen.data or 0 :] if isinstance(refused, Overtaken) else ()
    return replace(page, refused=str(refused), meanwhile=meanwhile)


def _is_done(late: CallPage) -> bool:
    # The same form was sent twice: it is recorded once.
    tried = [(line.by_id, line.outcome, line.note, line.call_back_at) for line in late.meanwhile]
    return (late.user_id, *late.form.facts) in tried


def _sent() -> MultiDict[str, str]:
    # A button that records at once counts for more than what was chosen before.
    sent = request.form.copy()
    if sent.get("at_once"):
        sent.setlist("outcome", [sent["at_once"]])
    return sent


def _load(call_id: int, form: OutcomeForm) -> CallPage:
    now, who = services().clock.now(), reader()
    with reading() as session:
        call = calls.view_call(session, call_id, now=now, system_now=system_now())
        day = call_lists.day_of(session, user_id=who.user_id, since=midnight(now, who.zone))
    form.zone = zone_named(call.row.time_zone)
    return CallPage(call, day, kept_of(wish_for_calls()), who.user_id, form)


def _show(page: CallPage) -> str:
    return render_template("staff/call.html", page=page)
