"""What staff make of somebody who is not the right person, and of the colleague whom they named."""

from collections.abc import Callable

from flask import redirect, request, url_for
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form, RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, Length

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution import nominations
from surveyd.distribution.wish_models import Nomination
from surveyd.web.access import reader
from surveyd.web.staff.accounts import Undecided, account_page
from surveyd.web.staff.frame import bp


class DecisionForm(Form):
    """Whether whoever named somebody stays on the list, and why a colleague is dismissed."""

    keeps = RadioField(
        choices=[SelectChoice("yes"), SelectChoice("no")],
        validators=[InputRequired(lazy_gettext("Choose whether they are asked in new waves."))],
    )
    reason = StringField(
        validators=[
            Length(max=nominations.REASON_LIMIT, message=lazy_gettext("Shorten the reason a little."))
        ]
    )

    @property
    def keeps_asking(self) -> bool:
        """Whether whoever named somebody is asked in new waves as before."""
        return bool(self.keeps.data == "yes")


@bp.post("/nominations/<id:nomination_id>/add")
def add_nominated(nomination_id: int) -> Response | tuple[str, int]:
    """Make the named colleague a contact, and invite them while the wave is open."""
    return _decide(nomination_id, _add)


@bp.post("/nominations/<id:nomination_id>/dismiss")
def dismiss_nomination(nomination_id: int) -> Response | tuple[str, int]:
    """Set it aside, with a reason where somebody was named."""
    return _decide(nomination_id, _dismiss)


Take = Callable[[Session, Nomination, DecisionForm], None]


def _decide(nomination_id: int, take: Take) -> Response | tuple[str, int]:
    form = DecisionForm(request.form)
    with reading() as session:
        account_id = _find(session, nomination_id).account_id
    problem = ""
    if form.validate():
        try:
            with writing() as session:
                take(session, _find(session, nomination_id), form)
        except Refused as refused:
            problem = str(refused)
    else:
        problem = str([*form.keeps.errors, *form.reason.errors][0])
    if not problem:
        return redirect(url_for("staff.account", account_id=account_id), 303)
    undecided = Undecided(nomination_id, problem, form.reason.data or "", form.keeps_asking)
    return account_page(account_id, undecided), 422


def _add(session: Session, nomination: Nomination, form: DecisionForm) -> None:
    now, by, keys = services().clock.now(), reader().user_id, services().keys
    nominations.add_named(session, nomination, keeps_asking=form.keeps_asking, keys=keys, by=by, now=now)


def _dismiss(session: Session, nomination: Nomination, form: DecisionForm) -> None:
    now, by, reason = services().clock.now(), reader().user_id, form.reason.data or ""
    nominations.dismiss(session, nomination, reason=reason, keeps_asking=form.keeps_asking, by=by, now=now)


def _find(session: Session, nomination_id: int) -> Nomination:
    return nominations.find_nomination(session, nomination_id, scope=reader().scope)
