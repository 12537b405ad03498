"""Where a person starts, and where they end."""

from flask import redirect, url_for
from flask_security import logout_user
from werkzeug.wrappers import Response

from surveyd.base.database import writing
from surveyd.people.models import StaffRole
from surveyd.people.users import end_sessions
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp

START = {
    StaffRole.ADMIN: "staff.waves",
    StaffRole.EXECUTIVE: "staff.health",
    StaffRole.REGIONAL_LEADER: "staff.health",
    StaffRole.ACCOUNT_MANAGER: "staff.accounts",
    StaffRole.SUPPORT: "staff.calls",
}


@bp.get("/")
def home() -> Response:
    """Send each role to the page that its day begins with."""
    return redirect(url_for(START[reader().role]), 303)


@bp.post("/sign-out")
def sign_out() -> Response:
    """End every session of the reader: a copy of an old cookie opens nothing any more."""
    with writing() as session:
        end_sessions(session, reader().user_id)
    logout_user()
    return redirect(url_for("security.login"), 303)
