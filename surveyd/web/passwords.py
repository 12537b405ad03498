"""A password that was forgotten, or is the first: asked for by anybody, chosen by who got the mail.

Nothing here says whether an address is known. The link in the mail is made from the configured address; a
GET shows the form and spends nothing, the POST does.
"""

from dataclasses import dataclass

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from limits import RateLimitItemPerHour
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response
from wtforms import EmailField, Form, PasswordField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution.sign_in_mails import queue_sign_in_mail
from surveyd.people.audit import record
from surveyd.people.models import LinkPurpose
from surveyd.people.passwords import LEAST, check_password
from surveyd.people.sign_in_links import find_owner, make_link, use_link
from surveyd.people.users import find_user
from surveyd.web.limits import client_address, guesses, wrong_link

bp = Blueprint("passwords", __name__)

ASKED_BY_ADDRESS = RateLimitItemPerHour(30, 1, namespace="forgot-address")
ASKED_FOR_ACCOUNT = RateLimitItemPerHour(5, 1, namespace="forgot-account")


class ForgotForm(Form):
    """Whose password it is."""

    email = EmailField(
        validators=[
            DataRequired(lazy_gettext("Type the address that you sign in with.")),
            Length(max=254, message=lazy_gettext("This address is too long.")),
        ],
        filters=[lambda typed: (typed or "").strip().lower()],
    )


class PasswordForm(Form):
    """A new password, typed twice, since nobody sees it."""

    password = PasswordField(validators=[InputRequired(lazy_gettext("Choose a password."))])
    again = PasswordField(
        validators=[EqualTo("password", lazy_gettext("The two are not the same; type both again."))]
    )


@dataclass(frozen=True, slots=True)
class ChoosePage:
    """The form for a new password of `email`, empty for a link that was used or is too old."""

    token: str
    form: PasswordForm
    email: str
    least: int = LEAST


@bp.get("/staff/forgot")
def forgot() -> str:
    """The form that asks for a link."""
    return render_template("staff/forgot.html", form=ForgotForm(), is_sent=False)


@bp.post("/staff/forgot")
def send_reset() -> str | tuple[str, int]:
    """Mail a link to a known address; the answer is the same for an unknown one, and takes as long."""
    form = ForgotForm(request.form)
    if not form.validate():
        return render_template("staff/forgot.html", form=form, is_sent=False), 422
    email = form.email.data or ""
    counter = guesses()
    if not (counter.count(ASKED_BY_ADDRESS, client_address()) and counter.count(ASKED_FOR_ACCOUNT, email)):
        raise TooManyRequests
    now = services().clock.now()
    with writing() as session:
        user = find_user(session, email)
        if user is not None and user.active:
            link = make_link(session, user, purpose=LinkPurpose.RESET, system_now=system_now())
            queue_sign_in_mail(session, user, link, now=now, mail_domain=services().config.mail_domain)
        user_id = user.id if user is not None else None
        record(session, action="forgot_password", thing="user", thing_id=user_id, by=None, now=now)
    return render_template("staff/forgot.html", form=form, is_sent=True)


@bp.get("/p/<token>")
def choose(token: str) -> Response:
    """The form of one link."""
    link_id = _read(token)
    return _page(token, _owner(link_id), PasswordForm())


@bp.post("/p/<token>")
def take_choice(token: str) -> Response:
    """Set the password and lead to the sign-in page; every session of before is over."""
    link_id, form = _read(token), PasswordForm(request.form)
    email, password = _owner(link_id), form.password.data or ""
    if not (email and form.validate() and is_good(form, password, email)):
        return _page(token, email, form)
    with writing() as session:
        use_link(session, link_id, password, now=services().clock.now(), system_now=system_now())
    return redirect(url_for("security.login", chosen="yes"), 303)


def is_good(form: PasswordForm, password: str, email: str) -> bool:
    """Whether the password may be taken; if not, its field says why."""
    try:
        check_password(password, email=email)
    except Refused as error:
        form.password.errors = [str(error)]
        return False
    return True


def _read(token: str) -> int:
    link_id = services().keys.read_sign_in_token(token)
    return link_id if link_id is not None else wrong_link("link to set a password")


def _owner(link_id: int) -> str:
    with reading() as session:
        user = find_owner(session, link_id, system_now=system_now())
        return user.email if user else ""


def _page(token: str, email: str, form: PasswordForm) -> Response:
    page = ChoosePage(token, form, email)
    status = 422 if form.errors else 200
    return make_response(render_template("staff/choose_password.html", page=page), status if email else 410)
