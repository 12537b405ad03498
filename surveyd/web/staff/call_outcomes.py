"""What came of a call, as it is typed: on the call's own page, and beside the questions."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import DateTimeLocalField, Form, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from surveyd.base.clock import from_local
from surveyd.base.database import writing
from surveyd.base.services import services
from surveyd.distribution import calls
from surveyd.distribution.call_lists import Caller
from surveyd.distribution.calls import AttemptLine
from surveyd.distribution.excuses import WORDS_LIMIT, Excuse, Named, excuse
from surveyd.distribution.models import CallOutcome
from surveyd.distribution.refusals import take_refusal
from surveyd.distribution.wish_models import WhyNot
from surveyd.people.cells import read_address

NO_MORE = "no_more"
"""Chosen for who wants no more calls and no more mails: they decline, and are never asked again."""
NOT_ME = "not_me"
"""Chosen for who is not the right person to ask, and perhaps says who is."""
AT_ONCE = {
    CallOutcome.NO_ANSWER.value: lazy_gettext("No answer"),
    CallOutcome.LEFT_MESSAGE.value: lazy_gettext("Left a message"),
}
"""What one press records: the call comes back by itself."""
FINAL = {
    CallOutcome.REACHED.value: lazy_gettext("reached, will answer by mail"),
    CallOutcome.WRONG_NUMBER.value: lazy_gettext("wrong number"),
    CallOutcome.DECLINED.value: lazy_gettext("does not want to answer"),
    NOT_ME: lazy_gettext("is not the right person"),
    NO_MORE: lazy_gettext("wants no more calls and mails from us"),
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
BY_HAND = (*AT_ONCE, CallOutcome.CALL_BACK.value, *FINAL)
"""What can be recorded by hand; that a call was completed is recorded by its answers."""
NAME_LIMIT = 200
BESIDE = "call-"
"""What the fields' names begin with beside the questions: no item's id has a hyphen."""


def in_line(typed: str | None) -> str:
    """What was typed, on one line and without NUL, which no database stores."""
    return " ".join((typed or "").replace("\0", "").split())


class OutcomeForm(Form):
    """What came of one attempt. `seen` counts the attempts that stood on the page.

    `call_back_at` is the wall clock where the contact is; the view says which `zone` that is.
    """

    zone: ZoneInfo

    seen = IntegerField(validators=[Optional(), NumberRange(0, 1_000_000)])
    outcome = RadioField(
        choices=[SelectChoice(value, value) for value in BY_HAND],
        validators=[InputRequired(lazy_gettext("Choose what came of the call."))],
    )
    call_back_at = DateTimeLocalField(validators=[Optional()], format="%Y-%m-%dT%H:%M")
    note = TextAreaField(
        validators=[Length(max=calls.NOTE_LIMIT, message=lazy_gettext("Shorten the note a little."))]
    )

    colleague = StringField(
        filters=[in_line],
        validators=[Length(max=NAME_LIMIT, message=lazy_gettext("Shorten the name a little."))],
    )
    colleague_email = StringField(filters=[in_line])

    def validate_colleague(self, field: StringField) -> None:
        """Who is named by an address has a name."""
        if self.outcome.data == NOT_ME and self.colleague_email.data and not field.data:
            raise ValidationError(lazy_gettext("Say the name as well, or leave both empty."))

    def validate_colleague_email(self, field: StringField) -> None:
        """Who is named has an address, and it can be one."""
        if self.outcome.data != NOT_ME:
            return
        if self.colleague.data and not field.data:
            raise ValidationError(lazy_gettext("Ask for the address as well, or put the name into the note."))
        try:
            read_address(field.data or "")
        except ValueError as error:
            raise ValidationError(lazy_gettext("This is no e-mail address; read it back to them.")) from error

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
    def excuse(self) -> Excuse:
        """What who is not the right person said."""
        named = None
        if self.colleague.data:
            named = Named(self.colleague.data, read_address(self.colleague_email.data or ""))
        _outcome, note, _back = self.facts
        return Excuse(WhyNot.NOT_MY_SUBJECT, note[:WORDS_LIMIT], named)

    @property
    def typed_note(self) -> str:
        """The note as it can be kept, however long it is."""
        return calls.clean_note(self.note.data or "")[: calls.NOTE_LIMIT]

    @property
    def is_begun(self) -> bool:
        """Whether anything is typed or chosen that is not recorded yet."""
        fields = (self.note, self.colleague, self.colleague_email, self.outcome, self.call_back_at)
        return any(any(field.raw_data or ()) for field in fields)

    @property
    def facts(self) -> tuple[CallOutcome, str, datetime | None]:
        """What is recorded: the outcome, the note, and when to call back."""
        outcome = (
            CallOutcome.DECLINED if self.outcome.data in (NO_MORE, NOT_ME) else CallOutcome(self.outcome.data)
        )
        wall = self.call_back_at.data if outcome is CallOutcome.CALL_BACK else None
        return outcome, calls.clean_note(self.note.data or ""), self.instant(wall)


def sent_outcome(prefix: str = "") -> MultiDict[str, str]:
    """What was sent. A button that records at once counts for more than what was chosen before."""
    sent = request.form.copy()
    if at_once := sent.get(f"{prefix}at_once"):
        sent.setlist(f"{prefix}outcome", [at_once])
    return sent


def keep_outcome(call_id: int, form: OutcomeForm, *, caller: Caller) -> None:
    """Record what a valid form says, in a transaction of its own. Raises Refused as `calls.record` does."""
    outcome, note, back = form.facts
    now, ours, by = caller.now, caller.system_now, caller.user_id
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
        if form.outcome.data == NO_MORE:
            take_refusal(session, call, by=by, now=now)
        elif form.outcome.data == NOT_ME:
            domain = services().config.mail_domain
            excuse(session, call.invitation_id, form.excuse, now=now, mail_domain=domain)


def is_recorded(form: OutcomeForm, meanwhile: tuple[AttemptLine, ...], *, by: int) -> bool:
    """Whether this very outcome is among the attempts: the same form was sent twice, and counts once."""
    tried = [(line.by_id, line.outcome, line.note, line.call_back_at) for line in meanwhile]
    return (by, *form.facts) in tried
