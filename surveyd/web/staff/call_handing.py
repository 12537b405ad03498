"""Whose a call is: handed to a colleague or the account manager, taken over; and how it stands now."""

from dataclasses import dataclass

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.base.services import services
from surveyd.distribution import calls
from surveyd.distribution.call_models import CallState
from surveyd.distribution.call_owners import WORD_LIMIT, Colleague, colleagues_for, hand_over, take_over
from surveyd.distribution.calls import CallRow, CallView
from surveyd.people.models import User
from surveyd.web.access import reader
from surveyd.web.filters import words
from surveyd.web.staff.calls import kept_of, to_call, wish_for_calls
from surveyd.web.staff.frame import bp

EVERY = 5
"""After so many seconds a page looks again whether it is still to call."""


class HandForm(Form):
    """Who gets the call, and a word to them."""

    seen = IntegerField(validators=[Optional(), NumberRange(0, 1_000_000)])
    to = SelectField(validators=[InputRequired(lazy_gettext("Choose who calls."))])
    word = StringField(
        validators=[Length(max=WORD_LIMIT, message=lazy_gettext("Shorten your word a little."))]
    )

    def offer(self, colleagues: list[Colleague]) -> None:
        """Let the form name these people."""
        self.to.choices = [(str(one.id), one.name) for one in colleagues]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a call stands for whoever looks at it; the page looks for a change of `key`."""

    row: CallRow
    state: CallState
    over_because: str
    user_id: int

    @property
    def key(self) -> str:
        """Changes when somebody else should know."""
        holder = self.row.claimed_by_id or 0
        return f"{self.state.value}-{self.row.attempts}-{holder}-{self.row.owner_id or 0}"

    @property
    def words(self) -> str:
        """What has happened, in a sentence."""
        if self.over_because == "answered":
            return _("They have just answered: nobody needs to call any more.")
        if self.state is not CallState.OPEN:
            return _("This call is over: %(why)s", why=words(self.over_because))
        if self.row.claimed_by_id not in (None, self.user_id):
            return _("%(colleague)s is calling now.", colleague=self.row.claimed_by)
        if self.row.claimed_by_id is None:
            return _("This call is nobody's at the moment.")
        return _("This call is yours.")


@bp.get("/calls/<id:call_id>/state")
def call_state(call_id: int) -> dict[str, object]:
    """How the call stands, for a page that is open."""
    with reading() as session:
        standing = standing_of(_view(session, call_id))
    return {"key": standing.key, "words": standing.words, "again": EVERY if standing.state == "open" else 0}


@bp.post("/calls/<id:call_id>/hand")
def hand_call_over(call_id: int) -> Response:
    """Give the call to a colleague or to the account's manager."""
    who, form = reader(), HandForm(request.form)
    with writing() as session:
        call = calls.find_call(session, call_id, scope=who.scope)
        form.offer(colleagues_for(session, call, but=who.user_id))
        if not form.validate():
            raise Refused(_("Choose who is to call, and shorten your word to 500 characters."))
        to, by = session.get(User, int(form.to.data)), session.get_one(User, who.user_id)
        if to is None:
            raise NotFound("user", form.to.data)
        hand_over(
            session,
            call,
            to=to,
            by=by,
            now=services().clock.now(),
            system_now=system_now(),
            mail_domain=services().config.mail_domain,
            word=form.word.data or "",
            seen=form.seen.data,
        )
    return redirect(url_for("staff.calls", **kept_of(wish_for_calls())), 303)


@bp.post("/calls/<id:call_id>/take-over")
def take_call_over(call_id: int) -> Response:
    """Make the call one's own, that somebody else had promised or was handed."""
    who = reader()
    with writing() as session:
        call = calls.find_call(session, call_id, scope=who.scope)
        now = services().clock.now()
        take_over(session, call, by=who.user_id, role=who.role, now=now, system_now=system_now())
    return to_call(call_id, wish_for_calls())


def standing_of(view: CallView) -> Standing:
    """How a call stands for the reader."""
    return Standing(view.row, view.state, view.over_because, reader().user_id)


def _view(session: Session, call_id: int) -> CallView:
    now = services().clock.now()
    return calls.view_call(session, call_id, scope=reader().scope, now=now, system_now=system_now())
