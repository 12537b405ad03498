"""The page for oneself: name, time zone, password."""

from dataclasses import dataclass

from flask import redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response
from wtforms import Form, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.people import users as people
from surveyd.people.models import User
from surveyd.people.passwords import LEAST, check_password, fits_password
from surveyd.web.access import reader
from surveyd.web.limits import WRONG_PASSWORDS_OF_ACCOUNT, guesses
from surveyd.web.staff.frame import bp
from surveyd.web.staff.users import ROLES, check_zone

SESSION_OF = "_user_id"
"""Where the session names its user: by the mark that a new password changes."""


class MeForm(Form):
    """What a person may change of themselves: never role, region or address."""

    name = StringField(validators=[Length(max=200, message=lazy_gettext("Shorten the name a little."))])
    time_zone = StringField()

    def validate_time_zone(self, field: StringField) -> None:
        """A zone is named as the zone database does; empty is UTC."""
        check_zone(field)


class OwnPasswordForm(Form):
    """The password of now, and another one typed twice."""

    current = PasswordField(validators=[InputRequired(lazy_gettext("Type your present password."))])
    password = PasswordField(validators=[InputRequired(lazy_gettext("Choose a password."))])
    again = PasswordField(
        validators=[EqualTo("password", lazy_gettext("The two are not the same; type both again."))]
    )


@dataclass(frozen=True, slots=True)
class MePage:
    """A person's own facts, and the two forms."""

    user: User
    form: MeForm
    password_form: OwnPasswordForm
    told: str
    least: int = LEAST


@bp.get("/me")
def me() -> str:
    """What stands of the reader."""
    return _page()


@bp.post("/me")
def change_me() -> Response | tuple[str, int]:
    """Change one's own name and time zone."""
    form = MeForm(request.form)
    if not form.validate():
        return _page(form=form), 422
    who = reader()
    try:
        with writing() as rows:
            user = people.find_user_by_id(rows, who.user_id, scope=who.scope)
            people.change_user(
                rows,
                user,
                name=form.name.data or "",
                role=user.role,
                region=user.region,
                time_zone=form.time_zone.data or "",
                active=user.active,
                now=services().clock.now(),
                system_now=system_now(),
                by=who.user_id,
            )
    except Refused as error:
        form.name.errors = [str(error)]
        return _page(form=form), 422
    return redirect(url_for("staff.me", told="changed"), 303)


@bp.post("/me/password")
def change_password() -> Response | tuple[str, int]:
    """Change one's own password; every other session ends, this one goes on."""
    form = OwnPasswordForm(request.form)
    if not (form.validate() and _is_current(form) and _is_good(form)):
        return _page(password_form=form), 422
    who = reader()
    with writing() as rows:
        user = people.find_user_by_id(rows, who.user_id, scope=who.scope)
        now = services().clock.now()
        people.set_password(rows, user, form.password.data or "", now=now, by=who.user_id)
        people.spend_links(rows, user.id, system_now=system_now())
        rows.refresh(user)
        mark = user.fs_uniquifier
    session[SESSION_OF] = mark
    return redirect(url_for("staff.me", told="password"), 303)


def _is_current(form: OwnPasswordForm) -> bool:
    who, counter = reader(), guesses()
    if counter.spent(WRONG_PASSWORDS_OF_ACCOUNT, who.email):
        raise TooManyRequests
    with reading() as rows:
        kept = people.find_user_by_id(rows, who.user_id, scope=who.scope).password
    if fits_password(kept, form.current.data or ""):
        return True
    counter.count(WRONG_PASSWORDS_OF_ACCOUNT, who.email)
    form.current.errors = [_("This is not your present password.")]
    return False


def _is_good(form: OwnPasswordForm) -> bool:
    try:
        check_password(form.password.data or "", email=reader().email)
    except Refused as error:
        form.password.errors = [str(error)]
        return False
    return True


def _page(form: MeForm | None = None, password_form: OwnPasswordForm | None = None) -> str:
    who = reader()
    with reading() as rows:
        user = people.find_user_by_id(rows, who.user_id, scope=who.scope)
    told = {
        "changed": _("The changes are kept."),
        "password": _("Your new password is set, and your other sessions are over."),
    }.get(request.args.get("told", ""), "")
    page = MePage(user, form or MeForm(obj=user), password_form or OwnPasswordForm(), told)
    return render_template("staff/me.html", page=page, roles=ROLES)
