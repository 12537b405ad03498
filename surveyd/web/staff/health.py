"""Company health on one page."""

from flask import render_template

from surveyd.base.database import reading
from surveyd.base.services import services
from surveyd.reports.health import health as read_health
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp


@bp.get("/health")
def health() -> str:
    """The latest wave: score, matrix, response by step, cases in time."""
    with reading() as session:
        page = read_health(session, scope=reader().scope, now=services().clock.now())
    return render_template("staff/health.html", page=page)
