"""The account managers side by side, for those who lead them."""

from flask import render_template

from surveyd.base.database import reading
from surveyd.base.services import services
from surveyd.reports.team import SORTS
from surveyd.reports.team import team as read_team
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted


@bp.get("/team")
def team() -> str:
    """Response and cases by account manager, sorted as the address says."""
    wish = wanted(sorts=SORTS, sort="-overdue")
    with reading() as session:
        page = read_team(session, scope=reader().scope, now=services().clock.now(), wanted=wish)
    return render_template("staff/team.html", page=page)
