"""The call list: whom to phone, why, and what came of it; and the questionnaire, filled in on the phone."""

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField, Form, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from surveyd.base.clock import from_local, system_now, zone_named
from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.distribution import calls
from surveyd.distribution.calls import CallRow, CallView
from surveyd.distribution.models import CallOutcome, CallState
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp

SHOWN = 100
OUTCOMES = {
    CallOutcome.REACHED: "reached, will answer by mail",
    CallOutcome.NO_ANSWER: "no answer",
    CallOutcome.CALL_BACK: "call back at another time",
    CallOutcome.WRONG_NUMBER: "wrong number",
    CallOutcome.DECLINED: "does not want to answer",
}
"""What can be recorded by hand; that a call was completed is recorded by its answers."""


class OutcomeForm(Form):
    """What came of one attempt. `call_back_at` is the wall clock where the contact is."""

    outcome = RadioField(
        choices=[SelectChoice(outcome.value, label) for outcome, label in OUTCOMES.items()],
        validators=[InputRequired("Choose what came of the call.")],
    )
    call_back_at = DateTimeLocalField(validators=[Optional()], format="%Y-%m-%dT%H:%M")
    note = TextAreaField(validators=[Length(max=calls.NOTE_LIMIT, message="Shorten the note a little.")])

    def validate_outcome(self, field: RadioField) -> None:
        """A call back needs a time."""
        if field.data == CallOutcome.CALL_BACK and self.call_back_at.data is None:
            raise ValidationError("Say when to call back.")


@dataclass(frozen=True, slots=True)
class CallsPage:
    """The call list."""

    calls: list[CallRow]
    now: datetime
    user_id: int

    @property
    def shown(self) -> list[CallRow]:
        """Whom to call first: nobody reads further down."""
        return self.calls[:SHOWN]

    @property
    def ready(self) -> int:
        return sum(row.callable_now for row in self.calls)

    @property
    def title(self) -> str:
        """The page's answer."""
        count = len(self.calls)
        if not count:
            return "Nobody is to be called"
        people = "1 person is to be called" if count == 1 else f"{count} people are to be called"
        return f"{people}, {self.ready} of them now"


@dataclass(frozen=True, slots=True)
class CallPage:
    """One call, and the form for what came of it."""

    call: CallView
    now: datetime
    user_id: int
    form: OutcomeForm

    @property
    def is_open(self) -> bool:
        return self.call.state is CallState.OPEN

    @property
    def is_mine(self) -> bool:
        return self.call.row.claimed_by_id == self.user_id

    @property
    def is_taken(self) -> bool:
        return self.call.row.claimed_by_id not in (None, self.user_id)


@bp.get("/calls", endpoint="calls")
def show_calls() -> str:
    """Everybody who is to be called, who can be called now first."""
    now = services().clock.now()
    with reading() as session:
        rows = calls.call_list(session, now=now, system_now=system_now())
    return render_template("staff/calls.html", page=CallsPage(rows, now, reader().user_id))


@bp.get("/calls/<id:call_id>", endpoint="call")
def show_call(call_id: int) -> str:
    """One call: the number, the local time, what to say, what was tried."""
    return _page(call_id, OutcomeForm())


@bp.post("/calls/<id:call_id>/claim")
def claim_call(call_id: int) -> Response:
    """Take the call, so that no colleague dials the same number."""
    with writing() as session:
        call = calls.find_call(session, call_id)
        calls.claim_call(session, call, by=reader().user_id, system_now=system_now())
    return redirect(url_for("staff.call", call_id=call_id), 303)


@bp.post("/calls/<id:call_id>/outcome")
def record_call(call_id: int) -> Response | tuple[str, int]:
    """Record what came of one attempt."""
    form = OutcomeForm(request.form)
    if not form.validate():
        return _page(call_id, form), 422
    now = services().clock.now()
    with writing() as session:
        call = calls.find_call(session, call_id)
        there = calls.view_call(session, call_id, now=now, system_now=system_now()).row.time_zone
        wall = form.call_back_at.data if form.outcome.data == CallOutcome.CALL_BACK else None
        calls.record(
            session,
            call,
            CallOutcome(form.outcome.data),
            now=now,
            system_now=system_now(),
            by=reader().user_id,
            note=form.note.data or "",
            call_back_at=from_local(wall, zone_named(there)) if wall else None,
        )
    return redirect(url_for("staff.calls"), 303)


def _page(call_id: int, form: OutcomeForm) -> str:
    now = services().clock.now()
    with reading() as session:
        call = calls.view_call(session, call_id, now=now, system_now=system_now())
    return render_template("staff/call.html", page=CallPage(call, now, reader().user_id, form))
