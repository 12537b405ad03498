"""Company health on one page."""

from flask import render_template, request

from surveyd.base.database import reading
from surveyd.base.services import services
from surveyd.closed_loop.letter_status import letters_to_approve
from surveyd.people.models import StaffRole
from surveyd.reports.health import health as read_health
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp


@bp.get("/health")
def health() -> str:
    """One wave's health; the address holds `wave`, the latest by default, and `region` for who sees all."""
    wave, region = request.args.get("wave", ""), request.args.get("region", "")
    now = services().clock.now()
    with reading() as session:
        page = read_health(session, scope=reader().scope, now=now, wave=wave, region=region)
        letters = letters_to_approve(session) if reader().role is StaffRole.EXECUTIVE else []
    return render_template("staff/health.html", page=page, letters=letters)
