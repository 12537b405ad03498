"""What came of a call, as it is typed and recorded: on the call's own page, and beside the questions."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField, Form, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from surveyd.base.clock import from_local
from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.distribution import call_attempts, call_lists, calls
from surveyd.distribution.answered_calls import log_late
from surveyd.distribution.barred_numbers import stop_phoning
from surveyd.distribution.call_claims import Overtaken
from surveyd.distribution.call_hours import Caller
from surveyd.distribution.call_models import Call, CallOutcome
from surveyd.distribution.call_owners import tell_wrong_number
from surveyd.distribution.excuses import WORDS_LIMIT, Excuse, Named, excuse
from surveyd.distribution.refusals import take_refusal
from surveyd.distribution.wish_models import WhyNot
from surveyd.people.cells import read_address
from surveyd.web.access import reader
from surveyd.web.staff.calls import caller_now, to_call, wish_for_calls

NO_MORE = "no_more"
"""Chosen for who wants no more calls and no more mails: they decline, and are never asked again."""
NO_CALLS = "no_calls"
"""Chosen for who wants no more calls, while mails are fine: nobody dials them or their number again."""
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
    CallOutcome.GONE.value: lazy_gettext("has left the company"),
    NO_CALLS: lazy_gettext("wants no more calls; mails are fine"),
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
    CallOutcome.GONE: lazy_gettext("has left the company"),
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
        validators=[Length(max=call_attempts.NOTE_LIMIT, message=lazy_gettext("Shorten the note a little."))]
    )

    colleague = StringField(
        filters=[in_line],
        validators=[Length(max=NAME_LIMIT, message=lazy_gettext("Shorten the name a little."))],
    )
    colleague_email = StringField(filters=[in_line])

    def validate_colleague(self, field: StringField) -> None:
        """Who is named by an address has a name."""
        if self.names_somebody and self.colleague_email.data and not field.data:
            raise ValidationError(lazy_gettext("Say the name as well, or leave both empty."))

    def validate_colleague_email(self, field: StringField) -> None:
        """Who is named has an address, and it can be one."""
        if not self.names_somebody:
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
    def names_somebody(self) -> bool:
        """Whether somebody else is to be asked in their place, who may have been named."""
        return self.outcome.data in (NOT_ME, CallOutcome.GONE.value)

    @property
    def excuse(self) -> Excuse:
        """What who is not the right person said."""
        named = None
        if self.colleague.data:
            named = Named(self.colleague.data, read_address(self.colleague_email.data or ""))
        _outcome, note, _back = self.facts
        why = WhyNot.NOT_MY_SUBJECT if self.outcome.data == NOT_ME else WhyNot.LEFT_COMPANY
        return Excuse(why, note[:WORDS_LIMIT], named)

    @property
    def typed_note(self) -> str:
        """The note as it can be kept, however long it is."""
        return call_attempts.clean_note(self.note.data or "")[: call_attempts.NOTE_LIMIT]

    @property
    def words(self) -> str:
        """All that was typed in words, as one note that can be kept: also the colleague whom they named."""
        colleague = " ".join(filter(None, (self.colleague.data, self.colleague_email.data)))
        return "\n".join(filter(None, (self.typed_note, colleague)))[: call_attempts.NOTE_LIMIT]

    @property
    def is_begun(self) -> bool:
        """Whether anything is typed or chosen that is not recorded yet."""
        fields = (self.note, self.colleague, self.colleague_email, self.outcome, self.call_back_at)
        return any(any(field.raw_data or ()) for field in fields)

    @property
    def late_outcome(self) -> CallOutcome:
        """What was chosen; that they were reached where nothing was, or a call back that nobody needs now."""
        chosen = self.outcome.data
        return self._outcome if chosen in BY_HAND and chosen != CallOutcome.CALL_BACK else CallOutcome.REACHED

    @property
    def facts(self) -> tuple[CallOutcome, str, datetime | None]:
        """What is recorded: the outcome, the note, and when to call back."""
        outcome = self._outcome
        wall = self.call_back_at.data if outcome is CallOutcome.CALL_BACK else None
        return outcome, call_attempts.clean_note(self.note.data or ""), self.instant(wall)

    @property
    def _outcome(self) -> CallOutcome:
        chosen = self.outcome.data
        if chosen == NO_CALLS:
            return CallOutcome.REACHED
        return CallOutcome.DECLINED if chosen in (NO_MORE, NOT_ME) else CallOutcome(chosen)


def sent_outcome(prefix: str = "") -> MultiDict[str, str]:
    """What was sent. A button that records at once counts for more than what was chosen before."""
    sent = request.form.copy()
    if at_once := sent.get(f"{prefix}at_once"):
        sent.setlist(f"{prefix}outcome", [at_once])
    return sent


def record_outcome(call_id: int, form: OutcomeForm) -> Response:
    """Record what a valid form says, and go on to the next person; the same form twice counts once.

    Raises Refused as `calls.record` does.
    """
    caller, wish, moved = caller_now(), wish_for_calls(), False
    try:
        moved = _keep(call_id, form, caller=caller)
    except Overtaken:
        if not _is_recorded(call_id, form, caller=caller):
            raise
    with writing() as session:
        following = call_lists.claim_next(session, wanted=wish, caller=caller)
    return to_call(following, wish, moved=call_id if moved else None)


def keep_late(session: Session, call: Call, form: OutcomeForm, *, by: int, now: datetime) -> None:
    """Keep what was typed about a call whose questions were answered another way meanwhile.

    Nobody is asked any more: what is chosen without a word needs no attempt, but for a refusal, which counts
    for every wave to come.
    """
    refuses = form.outcome.data == NO_MORE
    if refuses:
        take_refusal(session, call, by=by, now=now)
    if form.words or refuses:
        log_late(session, call, form.late_outcome, now=now, by=by, note=form.words)


def _keep(call_id: int, form: OutcomeForm, *, caller: Caller) -> bool:
    """Record what a valid form says, in a transaction of its own; whether a call back is moved."""
    outcome, note, back = form.facts
    now, ours, by = caller.now, caller.system_now, caller.user_id
    domain = services().config.mail_domain
    with writing() as session:
        call, seen = calls.find_call(session, call_id, scope=caller.scope), form.seen.data
        call_attempts.record(
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
        elif form.outcome.data == NO_CALLS:
            stop_phoning(session, call, by=by, now=now)
        elif form.names_somebody:
            excuse(session, call.invitation_id, form.excuse, now=now, mail_domain=domain)
        elif outcome is CallOutcome.WRONG_NUMBER:
            tell_wrong_number(session, call, by=reader().name, now=now, mail_domain=domain)
        return back is not None and call.not_before != back


def _is_recorded(call_id: int, form: OutcomeForm, *, caller: Caller) -> bool:
    """Whether this very outcome is among the attempts that the caller had not seen."""
    with reading() as session:
        call = calls.view_call(
            session, call_id, scope=caller.scope, now=caller.now, system_now=caller.system_now
        )
    meanwhile = call.log[form.seen.data or 0 :]
    tried = [(line.by_id, line.outcome, line.note, line.call_back_at) for line in meanwhile]
    return (caller.user_id, *form.facts) in tried
