"""Sign-in for staff, by Flask-Security: password, one answer for every failure, a limit on wrong tries.

The session stands signed in the cookie and names the user's `fs_uniquifier`. Whatever changes that (signing
out, a new password, disabling) ends every session of the user, copies of old cookies included.
"""

import logging
import re
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_security import LoginForm, RoleMixin, Security, UserDatastore
from flask_security.signals import user_authenticated
from flask_wtf import CSRFProtect
from sqlalchemy import func, select
from werkzeug.exceptions import TooManyRequests
from wtforms import EmailField, Field
from wtforms.validators import InputRequired

from surveyd.base.config import Config
from surveyd.base.database import db
from surveyd.people.models import User
from surveyd.web.limits import (
    WRONG_PASSWORDS_OF_ACCOUNT,
    WRONG_PASSWORDS_OF_ADDRESS,
    client_address,
    guesses,
)

log = logging.getLogger("surveyd.web")

SESSION_LIFE = timedelta(hours=12)
LOGIN = "security.login"
HOME_PAGE = "/staff/"
OWN_PAGE = re.compile(r"/(staff|demo)(/[A-Za-z0-9_/-]*)?(\?[A-Za-z0-9_=&%.+-]*)?")
WITHOUT_SESSION = ("respond", "open", "hooks", "returned_mails", "invitations_api")
WITHOUT_SESSION_PATHS = ("/s/", "/o/", "/u/", "/hooks/", "/api/")


class StaffSessions(SecureCookieSessionInterface):
    """Sessions by signed cookie, for staff. A respondent has none, whatever cookie the browser sends."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.startswith(WITHOUT_SESSION_PATHS):
            return SecureCookieSession()
        return super().open_session(app, request)


class Staff(UserDatastore):
    """How Flask-Security finds users. It only reads: what it is handed belongs to no transaction."""

    def __init__(self) -> None:
        super().__init__(User, RoleMixin)

    def find_user(self, case_insensitive: bool = False, **key: Any) -> User | None:
        [(name, value)] = key.items()
        column, wanted = getattr(User, name), str(value)
        if case_insensitive:
            column, wanted = func.lower(column), wanted.lower()
        user = db.session.scalar(select(User).where(column == wanted))
        if user is not None:
            db.session.expunge(user)
        return user

    def find_role(self, role: str) -> None:
        return None

    def put(self, model: object) -> object:
        return model

    def commit(self) -> None:
        """Nothing: a sign-in changes no row."""


class SignInForm(LoginForm):
    """E-mail and password, with a limit on wrong tries for the address and for the account."""

    # Which addresses are possible was decided when the user was added, not here.
    email = EmailField(validators=[InputRequired()], filters=[lambda typed: (typed or "").strip()])
    remember = None  # type: ignore[assignment]  # WTForms takes a field away by None

    def validate_next(self, field: Field) -> None:
        """Let everybody in; where they go is looked at when the answer is made."""

    def validate(self, **options: Any) -> bool:
        address, account = client_address(), (self.email.data or "").lower()
        counter = guesses()
        if counter.spent(WRONG_PASSWORDS_OF_ADDRESS, address) or counter.spent(
            WRONG_PASSWORDS_OF_ACCOUNT, account
        ):
            raise TooManyRequests
        if super().validate(**options):
            return True
        counter.count(WRONG_PASSWORDS_OF_ADDRESS, address)
        counter.count(WRONG_PASSWORDS_OF_ACCOUNT, account)
        log.info("a sign-in failed")
        return False


def open_auth(app: Flask, config: Config) -> None:
    """Add sign-in at /staff/login, sessions, and CSRF protection of every POST but a respondent's."""
    app.config |= _settings(config)
    app.session_interface = StaffSessions()
    csrf = CSRFProtect(app)
    for name in WITHOUT_SESSION:
        if name in app.blueprints:
            csrf.exempt(app.blueprints[name])
    in_templates = list(app.template_context_processors[None])
    security = Security(app, Staff(), login_form=SignInForm)
    # Flask-Security would load the user for every request and template, a respondent's and an error page's
    # too, and would take tokens from a header. Here only the guard in access.py loads, from the session.
    security.principal.identity_loaders.clear()
    security.login_manager.request_loader(_no_token)
    app.template_context_processors[None] = in_templates
    user_authenticated.connect(_begin_session, app)
    app.after_request(_stay_inside)


def _settings(config: Config) -> dict[str, Any]:
    https = config.base_url.startswith("https:")
    return {
        "SECRET_KEY": config.keys.derive("session"),
        "SESSION_COOKIE_NAME": "__Host-surveyd" if https else "surveyd",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": SESSION_LIFE,
        # A token lives as long as its session, so that a page that stood open still works.
        "WTF_CSRF_TIME_LIMIT": None,
        # Our pages send no referrer, so there is none to compare.
        "WTF_CSRF_SSL_STRICT": False,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        # The hash stands alone, so that the command line can make one without the web.
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_SALT": config.keys.derive("password-salt").hex(),
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_FLASH_MESSAGES": False,
        "SECURITY_CACHE_CONTROL": None,
        "SECURITY_STATIC_FOLDER": None,
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
        "SECURITY_LOGIN_URL": "/staff/login",
        "SECURITY_VERIFY_URL": "/staff/verify",
        "SECURITY_LOGOUT_METHODS": None,
        "SECURITY_POST_LOGIN_VIEW": HOME_PAGE,
        "SECURITY_LOGIN_USER_TEMPLATE": "staff/login.html",
    }


def _no_token(request: object) -> None:
    return None


def _begin_session(app: Flask, **facts: Any) -> None:
    # What stood in the session before signing in was made for somebody unknown.
    for key in [key for key in session if key.startswith("csrf")]:
        session.pop(key)
    session.permanent = True
    log.info("somebody signed in", extra={"facts": {"user": facts["user"].id}})


def _stay_inside(response: Response) -> Response:
    if request.endpoint == LOGIN and response.location and not OWN_PAGE.fullmatch(response.location):
        response.location = HOME_PAGE
    return response
